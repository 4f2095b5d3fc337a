import type { MinerApi } from '../../src/core/lotus/miner-api.ts';
import type { RpcClient } from '../../src/core/lotus/rpc-client.ts';
import { taskByName } from '../../src/core/lotus/task-type.ts';
import { liveBlock, type TerminalSize } from '../../src/sealctl/ui/live-block.ts';

/** Where one sector is on its way. */
export interface SectorOnTheWay {
  readonly sector: number;
  readonly state: string;
  /** Steps that are done, by the miner's log: `AP`, `PC1`, ... */
  readonly done: ReadonlySet<string>;
  readonly running?: { readonly step: string; readonly worker: string };
}

const steps = ['AP', 'PC1', 'PC2', 'seed', 'C1', 'C2', 'FIN', 'store'] as const;
const pollMs = 100;
const patienceMs = 120_000;

export interface FlowOptions {
  readonly miner: RpcClient<MinerApi>;
  readonly write: (text: string) => void;
  /** Set where the output is a terminal. */
  readonly terminal?: TerminalSize;
  /** The miner's log: it tells which worker was given what. */
  readonly log: () => string;
  readonly signal: AbortSignal;
}

/**
 * Shows sectors on their way until `enough`: on a terminal a line a sector that is painted in its place, elsewhere a line for every task
 * that begins. Rejects when a sector fails, nothing comes of them in two minutes, or the signal is aborted.
 */
export async function showFlow(
  sectors: readonly number[],
  { miner, write, terminal, log, signal }: FlowOptions,
  enough: (all: readonly SectorOnTheWay[]) => boolean,
): Promise<void> {
  const began = performance.now();
  const told = new Map<number, string>();
  const block = terminal === undefined ? undefined : liveBlock(write, terminal);
  for (;;) {
    signal.throwIfAborted();
    const all = await look(miner, sectors);
    const workers = assigned(log());
    const rows = all.map((each) => rowText(each, workers));
    if (block !== undefined) block.show(rows);
    else
      for (const each of all) {
        const text = eventText(each);
        if (text !== undefined && told.get(each.sector) !== text)
          write(`  ${secondsText(performance.now() - began)}  sector ${each.sector}: ${text}\n`);
        if (text !== undefined) told.set(each.sector, text);
      }
    const failed = all.find(({ state }) => state.includes('Fail'));
    if (failed !== undefined) throw new Error(`sector ${failed.sector} is ${failed.state}`);
    if (enough(all)) {
      if (block === undefined) write(rows.map((row) => `${row}\n`).join(''));
      return;
    }
    if (performance.now() - began > patienceMs) throw new Error('the sectors take longer than two minutes');
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function look(miner: RpcClient<MinerApi>, sectors: readonly number[]): Promise<SectorOnTheWay[]> {
  const [stats, jobs] = await Promise.all([miner.call('WorkerStats', []), miner.call('WorkerJobs', [])]);
  const running = Object.entries(jobs ?? {}).flatMap(([session, list]) =>
    (list ?? []).map((job) => ({
      sector: job.Sector.Number,
      step: taskByName(job.Task)?.code ?? job.Task,
      worker: stats[session]?.Info.Hostname ?? job.Hostname ?? '',
    })),
  );
  return Promise.all(
    sectors.map(async (sector) => {
      const { State, Log } = await miner.call('SectorsStatus', [sector, false]);
      const done = new Set(
        Log.filter(({ Kind }) => Kind.startsWith('done;')).map(
          ({ Kind }) => Kind.slice(5).split(':')[0] ?? '',
        ),
      );
      if (Log.some(({ Message }) => Message.startsWith('WaitSeed ->'))) done.add('seed');
      const now = running.find((job) => job.sector === sector);
      // What is fetched last is fetched to be stored.
      const step = now?.step === 'GET' && State === 'FinalizeSector' ? 'store' : now?.step;
      return {
        sector,
        state: State,
        done,
        ...(now === undefined || step === undefined ? {} : { running: { step, worker: now.worker } }),
      };
    }),
  );
}

/** Which worker was given which step last, by `SECTOR STEP`. */
function assigned(log: string): Map<string, string> {
  const lines = log.split('\n').filter((line) => line.includes('"task assigned"'));
  return new Map(
    lines.map((line) => {
      const { task, sector, host } = JSON.parse(line) as { task: string; sector: number; host: string };
      // What is fetched last is fetched to be stored.
      return [`${sector} ${task === 'GET' ? 'store' : task}`, host];
    }),
  );
}

/** `sector 0 Proving  AP worker-1 > PC1 worker-1 > [PC2 worker-2] > seed > C1 > ...`. */
function rowText(
  { sector, state, done, running }: SectorOnTheWay,
  workers: ReadonlyMap<string, string>,
): string {
  const cells = steps.map((step) => {
    if (running?.step === step) return `[${step} ${running.worker}]`;
    const worker = workers.get(`${sector} ${step}`);
    if (!done.has(step)) return step === 'seed' && state === 'WaitSeed' ? '[seed]' : '·';
    return worker === undefined ? step : `${step} ${worker}`;
  });
  return `  sector ${sector} ${state === 'Proving' ? 'Proving' : '       '}  ${cells.join(' > ')}`;
}

function eventText({ state, running }: SectorOnTheWay): string | undefined {
  if (running !== undefined) {
    const what = running.step === 'GET' ? 'files move' : running.step;
    return `${what} on ${running.worker}`;
  }
  if (state === 'WaitSeed') return 'waits for its seed';
  return state === 'Proving' ? 'Proving' : undefined;
}

function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`.padStart(6);
}
