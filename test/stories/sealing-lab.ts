import type { MinerApi } from '../../src/core/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient } from '../../src/core/lotus/rpc-client.ts';
import type { SectorInfo } from '../../src/core/lotus/sealing-values.ts';
import { taskNameOf, type TaskCode } from '../../src/core/lotus/task-type.ts';
import type { WorkerApi, WorkerTaskMethod } from '../../src/core/lotus/worker-api.ts';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import {
  proverScript,
  sealingHosts,
  workerHosts,
  type SealingTestbed,
  type SealingHost,
} from './sealing-cluster.ts';

/** What a story does with a cluster that seals, and sees of it. */
export interface SealingLab {
  readonly miner: RpcClient<MinerApi>;
  readonly worker: (host: SealingHost) => RpcClient<WorkerApi>;
  /** Starts a sector and answers its number. */
  readonly pledge: () => Promise<number>;
  readonly status: (sector: number) => Promise<SectorInfo>;
  /** Waits until a step of a sector is done. */
  readonly done: (sector: number, step: string) => Promise<void>;
  /** How often steps of a sector were done or failed, as its log tells: `done;PC1`. */
  readonly times: (sector: number, kind: string) => Promise<number>;
  /** The tasks of a sector that workers began, by the logs of the workers themselves: one entry each time. */
  readonly begun: (sector: number, hosts?: readonly SealingHost[]) => Promise<WorkerTaskMethod[]>;
  /** How often the miner took a task of a sector back from a worker that it had lost sight of. */
  readonly takenBack: (sector: number, task: TaskCode) => Promise<number>;
  /** Waits until a task of a sector runs, and answers where. */
  readonly runsOn: (sector: number, task: TaskCode) => Promise<SealingHost>;
  readonly proving: (sectors: readonly number[]) => Promise<void>;
  readonly accept: (host: SealingHost, task: TaskCode, accepted: boolean) => Promise<void>;
  /** While the gate of a host is closed, C2 waits there. */
  readonly gate: (hosts: readonly SealingHost[], closed: boolean) => Promise<void>;
  /** Ends a daemon's process with SIGKILL; what keeps it running starts it again. */
  readonly kill: (host: SealingHost) => Promise<void>;
  readonly service: (host: SealingHost, verb: 'start' | 'stop') => Promise<void>;
  /** Waits until a daemon answers. */
  readonly back: (host: SealingHost) => Promise<void>;
}

export const serviceOf = (host: SealingHost): string =>
  host === 'miner-1' ? 'sealctl-miner' : 'sealctl-worker-main';

/** Puts the operator's prover where the workers expect it. */
export async function putProvers(testbed: SealingTestbed): Promise<void> {
  for (const name of sealingHosts) {
    const { data } = testbed.host(name);
    await testbed.shell(
      name,
      `mkdir -p '${data}' && cat >'${data}/prover.sh' <<'END'\n${proverScript(data)}END`,
    );
  }
}

/** A lab on a cluster that was applied. */
export async function openLab(testbed: SealingTestbed): Promise<SealingLab> {
  const url = (host: SealingHost): string => `http://${testbed.host(host).listen(0)}/rpc/v0`;
  const token = (
    await testbed.shell('miner-1', `cat '${testbed.layout('miner-1').repos}/miner/token'`)
  ).trim();
  const miner = makeRpcClient<MinerApi>({ url: url('miner-1'), token });
  const worker = (host: SealingHost) => makeRpcClient<WorkerApi>({ url: url(host), token });
  const status = (sector: number) => miner.call('SectorsStatus', [sector, false]);
  const times = async (sector: number, kind: string) =>
    (await status(sector)).Log.filter(({ Kind }) => Kind === kind).length;
  const withinMs = 120_000;
  /** Those lines of a daemon's log that tell this message, of all its runs. */
  const logged = async <Line>(host: SealingHost, message: string): Promise<Line[]> => {
    const service = serviceOf(host);
    const read =
      testbed.services === 'systemd'
        ? `journalctl -q -o cat -u ${service}`
        : `cat '${testbed.layout(host).services}/${service}/log'`;
    const found = await testbed.shell(host, `${read} | grep -F '${message}' || :`);
    return found
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line);
  };
  return {
    miner,
    worker,
    status,
    times,
    async begun(sector, hosts = workerHosts) {
      type Line = { readonly sector: number; readonly method: WorkerTaskMethod };
      const lines = await Promise.all(hosts.map((host) => logged<Line>(host, '"task started"')));
      return lines
        .flat()
        .filter((line) => line.sector === sector)
        .map(({ method }) => method);
    },
    async takenBack(sector, task) {
      type Line = { readonly sector: number; readonly task: TaskCode };
      const lines = await logged<Line>('miner-1', 'goes back to the queue');
      return lines.filter((line) => line.sector === sector && line.task === task).length;
    },
    pledge: async () => (await miner.call('PledgeSector', [])).Number,
    async done(sector, step) {
      await until(
        () => status(sector),
        ({ Log }) => Log.some(({ Kind }) => Kind === `done;${step}`),
        withinMs,
      );
    },
    async runsOn(sector, task) {
      const found = await until(
        async () => {
          const [jobs, stats] = [await miner.call('WorkerJobs', []), await miner.call('WorkerStats', [])];
          const [id] =
            Object.entries(jobs ?? {}).find(([, list]) =>
              list?.some(
                ({ Sector, Task, RunWait }) =>
                  Sector.Number === sector && Task === taskNameOf(task) && RunWait === 0,
              ),
            ) ?? [];
          return id === undefined ? undefined : stats[id]?.Info.Hostname;
        },
        (host) => host !== undefined,
        withinMs,
      );
      return found as SealingHost;
    },
    async proving(sectors) {
      await until(
        () => Promise.all(sectors.map(async (sector) => (await status(sector)).State)),
        (states) => states.every((state) => state === 'Proving'),
        180_000,
      );
    },
    async accept(host, task, accepted) {
      await worker(host).call(accepted ? 'TaskEnable' : 'TaskDisable', [taskNameOf(task)]);
    },
    async gate(hosts, closed) {
      for (const host of hosts)
        await testbed.shell(host, `${closed ? 'touch' : 'rm -f'} '${testbed.host(host).data}/gate'`);
    },
    async kill(host) {
      await testbed.shell(host, `kill -9 ${await testbed.pid(host, serviceOf(host))}`);
    },
    async service(host, verb) {
      const { services } = testbed.layout(host);
      const command =
        testbed.services === 'systemd'
          ? `systemctl ${verb}`
          : `sh '${services}/supervisor' ${verb} '${services}'/`;
      await testbed.shell(
        host,
        testbed.services === 'systemd' ? `${command} ${serviceOf(host)}` : `${command}${serviceOf(host)}`,
      );
    },
    async back(host) {
      const ask = (): Promise<unknown> =>
        host === 'miner-1' ? miner.call('Version', []) : worker(host).call('Version', []);
      await until(ask, (answer) => answer !== undefined, withinMs);
    },
  };
}
