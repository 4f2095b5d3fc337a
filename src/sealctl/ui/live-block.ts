import { truncated } from '@sealctl/core/text/table';

/** Some lines at the end of a terminal that are painted again and again in their place. */
export interface LiveBlock {
  /** Paints the lines where the last ones were. */
  readonly show: (lines: readonly string[]) => void;
  /** Takes the lines away, so that other text can be written. */
  readonly clear: () => void;
  /** Leaves the lines where they are: what comes next is written below them. */
  readonly keep: () => void;
}

const escape = '\u001B[';

/** A block on a terminal with so many columns; longer lines are cut, since a wrapped line could not be taken away again. */
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
