/** Aligns columns left as Lotus's tables do. Each is as wide as its widest cell plus two spaces; the last is not padded. */
export function columnsText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2)))
      .join('');
  return rows.map((row) => `${line(row)}\n`).join('');
}
