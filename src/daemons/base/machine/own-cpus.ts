import { readFile } from 'node:fs/promises';

/**
 * The CPUs of this process's affinity mask, if it excludes online CPUs. Empty when the process may use all CPUs, since it shares those with
 * other processes. Lists have the kernel's format: `0-3,8`.
 */
export async function ownCpus(
  read: (file: string) => Promise<string> = (file) => readFile(file, 'utf8'),
): Promise<readonly number[]> {
  const status = await read('/proc/self/status');
  const allowed = numbersOf(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '');
  const online = numbersOf(await read('/sys/devices/system/cpu/online'));
  const may = new Set(allowed);
  return online.every((cpu) => may.has(cpu)) ? [] : allowed;
}

function numbersOf(list: string): number[] {
  return [...list.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, first, last]) =>
    Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
}
