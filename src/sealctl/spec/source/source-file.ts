import type { SourceRange } from '@sealctl/core/problem/problem';

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
  const { path, text, lineStarts } = file;
  const first = Math.min(Math.max(start, 0), text.length);
  const last = Math.min(Math.max(end, first), text.length);
  const line = lineOf(lineStarts, first);
  // Most places lie in one line, and there are very many of them.
  const endLine = last < (lineStarts[line + 1] ?? Infinity) ? line : lineOf(lineStarts, last);
  return {
    file: path,
    line: line + 1,
    column: first - (lineStarts[line] ?? 0) + 1,
    endLine: endLine + 1,
    endColumn: last - (lineStarts[endLine] ?? 0) + 1,
  };
}

/** Index of the line that holds an offset. */
function lineOf(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
