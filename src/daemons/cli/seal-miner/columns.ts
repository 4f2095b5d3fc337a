/** Columns aligned left, each as wide as its widest cell and two spaces; the last is not padded. Lotus's tables look so. */
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
