import type { SourceRange } from '@sealctl/core/problem/problem';

/** An operator's file with its line starts, so that offsets are converted to lines and columns only when they are shown. */
export interface SourceFile {
  /** The path as shown in problems. */
  readonly path: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
}

/** Makes a source file from a text. */
export function sourceFile(path: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { path, text, lineStarts };
}

/** Converts offsets to lines and columns; offsets beyond the end of the file count as its end. */
export function rangeOf(file: SourceFile, start: number, end: number): SourceRange {
  const { path, text, lineStarts } = file;
  const first = Math.min(Math.max(start, 0), text.length);
  const last = Math.min(Math.max(end, first), text.length);
  const line = lineOf(lineStarts, first);
  // Fast path: most ranges are within one line.
  const endLine = last < (lineStarts[line + 1] ?? Infinity) ? line : lineOf(lineStarts, last);
  return {
    file: path,
    line: line + 1,
    column: first - (lineStarts[line] ?? 0) + 1,
    endLine: endLine + 1,
    endColumn: last - (lineStarts[endLine] ?? 0) + 1,
  };
}

/** Index of the line that contains an offset. */
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
