import { operationScript, parseOperationFailure } from '../../host/operations/operation-script.ts';
import type { HostLayout } from '../../host/layout.ts';
import type { Operation } from '../../host/operations/operation.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { SecretValues } from '@sealctl/core/secret/secret';
import type { HostConnection } from '../../ssh/connection.ts';
import type { StepContext } from './ports.ts';

export interface OperationTarget {
  readonly connection: HostConnection;
  readonly layout: HostLayout;
  readonly secrets: SecretValues;
}

/** The limit for scripts that only write small files or call the service manager. */
const scriptTimeoutMs = 120_000;
/** Stopping waits for the service's own limit, which systemd enforces. */
const serviceTimeoutMs = 15 * 60_000;
const uploadTimeoutMs = 60 * 60_000;

/** Carries out one operation on a host. Rejects with a `ProblemError`. */
export async function runOperation(
  operation: Operation,
  target: OperationTarget,
  context: StepContext,
): Promise<void> {
  if (operation.do === 'upload-program') return upload(operation, target, context);
  const { connection, layout, secrets } = target;
  const { script, stdin } = operationScript(operation, layout, secrets);
  const result = await connection.exec({
    argv: ['sh', '-c', script],
    stdin,
    timeoutMs: timeoutOf(operation),
    signal: context.signal,
    step: stepOf(operation),
  });
  if (result.status !== 0) throw fail(parseOperationFailure(operation, connection.host, result));
}

async function upload(
  operation: Extract<Operation, { do: 'upload-program' }>,
  target: OperationTarget,
  context: StepContext,
): Promise<void> {
  const { connection, layout } = target;
  const directory = `${layout.releases}/${operation.sha256}`;
  await runOperation({ do: 'ensure-directory', path: directory, mode: '0755' }, target, context);
  let told = 0;
  await connection.upload({
    file: operation.source,
    sha256: operation.sha256,
    path: `${directory}/${operation.program}`,
    mode: '0755',
    timeoutMs: uploadTimeoutMs,
    signal: context.signal,
    onProgress: ({ sentBytes, totalBytes }) => {
      const percent = Math.floor((sentBytes / totalBytes) * 100);
      // One line in ten is enough for a log.
      if (percent < told + 10 && percent < 100) return;
      told = percent;
      context.progress(`${percent} % of ${Math.round(totalBytes / 2 ** 20)} MiB`);
    },
  });
}

function timeoutOf(operation: Operation): number {
  if (operation.do === 'service') return serviceTimeoutMs;
  return operation.do === 'run' ? operation.timeoutMs + scriptTimeoutMs : scriptTimeoutMs;
}

/** Names an operation, for the message of a timeout. */
function stepOf(operation: Operation): string {
  if (operation.do === 'write-file') return `write ${operation.path}`;
  if (operation.do === 'service') return `${operation.verb} ${operation.name}`;
  if (operation.do === 'run') return `run ${operation.argv[0] ?? ''}`;
  return operation.do.replaceAll('-', ' ');
}
