import { TestRunner, type RunnerTestFile, type RunnerTask, type SerializedConfig } from 'vitest';
import { takeDeclaredScope, type StepScope } from './steps.ts';

/**
 * Runs test files whose tests are steps (steps.ts) so that `-t NAME` runs, beside the tests it names, the steps before them. Files that
 * declare no steps are filtered as Vitest does it.
 */
export default class StepsRunner extends TestRunner {
  readonly #pattern: RegExp | undefined;
  readonly #scopes = new Map<string, StepScope>();

  constructor(config: SerializedConfig) {
    const { testNamePattern } = config;
    // Vitest would mark the earlier steps as skipped, and nothing could tell them from tests that skip themselves.
    config.testNamePattern = undefined;
    super(config);
    this.#pattern = testNamePattern;
  }

  override async importFile(...[path, source]: Parameters<TestRunner['importFile']>): Promise<void> {
    await super.importFile(path, source);
    const scope = takeDeclaredScope();
    if (scope !== undefined) this.#scopes.set(path, scope);
  }

  onCollected(files: RunnerTestFile[]): void {
    const pattern = this.#pattern;
    if (pattern === undefined) return;
    for (const file of files) {
      const scope = this.#scopes.get(file.filepath);
      if (scope === 'story') for (const story of file.tasks) keepThroughLast([story], pattern);
      else if (scope === 'file') keepThroughLast([file], pattern);
      else for (const test of testsOf([file])) keepThroughLast([test], pattern);
      skipEmpty(file);
    }
  }
}

/** Skips the tests after the last one that the pattern names. */
function keepThroughLast(tasks: readonly RunnerTask[], pattern: RegExp): void {
  const tests = testsOf(tasks);
  const last = tests.findLastIndex((test) =>
    pattern.test((test.fullTestName ?? test.name).replaceAll(' > ', ' ')),
  );
  for (const test of tests.slice(last + 1)) test.mode = 'skip';
}

function testsOf(tasks: readonly RunnerTask[]): RunnerTask[] {
  return tasks.flatMap((task) => (task.type === 'suite' ? testsOf(task.tasks) : [task]));
}

/** Marks suites of which nothing runs, whose hooks must not run either. */
function skipEmpty(task: RunnerTask): void {
  if (task.type !== 'suite') return;
  for (const child of task.tasks) skipEmpty(child);
  if (task.mode === 'run' && task.tasks.length > 0 && task.tasks.every(({ mode }) => mode !== 'run'))
    task.mode = 'skip';
}
