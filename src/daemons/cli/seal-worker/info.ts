import { apiVersionText, type StoragePath, type WorkerInfo } from '@sealctl/core/lotus/rpc-values';
import { sizeText } from '@sealctl/core/lotus/size-text';
import { inTaskOrder, taskByName, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { Command } from '../../lotus-cli/app.ts';
import { buildInfo } from '@sealctl/core/version';
import { workerClient } from './connection.ts';

/** The facts that `info` shows. */
export interface WorkerReport {
  /** Version of this program; the worker reports only that of its API. */
  readonly version: string;
  readonly apiVersion: number;
  readonly session: string;
  readonly enabled: boolean;
  readonly info: WorkerInfo;
  /** Wire names. */
  readonly tasks: readonly string[];
  readonly paths: readonly StoragePath[];
}

/** `info`: prints what the running worker is and has. */
export const workerInfoCommand: Command = {
  name: 'info',
  usage: 'print the state of the worker',
  run: async (invocation) => {
    const client = await workerClient(invocation);
    const [apiVersion, session, enabled, info, tasks, paths] = await Promise.all([
      client.call('Version', []),
      client.call('ProcessSession', []),
      client.call('Enabled', []),
      client.call('Info', []),
      client.call('TaskTypes', []),
      client.call('Paths', []),
    ]);
    const report = {
      version: buildInfo().version,
      apiVersion,
      session,
      enabled,
      info,
      tasks: Object.keys(tasks),
      paths: paths ?? [],
    };
    invocation.out(workerInfoText(report));
  },
};

/** The layout of `lotus-worker info`; paths in the order of their IDs. Source: docs/spec/lotus.md section 3.7. */
export function workerInfoText(worker: WorkerReport): string {
  const { Hostname, Resources } = worker.info;
  const codes = worker.tasks
    .map((name) => taskByName(name)?.code)
    .filter((code): code is TaskCode => code !== undefined);
  const lines = [
    `Worker version:  ${apiVersionText(worker.apiVersion)}`,
    `CLI version: seal-worker version ${worker.version}`,
    '',
    `Session: ${worker.session}`,
    `Enabled: ${worker.enabled}`,
    `Hostname: ${Hostname}`,
    `CPUs: ${Resources.CPUs}; GPUs: [${(Resources.GPUs ?? []).join(' ')}]`,
    `RAM: ${sizeText(Resources.MemUsed)}/${sizeText(Resources.MemPhysical)}; ` +
      `Swap: ${sizeText(Resources.MemSwapUsed)}/${sizeText(Resources.MemSwap)}`,
    `Task types: ${inTaskOrder(codes)
      .map((code) => `${code} `)
      .join('')}`,
    '',
    ...worker.paths.toSorted((a, b) => (a.ID < b.ID ? -1 : 1)).flatMap(pathLines),
  ];
  return `${lines.join('\n')}\n`;
}

function pathLines(path: StoragePath): string[] {
  const use =
    path.CanSeal || path.CanStore
      ? `${path.CanSeal ? 'Seal ' : ''}${path.CanStore ? 'Store' : ''}`
      : 'ReadOnly';
  return [`${path.ID}:`, `\tWeight: ${path.Weight}; Use: ${use}`, `\tLocal: ${path.LocalPath}`];
}
