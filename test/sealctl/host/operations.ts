import type { WriteFile } from '../../../src/sealctl/host/operations/operation.ts';
import { ProblemError } from '../../../src/core/problem/problem.ts';

/** Returns an operation that writes a new file, with changes to it. */
export function writing(path: string, content: string, changes: Partial<WriteFile> = {}): WriteFile {
  return {
    do: 'write-file',
    path,
    content: [content],
    mode: '0600',
    entry: { id: `h/${path}`, kind: 'environment' },
    replaces: { absent: true },
    ...changes,
  };
}

/** Returns the code of the problem with which an operation fails, or throws if it does not fail with one. */
export async function codeOf(running: Promise<void>): Promise<string> {
  const thrown: unknown = await running.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProblemError)) throw new Error('it did not fail with a problem', { cause: thrown });
  return thrown.problems[0]?.code ?? '';
}
