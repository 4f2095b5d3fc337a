import { createColors } from 'picocolors';
import type { Resources } from '@sealctl/core/lotus/resource-table';
import type { WorkerStats } from '@sealctl/core/lotus/rpc-values';
import { parseSealTask } from '@sealctl/core/lotus/seal-proof';
import { sizeText } from '@sealctl/core/lotus/size-text';
import { taskByName } from '@sealctl/core/lotus/task-type';

const barColumns = 64;

type Colors = ReturnType<typeof createColors>;

/**
 * The listing of `sealing workers`, in Lotus's layout: workers by session, each with its running tasks, CPU, memory and GPUs. PoSt
 * workers are left out, as Lotus lists them under `proving workers`. Source: docs/spec/lotus.md section 4.6.
 */
export function sealingWorkersText(stats: Readonly<Record<string, WorkerStats>>, color: boolean): string {
  const colors = createColors(color);
  return Object.entries(stats)
    .filter(([, worker]) => !isPostWorker(worker))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([session, worker]) => workerText(session, worker, colors))
    .join('');
}

function workerText(session: string, stat: WorkerStats, colors: Colors): string {
  const { Hostname, Resources } = stat.Info;
  const { MemPhysical, MemUsed, MemSwap, MemSwapUsed, CPUs } = Resources;
  const gpus = Resources.GPUs ?? [];
  const disabled = stat.Enabled ? '' : colors.red(' (disabled)');
  const ram = Math.max(stat.MemUsedMin, MemUsed);
  const virtualTotal = MemPhysical + MemSwap;
  const virtual = Math.max(stat.MemUsedMax, MemUsed + MemSwapUsed);
  const lines = [
    `Worker ${session}, host ${colors.magenta(Hostname)}${disabled}`,
    ...taskLine(stat, colors),
    `\tCPU:  [${bar(CPUs, 0, stat.CpuUse, colors)}] ${stat.CpuUse}/${CPUs} core(s) in use`,
    // As in Lotus, the amount adds reserved to used memory, so it can disagree with the percentage.
    `\tRAM:  [${bar(MemPhysical, ram - stat.MemUsedMin, stat.MemUsedMin, colors)}] ` +
      `${percent(ram, MemPhysical)}% ${sizeText(stat.MemUsedMin + MemUsed)}/${sizeText(MemPhysical)}`,
    `\tVMEM: [${bar(virtualTotal, virtual - stat.MemUsedMax, stat.MemUsedMax, colors)}] ` +
      `${percent(virtual, virtualTotal)}% ${sizeText(virtual)}/${sizeText(virtualTotal)}`,
    ...gpuLines(gpus, stat.GpuUsed, colors),
  ];
  return `${lines.join('\n')}\n`;
}

/** Counts of running tasks, with the limit where there is one; nothing when no task runs. */
function taskLine(stat: WorkerStats, colors: Colors): string[] {
  const counts = Object.entries(stat.TaskCounts ?? {})
    .filter(([, count]) => count > 0)
    .map(([key, count]) => {
      const { proof, task } = parseSealTask(key);
      return { type: taskByName(task), limit: limitOf(stat, task, proof), count };
    })
    .sort((a, b) => (a.type?.order ?? 0) - (b.type?.order ?? 0));
  if (counts.length === 0) return [];
  const entries = counts.map(({ type, limit, count }) => {
    const text = limit === 0 ? colors.cyan(String(count)) : limited(count, limit, colors);
    return `${colors.blue(type?.code ?? 'UNK')}(${text}) `;
  });
  return [`\tTASK: ${entries.join('')}`];
}

function limited(count: number, limit: number, colors: Colors): string {
  const paint = count < limit ? colors.green : colors.yellow;
  return paint(`${count}/${limit}`);
}

function limitOf(stat: WorkerStats, task: string, proof: number): number {
  const resources: Resources | undefined = stat.Info.Resources.Resources?.[task]?.[proof];
  return resources?.MaxConcurrent ?? 0;
}

function gpuLines(gpus: readonly string[], used: number, colors: Colors): string[] {
  if (gpus.length === 0) return [];
  const share = (used * 100) / gpus.length;
  const summary = `\tGPU:  [${bar(gpus.length, 0, used, colors)}] ${share.toFixed(0)}% ${used.toFixed(2)}/${gpus.length} gpu(s) in use`;
  const paint = used > 0 ? colors.green : colors.blue;
  return [summary, ...gpus.map((gpu) => `\tGPU: ${paint(`${gpu}, ${used > 0 ? '' : 'not '}used`)}`)];
}

function bar(total: number, reserved: number, used: number, colors: Colors): string {
  const columns = (share: number): number => (total > 0 ? Math.round((share / total) * barColumns) : 0);
  const yellow = columns(reserved);
  const green = columns(used);
  const empty = Math.max(0, barColumns - yellow - green);
  return `${colors.yellow('|'.repeat(yellow))}${colors.green('|'.repeat(green))}${' '.repeat(empty)}`;
}

function percent(part: number, total: number): number {
  return total > 0 ? Math.floor((part * 100) / total) : 0;
}

function isPostWorker(worker: WorkerStats): boolean {
  return (worker.Tasks ?? []).some((task) => ['WDP', 'WNP'].includes(taskByName(task)?.code ?? ''));
}
