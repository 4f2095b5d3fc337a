import { Writable } from 'node:stream';
import { truncated } from '@sealctl/core/text/table';
import { createLogUpdate } from 'log-update';

/** Lines at the end of a terminal that are repainted in place. */
export interface LiveBlock {
  /** Paints the lines where the last ones were. */
  readonly show: (lines: readonly string[]) => void;
  /** Erases the lines, so that other text can be written. */
  readonly clear: () => void;
  /** Leaves the lines where they are: the text that comes next is written below them. */
  readonly keep: () => void;
}

/** Columns and rows of a terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Returns a block on a terminal of this size, painted by `log-update`, as the live tree of an apply is. A longer line is cut, so that it takes
 * one row; of more lines than rows the last are shown.
 */
export function liveBlock(write: (text: string) => void, { columns, rows }: TerminalSize): LiveBlock {
  const terminal = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, written) => {
      write(text);
      written();
    },
  });
  // The cursor stays visible, because a question may be asked below a block.
  const update = createLogUpdate(Object.assign(terminal, { columns, rows }), { showCursor: true });
  return {
    clear: () => update.clear(),
    keep: () => update.done(),
    show: (lines) => update(lines.map((line) => truncated(line, columns - 1)).join('\n')),
  };
}
