import type { ApplyEvent } from '../../../src/sealctl/apply/executor/events.ts';
import type { HostExecutor, HostRecord } from '../../../src/sealctl/apply/executor/ports.ts';
import { runHost } from '../../../src/sealctl/apply/executor/run-host.ts';
import type { WorkerOperation } from '../../../src/sealctl/host/operations/operation.ts';
import type { DaemonRef } from '../../../src/sealctl/model/kind.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import { scriptedPort, work } from './scripted-hosts.ts';

/** A step that interrupts nothing. */
export const prepare: ExecutableStep = { ...work, title: 'prepare', interrupts: false };
export const worker: DaemonRef = { role: 'worker', name: 'main' };
/** A step on a daemon. */
export const tell = (operation: WorkerOperation, daemon?: DaemonRef): ExecutableStep => ({
  title: operation.do,
  interrupts: false,
  on: 'worker',
  operation,
  ...(daemon === undefined ? {} : { daemon }),
});
/** The problem of a step on host `h` that threw an error with this message. */
export const refusal = (summary: string) =>
  ({ code: 'step-failed', severity: 'error', summary, where: { in: 'host', host: 'h' } }) as const;

/** How host `h` differs from one that does everything well. */
export interface HostSetting {
  readonly isCanary?: boolean;
  readonly executor?: Partial<HostExecutor>;
  readonly host?: () => Promise<HostExecutor>;
  readonly fails?: (call: string) => boolean;
}

/** Carries out steps on host `h`: how that ended, the events, what the host was asked for, and the lines of its history. */
export async function runOn(
  steps: readonly ExecutableStep[],
  setting: HostSetting = {},
  stop = new AbortController(),
) {
  const events: ApplyEvent[] = [];
  const log: string[] = [];
  const records: HostRecord[] = [];
  let now = 1000;
  const port: HostExecutor = {
    ...scriptedPort(
      'h',
      log,
      (_host, call) => setting.fails?.(call) === true,
      () => Promise.resolve(),
    ),
    record: (record) => {
      records.push(record);
      return Promise.resolve();
    },
    ...setting.executor,
  };
  const abort = new AbortController();
  const outcome = await runHost(
    { host: 'h', steps, isCanary: setting.isCanary ?? false },
    {
      host: setting.host ?? (() => Promise.resolve(port)),
      workers: () => Promise.resolve([]),
      now: () => (now += 10),
      pause: () => Promise.resolve(),
      notify: (event) => events.push(event),
      stopping: stop.signal,
      aborting: abort.signal,
    },
  );
  return { outcome, events, log, records, stop, abort };
}
