import { truncated } from '@sealctl/core/text/table';

/** Lines at the end of a terminal that are repainted in place. */
export interface LiveBlock {
  /** Paints the lines where the last ones were. */
  readonly show: (lines: readonly string[]) => void;
  /** Erases the lines, so that other text can be written. */
  readonly clear: () => void;
  /** Leaves the lines where they are: what comes next is written below them. */
  readonly keep: () => void;
}

const escape = '\u001B[';

/** A block on a terminal of this width. Longer lines are cut, because a wrapped line could not be erased. */
export function liveBlock(write: (text: string) => void, columns: number): LiveBlock {
  let painted = 0;
  const clear = (): void => {
    if (painted > 0) write(`${escape}${painted}A${escape}0J`);
    painted = 0;
  };
  return {
    clear,
    keep: () => {
      painted = 0;
    },
    show: (lines) => {
      clear();
      write(lines.map((line) => `${truncated(line, columns - 1)}\n`).join(''));
      painted = lines.length;
    },
  };
}
