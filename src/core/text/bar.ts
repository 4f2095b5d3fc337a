/** A share as so many columns between brackets: `[|||     ]`. A total of 0 is an empty bar; more than the whole is a full one. */
export function bar(part: number, total: number, columns: number): string {
  const share = total > 0 ? Math.min(1, Math.max(0, part / total)) : 0;
  // Any use shows: an empty bar means that nothing is used.
  const filled = share === 0 ? 0 : Math.max(1, Math.round(share * columns));
  return `[${'|'.repeat(filled)}${' '.repeat(columns - filled)}]`;
}
