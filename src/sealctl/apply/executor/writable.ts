import { dirname } from 'node:path/posix';
import type { HostLayout } from '../../host/layout.ts';
import { describeFailure } from '../../host/operations/operation-script.ts';
import { tryWritingScript } from '../../host/operations/writable-script.ts';
import type { ExecutableStep } from '../../model/plan.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { HostConnection } from '../../ssh/connection.ts';
import type { StepContext } from './ports.ts';

const scriptTimeoutMs = 60_000;

/**
 * Makes sure that every directory the steps will write into takes a file. A daemon is stopped before its configuration is written: a
 * disk that is full or read-only must be found before that, not after.
 */
export async function assertWritable(
  steps: readonly ExecutableStep[],
  connection: HostConnection,
  layout: HostLayout,
  { signal }: StepContext,
): Promise<void> {
  const directories = directoriesWritten(steps, layout);
  await Promise.all(directories.map((directory) => tryWriting(directory, connection, layout, signal)));
}

/** The directories where steps write files and links, and that of the manifest that lists them. */
export function directoriesWritten(steps: readonly ExecutableStep[], layout: HostLayout): string[] {
  const paths = steps.flatMap((step) =>
    step.operation.do === 'write-file' || step.operation.do === 'link' ? [step.operation.path] : [],
  );
  return paths.length === 0 ? [] : [...new Set([layout.manifest, ...paths].map((path) => dirname(path)))];
}

async function tryWriting(
  directory: string,
  connection: HostConnection,
  layout: HostLayout,
  signal: AbortSignal,
): Promise<void> {
  const { script, stdin } = tryWritingScript(directory, layout);
  const step = `try to write in ${directory}`;
  const result = await connection.exec({
    argv: ['sh', '-c', script],
    stdin,
    timeoutMs: scriptTimeoutMs,
    signal,
    step,
  });
  if (result.status === 0) return;
  const where = { in: 'host', host: connection.host, path: directory } as const;
  const { code, what, why, fix } = describeFailure(result);
  throw fail({
    code,
    summary: `nothing can be written in ${directory}: ${what}; no daemon was stopped`,
    where,
    why,
    fix,
  });
}
