import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Memory of this machine, or of the process's cgroup where its limit is lower. Bytes. */
export interface Memory {
  readonly physical: number;
  readonly used: number;
  readonly swap: number;
  readonly swapUsed: number;
}

/** Directory in which the kernel's files are mounted; tests pass one of their own. */
export interface KernelFiles {
  readonly proc: string;
  readonly cgroup: string;
}

export const kernelFiles: KernelFiles = { proc: '/proc', cgroup: '/sys/fs/cgroup' };

/**
 * Reads total and used memory and swap as Lotus reports them: /proc/meminfo, reduced to the lowest limit of cgroup v1 or v2 between the
 * process and the root. Source: docs/spec/lotus.md section 6.4.
 */
export async function readMachineMemory(files: KernelFiles = kernelFiles): Promise<Memory> {
  const machine = memoryOfMeminfo(await readFile(join(files.proc, 'meminfo'), 'utf8'));
  const groups = parseCgroups(await readFile(join(files.proc, 'self/cgroup'), 'utf8').catch(() => ''));
  const cgroupLimits = await Promise.all(
    groups.flatMap(({ version, path }) =>
      pathsToRoot(path).map((level) => (version === 2 ? limitV2(files, level) : limitV1(files, level))),
    ),
  );
  return cgroupLimits.filter((limit) => limit !== undefined).reduce(tighter, machine);
}

/** Limits and use of one cgroup; without `swap` it does not limit swap. */
interface CgroupLimit {
  readonly memory: number;
  readonly used: number;
  readonly swap?: number;
  readonly swapUsed?: number;
}

function tighter(memory: Memory, limit: CgroupLimit): Memory {
  const physical =
    limit.memory < memory.physical
      ? { physical: limit.memory, used: Math.min(limit.used, limit.memory) }
      : { physical: memory.physical, used: memory.used };
  const swap =
    limit.swap !== undefined && limit.swap < memory.swap
      ? { swap: limit.swap, swapUsed: Math.min(limit.swapUsed ?? 0, limit.swap) }
      : { swap: memory.swap, swapUsed: memory.swapUsed };
  return { ...physical, ...swap };
}

function memoryOfMeminfo(text: string): Memory {
  const bytes = new Map(
    [...text.matchAll(/^(?<name>\w+):\s+(?<kib>\d+) kB$/gm)].map((line) => [
      line.groups?.['name'],
      Number(line.groups?.['kib']) * 1024,
    ]),
  );
  const of = (name: string): number => bytes.get(name) ?? 0;
  return {
    physical: of('MemTotal'),
    used: of('MemTotal') - of('MemAvailable'),
    swap: of('SwapTotal'),
    swapUsed: of('SwapTotal') - of('SwapFree'),
  };
}

interface Cgroup {
  readonly version: 1 | 2;
  readonly path: string;
}

function parseCgroups(text: string): Cgroup[] {
  return text.split('\n').flatMap((line): Cgroup[] => {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '') return [{ version: 2, path }];
    return controllers?.split(',').includes('memory') === true ? [{ version: 1, path }] : [];
  });
}

function pathsToRoot(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return [parts.length, ...parts.keys()].map((count) => parts.slice(0, count).join('/'));
}

async function limitV2(files: KernelFiles, level: string): Promise<CgroupLimit | undefined> {
  const read = reader(join(files.cgroup, level));
  const memory = await read.number('memory.max');
  const swap = await read.number('memory.swap.max');
  if (memory === undefined && swap === undefined) return undefined;
  const used = ((await read.number('memory.current')) ?? 0) - (await read.stat('inactive_file'));
  return {
    memory: memory ?? Infinity,
    used: Math.max(0, used),
    ...(swap === undefined ? {} : { swap, swapUsed: (await read.number('memory.swap.current')) ?? 0 }),
  };
}

async function limitV1(files: KernelFiles, level: string): Promise<CgroupLimit | undefined> {
  const read = reader(join(files.cgroup, 'memory', level));
  const memory = await read.number('memory.limit_in_bytes');
  if (memory === undefined) return undefined;
  const used = (await read.number('memory.usage_in_bytes')) ?? 0;
  // memsw counts memory and swap together.
  const both = await read.number('memory.memsw.limit_in_bytes');
  const bothUsed = (await read.number('memory.memsw.usage_in_bytes')) ?? used;
  return {
    memory,
    used: Math.max(0, used - (await read.stat('total_inactive_file'))),
    ...(both === undefined
      ? {}
      : { swap: Math.max(0, both - memory), swapUsed: Math.max(0, bothUsed - used) }),
  };
}

/** Reads files of one cgroup; a file that is missing or contains `max` means no limit. */
function reader(directory: string) {
  const text = (file: string) => readFile(join(directory, file), 'utf8').catch(() => '');
  return {
    async number(file: string): Promise<number | undefined> {
      const value = (await text(file)).trim();
      return /^\d+$/.test(value) ? Number(value) : undefined;
    },
    /** One value of memory.stat: page cache that the kernel can reclaim at once does not count as used. */
    async stat(name: string): Promise<number> {
      return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await text('memory.stat'))?.[1] ?? 0);
    },
  };
}
