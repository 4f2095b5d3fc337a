/** The words of a shell line that has nothing but single-quoted words and `\'` between them, as `shq` writes it. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:'[^']*'|\\'|[^\s'\\]+)+/g)) {
    words.push(
      match[0].replace(/'([^']*)'|\\'/g, (whole, inside: string | undefined) => inside ?? whole.slice(1)),
    );
  }
  return words;
}

/** The words of an `ExecStart=` line as systemd reads them: double quotes, C escapes, `%%` and `$$`. */
export function unitWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"/g)) {
    const inside = match[1] ?? '';
    const bytes = inside.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, plain: string) =>
      hex === undefined ? plain : String.fromCharCode(Number.parseInt(hex, 16)),
    );
    words.push(bytes.replaceAll('%%', '%').replaceAll('$$', '$'));
  }
  return words;
}
