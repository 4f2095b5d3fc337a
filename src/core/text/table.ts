import stringWidth from 'string-width';
import { colorsFor, type Colors } from './colors.ts';

export interface Column {
  readonly title: string;
  /** Left by default. */
  readonly align?: 'left' | 'right';
}

export interface Table {
  /** A plain text is a column aligned left. */
  readonly columns: readonly (Column | string)[];
  /** Cells by column; a row that is too short has empty cells. Control characters are shown as spaces. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of the terminal. */
  readonly width: number;
  readonly colors?: Colors;
}

const gap = '  ';
/** Below this width a column is unreadable; a table that needs less width than that is wider than the terminal. */
const narrowest = 6;

/**
 * A table as text, one line a row, each with its newline. Columns are as wide as their cells; where the terminal is narrower, the
 * widest give way and their cells end in "…".
 */
export function renderTable(table: Table): string {
  const colors = table.colors ?? colorsFor(false);
  const columns = table.columns.map((column) => (typeof column === 'string' ? { title: column } : column));
  const rows = table.rows.map((row) => columns.map((_, index) => clean(row[index] ?? '')));
  const titles = columns.map((column) => column.title);
  const natural = columns.map((_, index) =>
    Math.max(...[titles, ...rows].map((row) => stringWidth(row[index] ?? ''))),
  );
  const widths = fitted(natural, table.width - gap.length * (columns.length - 1));
  const lineOf = (row: readonly string[]): string =>
    columns
      .map((column, index) => padded(row[index] ?? '', widths[index] ?? 0, column.align ?? 'left'))
      .join(gap)
      .trimEnd();
  return [colors.dim(lineOf(titles)), ...rows.map(lineOf)].map((line) => `${line}\n`).join('');
}

/** Widths that sum up to at most `available`, taken from the widest columns first. */
function fitted(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - available;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    widths[widths.lastIndexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}

function padded(text: string, width: number, align: 'left' | 'right'): string {
  const shown = truncated(text, width);
  const padding = ' '.repeat(Math.max(0, width - stringWidth(shown)));
  return align === 'right' ? padding + shown : shown + padding;
}

/** A text in at most so many columns; a longer one ends in "…". */
export function truncated(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let shown = '';
  for (const character of text) {
    if (stringWidth(shown + character) > width - 1) break;
    shown += character;
  }
  return `${shown}…`;
}

function clean(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
