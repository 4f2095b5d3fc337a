/**
 * The last lines of a text, at most so many of them and together of at most so many characters. A line is whole or left out: nobody could
 * recognize, and mask, half a secret.
 */
export function lastLines(
  text: string,
  max: { readonly lines: number; readonly characters: number },
): string[] {
  const kept: string[] = [];
  let left = max.characters;
  for (const line of text.trim().split('\n').toReversed()) {
    left -= line.length + 1;
    if (kept.length === max.lines) break;
    if (left < 0 && kept.length === 0) return [`a line of ${line.length} characters, which is left out`];
    if (left < 0) break;
    kept.unshift(line);
  }
  return kept;
}
