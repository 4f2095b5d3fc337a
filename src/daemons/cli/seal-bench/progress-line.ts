import { bar } from '@sealctl/core/text/bar';
import type { OperationOptions } from '../../proofs/operation.ts';
import { goDurationText } from '@sealctl/core/lotus/go-value';

/** Clears the line that the cursor is on and goes to its beginning. */
const clear = '\r\u001b[K';

/** Draws the progress of an operation on one line of a terminal: stage, percentage and remaining time of the stage. */
export function progressLine(
  write: (text: string) => void,
  now: () => number = () => performance.now(),
): NonNullable<OperationOptions['onProgress']> {
  let stageNow = '';
  let start = 0;
  return ({ stage, done, total }) => {
    if (stage !== stageNow) {
      stageNow = stage;
      start = now();
    }
    if (done >= total) {
      write(clear);
      return;
    }
    const seconds = Math.round(((now() - start) / 1000 / done) * (total - done));
    const left = done === 0 ? '' : `, ${goDurationText(seconds * 1000)} left`;
    const percent = Math.floor((100 * done) / total);
    write(`${clear}${stage} ${bar(done, total, 30)} ${percent} %${left}`);
  };
}
