import { beforeEach } from 'vitest';

/** What in a test file forms one sequence: all of the file, or each top-level `describe` by itself. */
export type StepScope = 'file' | 'story';

/** Vitest gives the runner and the test file each a copy of this module; what both must know is kept on the global object. */
const key = Symbol.for('sealctl.test.steps');
const shared = globalThis as { [key]?: StepScope | undefined };

/** The scope that the test file just loaded has declared, and forgets it; undefined where its tests are independent of each other. */
export function takeDeclaredScope(): StepScope | undefined {
  const scope = shared[key];
  shared[key] = undefined;
  return scope;
}

/**
 * Declares at the top of a test file that its tests are steps, each of which needs those before it in the same sequence. After a step that
 * failed the rest of its sequence is skipped, and the reason names the step; `-t NAME` runs the steps before the named test as well
 * (steps-runner.ts).
 *
 * @param mend with scope 'story', brings about again what every story begins with, after a story that failed
 */
export function inSteps(declared: StepScope, repair: () => Promise<void> = async () => {}): void {
  shared[key] = declared;
  let failed: { readonly step: string; readonly story: string } | undefined;
  beforeEach(async ({ task, skip, onTestFailed }) => {
    const names = task.fullTestName.split(' > ');
    const story = declared === 'file' ? '' : (names[0] ?? '');
    if (failed?.story === story) skip(`it needs the step "${failed.step}", which failed`);
    if (failed !== undefined) {
      const { step } = failed;
      failed = { step, story };
      await repair();
      failed = undefined;
    }
    onTestFailed(() => {
      failed ??= { step: names.join(' '), story };
    });
  });
}
