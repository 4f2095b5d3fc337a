import type { HostLayout } from '../host/layout.ts';
import type { Operation } from '../host/operation.ts';
import { goBackScript, rememberScript } from '../host/way-back-script.ts';
import type { ExecutableStep } from '../plan/plan.ts';
import { fail } from '../problem/problem.ts';
import type { HostConnection } from '../ssh/connection.ts';

const scriptTimeoutMs = 60_000;

/** The files and links that steps replace or remove, and the manifest that tells of them. */
export function pathsReplaced(steps: readonly ExecutableStep[], layout: HostLayout): string[] {
  const paths = steps.flatMap((step) => (step.on === 'host' ? replacedBy(step.operation) : []));
  return [...new Set([layout.manifest, ...paths])];
}

/** The services that steps start: those that must be started again on the old state. */
export function servicesStarted(steps: readonly ExecutableStep[]): Extract<Operation, { do: 'service' }>[] {
  return steps.flatMap((step) =>
    step.on === 'host' && step.operation.do === 'service' && step.operation.verb === 'start'
      ? [step.operation]
      : [],
  );
}

/** The services that steps stop or start, as operations that start them: those that must run on the old state again. */
export function servicesTouched(steps: readonly ExecutableStep[]): Extract<Operation, { do: 'service' }>[] {
  const touched = steps.flatMap((step) =>
    step.on === 'host' && step.operation.do === 'service' && step.operation.verb !== 'reload'
      ? [{ ...step.operation, verb: 'start' as const }]
      : [],
  );
  return [...new Map(touched.map((service) => [service.name, service])).values()];
}

/** Copies aside what the steps will replace. */
export function remember(
  steps: readonly ExecutableStep[],
  connection: HostConnection,
  layout: HostLayout,
): Promise<void> {
  return run(rememberScript, 'remember the present state', steps, connection, layout);
}

/** Puts it back. */
export function restore(
  steps: readonly ExecutableStep[],
  connection: HostConnection,
  layout: HostLayout,
): Promise<void> {
  return run(goBackScript, 'go back to the previous state', steps, connection, layout);
}

async function run(
  script: string,
  step: string,
  steps: readonly ExecutableStep[],
  connection: HostConnection,
  layout: HostLayout,
): Promise<void> {
  const argv = ['sh', '-c', script, 'sh', `${layout.state}/way-back`, ...pathsReplaced(steps, layout)];
  const { status, stderr } = await connection.exec({ argv, timeoutMs: scriptTimeoutMs, step });
  if (status === 0) return;
  throw fail({
    code: 'way-back-failed',
    summary: `could not ${step} on ${connection.host}`,
    where: { in: 'host', host: connection.host, path: `${layout.state}/way-back` },
    why: stderr.trim(),
    fix: 'run sealctl plan: it shows what the host has now',
  });
}

function replacedBy(operation: Operation): string[] {
  switch (operation.do) {
    case 'write-file':
    case 'remove-file':
    case 'link':
      return [operation.path];
    case 'ensure-directory':
    case 'upload-program':
    case 'remove-release':
    case 'manifest':
    case 'service':
    case 'run':
    case 'set-hold':
    case 'clear-hold':
    case 'write-inventory':
      return [];
  }
}
