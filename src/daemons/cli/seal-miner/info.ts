import { goDurationText } from '@sealctl/core/lotus/go-value';
import type { WorkerStats } from '@sealctl/core/lotus/rpc-values';
import { sizeText } from '@sealctl/core/lotus/size-text';
import { taskByName } from '@sealctl/core/lotus/task-type';
import type { Command } from '../../lotus-cli/app.ts';
import { minerClient } from './connection.ts';

/** `info`: prints the miner's identity, its start time, and the number of enabled workers of each kind. */
export const minerInfoCommand: Command = {
  name: 'info',
  usage: 'print the state of the miner',
  run: async (invocation) => {
    const client = await minerClient(invocation);
    const [started, actor, workers, paths] = await Promise.all([
      client.call('StartTime', []),
      client.call('ActorAddress', []),
      client.call('WorkerStats', []),
      client.call('StorageList', []),
    ]);
    const size = await client.call('ActorSectorSize', [actor]);
    const age = goDurationText(Math.max(0, Math.floor((Date.now() - Date.parse(started)) / 1000) * 1000));
    const lines = [
      `StartTime: ${age} (started at ${started})`,
      `Miner: ${actor} (${sizeText(size)} sectors)`,
      workersLine(Object.values(workers)),
      `Storage paths: ${Object.keys(paths).length}`,
    ];
    invocation.out(`${lines.join('\n')}\n`);
  },
};

function workersLine(workers: readonly WorkerStats[]): string {
  const offers = (worker: WorkerStats, code: string): boolean =>
    (worker.Tasks ?? []).some((task) => taskByName(task)?.code === code);
  const enabled = workers.filter((worker) => worker.Enabled);
  const window = enabled.filter((worker) => offers(worker, 'WDP')).length;
  const winning = enabled.filter((worker) => offers(worker, 'WNP')).length;
  const sealing = enabled.filter((worker) => !offers(worker, 'WDP') && !offers(worker, 'WNP')).length;
  return `Workers: Seal(${sealing}) WdPoSt(${window}) WinPoSt(${winning})`;
}
