import type { HostLayout } from '../../host/layout.ts';
import type { Operation, WorkerOperation } from '../../host/operations/operation.ts';
import { rollBackScript, snapshotScript } from '../../host/operations/rollback-script.ts';
import type { DaemonRef } from '../../model/kind.ts';
import { sameDaemon } from '../../plan/diff/diff-host.ts';
import type { ExecutableStep } from '../../model/plan.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { HostConnection } from '../../ssh/connection.ts';

const scriptTimeoutMs = 60_000;

/** An operation on a service. */
export type ServiceOperation = Extract<Operation, { do: 'service' }>;

/** The files and links that steps replace or remove, and the manifest that lists them. */
export function pathsReplaced(steps: readonly ExecutableStep[], layout: HostLayout): string[] {
  const paths = steps.flatMap((step) => (step.on === 'host' ? replacedBy(step.operation) : []));
  return [...new Set([layout.manifest, ...paths])];
}

/** The services that steps start: those that must be started again on the old state. */
export function servicesStarted(steps: readonly ExecutableStep[]): ServiceOperation[] {
  return steps.flatMap((step) =>
    step.operation.do === 'service' && step.operation.verb === 'start' ? [step.operation] : [],
  );
}

/** A daemon that steps stop or start. */
export interface TouchedDaemon {
  readonly daemon: DaemonRef | undefined;
  /** As an operation that starts it. */
  readonly service: ServiceOperation;
  readonly started: boolean;
  /** The steps replace something that it reads when it starts: it must be started on the old state again. */
  readonly differs: boolean;
}

/** The daemons that steps stop or start. */
export function touchedDaemons(steps: readonly ExecutableStep[]): TouchedDaemon[] {
  const replacing = steps.filter((step) => step.on === 'host' && replacedBy(step.operation).length > 0);
  const touched = new Map<string, TouchedDaemon>();
  for (const { daemon, ...step } of steps) {
    if (step.operation.do !== 'service' || step.operation.verb === 'reload') continue;
    const service = { ...step.operation, verb: 'start' } as const;
    const started = step.operation.verb === 'start' || touched.get(service.name)?.started === true;
    const differs = replacing.some((other) => other.daemon === undefined || isSame(other.daemon, daemon));
    touched.set(service.name, { daemon, service, started, differs });
  }
  return [...touched.values()];
}

/** Reverts what steps changed in running workers by RPC. A worker that is stopped or started reads its files instead. */
export function rollBackLive(
  steps: readonly ExecutableStep[],
): { readonly daemon: DaemonRef; readonly operation: WorkerOperation }[] {
  const touched = touchedDaemons(steps);
  return steps.toReversed().flatMap((step) => {
    const { daemon } = step;
    if (step.on !== 'worker' || daemon === undefined) return [];
    if (touched.some((other) => isSame(daemon, other.daemon))) return [];
    const operation = opposite(step.operation);
    return operation === undefined ? [] : [{ daemon, operation }];
  });
}

function opposite(operation: WorkerOperation): WorkerOperation | undefined {
  switch (operation.do) {
    case 'set-tasks':
      return { do: 'set-tasks', enable: operation.disable, disable: operation.enable };
    case 'redeclare':
      return operation;
    case 'attach':
      return { do: 'detach', path: operation.path };
    case 'detach':
      return { do: 'attach', path: operation.path };
    // A worker whose tasks took too long stays cordoned: it can be changed when it is idle.
    case 'cordon':
    case 'drain':
    case 'await-registered':
    case 'await-miner':
      return undefined;
  }
}

function isSame(a: DaemonRef, b: DaemonRef | undefined): boolean {
  return b !== undefined && sameDaemon(a, b);
}

/** Copies aside what the steps will replace. */
export function snapshotFiles(
  steps: readonly ExecutableStep[],
  connection: HostConnection,
  layout: HostLayout,
): Promise<void> {
  return run(snapshotScript, 'save the current state', steps, connection, layout);
}

/** Restores the files that `snapshotFiles` copied. */
export function restoreFiles(
  steps: readonly ExecutableStep[],
  connection: HostConnection,
  layout: HostLayout,
): Promise<void> {
  return run(rollBackScript, 'roll back to the previous state', steps, connection, layout);
}

async function run(
  script: string,
  step: string,
  steps: readonly ExecutableStep[],
  connection: HostConnection,
  layout: HostLayout,
): Promise<void> {
  const argv = ['sh', '-c', script, 'sh', `${layout.state}/rollback`, ...pathsReplaced(steps, layout)];
  const { status, stderr } = await connection.exec({ argv, timeoutMs: scriptTimeoutMs, step });
  if (status === 0) return;
  throw fail({
    code: 'rollback-failed',
    summary: `could not ${step} on ${connection.host}`,
    where: { in: 'host', host: connection.host, path: `${layout.state}/rollback` },
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
