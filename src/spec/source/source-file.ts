import type { SourceRange } from '../../problem/problem.ts';

/** A file an operator wrote, with its line starts, so that offsets become lines and columns only where one is shown. */
export interface SourceFile {
  /** As problems show it. */
  readonly path: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
}

/** The file of a text. */
export function sourceFile(path: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { path, text, lineStarts };
}

/** The lines and columns of a stretch of the file; offsets beyond its end count as its end. */
export function rangeOf(file: SourceFile, start: number, end: number): SourceRange {
  const from = position(file, start);
  const to = position(file, Math.max(start, end));
  return {
    file: file.path,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}

function position(file: SourceFile, offset: number): { readonly line: number; readonly column: number } {
  const { lineStarts } = file;
  const bounded = Math.min(Math.max(offset, 0), file.text.length);
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= bounded) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: bounded - (lineStarts[low] ?? 0) + 1 };
}
