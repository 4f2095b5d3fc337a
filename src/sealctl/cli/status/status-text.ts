import { sizeText } from '@sealctl/core/lotus/size-text';
import { inTaskOrder, type TaskCode } from '@sealctl/core/lotus/task-type';
import { estimateText } from '../../observe/usual-times.ts';
import { durationText } from '@sealctl/core/text/units';
import { bar } from '@sealctl/core/text/bar';
import { colorsFor } from '@sealctl/core/text/colors';
import { renderTable } from '@sealctl/core/text/table';
import type { FleetStatus, RunningTask, StorageUse, WorkerStatus } from '../../status/fleet-status.ts';

const barColumns = 8;

/** The fleet for people: workers, their machines, what runs, where the files lie; a part with nothing in it is left out. */
export function statusText(
  status: FleetStatus,
  { width, color }: { readonly width: number; readonly color: boolean },
): string {
  const colors = colorsFor(color);
  const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
    renderTable({ columns, rows, width, colors });
  const parts = [
    `${status.cluster}\nminer on ${status.miner.host}: ${status.miner.text}\n${sectorsText(status)}`,
    table(['host', 'worker', 'state', 'tasks (running/limit)', 'note'], status.workers.map(workerRow)),
  ];
  if (status.hosts.length + status.findings.length > 0) {
    const whole = status.findings.map((text) => ['(cluster)', text]);
    parts.push(table(['host', 'note'], [...whole, ...status.hosts.map(({ host, note }) => [host, note])]));
  }
  const machines = status.workers.flatMap(machineRow);
  if (machines.length > 0) parts.push(table(['host', 'worker', 'CPU', 'RAM', 'GPU'], machines));
  const running = status.workers.flatMap((worker) => worker.running.map((task) => runningRow(worker, task)));
  if (running.length > 0)
    parts.push(table(['task', 'sector', 'host', 'worker', 'phase', 'for', 'estimate'], running));
  const storage = status.workers.flatMap((worker) => worker.storage.map((path) => storageRow(worker, path)));
  if (storage.length > 0) parts.push(table(['storage', 'host', 'worker', 'use', 'sectors', 'used'], storage));
  return parts.join('\n');
}

function sectorsText({ miner: { sectors, waitingTasks } }: FleetStatus): string {
  const counts = Object.entries(sectors ?? {}).filter(([, count]) => count > 0);
  if (counts.length === 0) return '';
  const waiting =
    waitingTasks === 0 || waitingTasks === undefined
      ? ''
      : `; ${waitingTasks} ${waitingTasks === 1 ? 'task waits' : 'tasks wait'} for a worker`;
  return `sectors: ${counts.map(([state, count]) => `${count} ${state}`).join(', ')}${waiting}\n`;
}

function workerRow(worker: WorkerStatus): string[] {
  return [worker.host, worker.worker, worker.state, tasksText(worker), worker.note];
}

function machineRow({ host, worker, resources }: WorkerStatus): string[][] {
  if (resources === undefined) return [];
  const { cpus, memory, gpus } = resources;
  return [
    [
      host,
      worker,
      `${bar(cpus.used, cpus.total, barColumns)} ${cpus.used}/${cpus.total}`,
      `${bar(memory.usedBytes, memory.totalBytes, barColumns)} ${spaceText(memory)}`,
      gpuText(gpus),
    ],
  ];
}

/** `AP PC1(1/4) PC2(0/1) C1(1)`: accepted tasks, and those that run though every worker accepts them, with count and limit. */
function tasksText({ tasks, limits, counts }: WorkerStatus): string {
  const shown = inTaskOrder([...tasks, ...(Object.keys(counts) as TaskCode[])].filter(isShown));
  return shown.map((code) => `${code}${countText(counts[code] ?? 0, limits[code])}`).join(' ');

  function isShown(code: TaskCode): boolean {
    return tasks.includes(code) || (counts[code] ?? 0) > 0;
  }
}

function countText(count: number, limit: number | undefined): string {
  if (limit !== undefined) return `(${count}/${limit})`;
  return count > 0 ? `(${count})` : '';
}

function gpuText({ used, names }: NonNullable<WorkerStatus['resources']>['gpus']): string {
  if (names.length === 0) return 'none';
  const share = `${bar(used, names.length, barColumns)} ${Number(used.toFixed(2))}/${names.length}`;
  return `${share} ${[...new Set(names)].map((name) => countedName(name, names)).join(', ')}`;
}

function countedName(name: string, names: readonly string[]): string {
  const count = names.filter((other) => other === name).length;
  return count > 1 ? `${count} x ${name}` : name;
}

function runningRow({ host, worker }: WorkerStatus, task: RunningTask): string[] {
  const estimate = task.phase === 'running' ? estimateText(task.elapsedMs, task.usualMs) : '';
  const { phase, elapsedMs } = task;
  return [task.task, String(task.sector), host, worker, phase, durationText(elapsedMs), estimate];
}

function storageRow({ host, worker }: WorkerStatus, path: StorageUse): string[] {
  const { space, problem } = path;
  const used =
    space === undefined
      ? (problem ?? '')
      : `${bar(space.usedBytes, space.totalBytes, barColumns)} ${spaceText(space)}${space.reservedBytes > 0 ? `, ${sizeText(space.reservedBytes)} reserved` : ''}`;
  return [path.path, host, worker, path.use, String(path.sectors), used];
}

function spaceText({
  usedBytes,
  totalBytes,
}: {
  readonly usedBytes: number;
  readonly totalBytes: number;
}): string {
  return `${sizeText(usedBytes)}/${sizeText(totalBytes)}`;
}
