/** Returns the lines that a terminal shows after this text. Knows the control sequences that `log-update` writes, and throws at any other. */
export function screen(text: string): string[] {
  const lines = [''];
  let row = 0;
  let column = 0;
  // oxlint-disable-next-line no-control-regex -- control sequences are what is interpreted
  for (const [token] of text.matchAll(/\u001B\[[0-9;]*[A-Za-z]|\n|[^\u001B\n]+|\u001B/g)) {
    switch (token) {
      case '\n':
        row += 1;
        column = 0;
        lines[row] ??= '';
        break;
      case '\u001B[1A':
        row = Math.max(0, row - 1);
        break;
      case '\u001B[2K':
        lines[row] = '';
        break;
      case '\u001B[G':
        column = 0;
        break;
      default: {
        if (token.startsWith('\u001B')) throw new Error(`unknown control sequence ${JSON.stringify(token)}`);
        const before = (lines[row] ?? '').padEnd(column);
        lines[row] = before.slice(0, column) + token + before.slice(column + token.length);
        column += token.length;
      }
    }
  }
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}
