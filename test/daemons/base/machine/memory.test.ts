import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMachineMemory, type KernelFiles } from '../../../../src/daemons/base/machine/memory.ts';

const MiB = 2 ** 20;
let root: string;
let files: KernelFiles;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'memory-'));
  files = { proc: join(root, 'proc'), cgroup: join(root, 'cgroup') };
  await write(
    'proc/meminfo',
    `MemTotal:       ${64 * 1024} kB\nMemFree:  1 kB\nMemAvailable:   ${48 * 1024} kB\nSwapTotal: ${8 * 1024} kB\nSwapFree: ${6 * 1024} kB\n`,
  );
  await write('proc/self/cgroup', '0::/system.slice/worker.service\n');
});

afterEach(() => rm(root, { recursive: true }));

async function write(path: string, text: string | number): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), `${text}\n`);
}

const machine = { physical: 64 * MiB, used: 16 * MiB, swap: 8 * MiB, swapUsed: 2 * MiB };

describe('the memory of a machine', () => {
  it('memory is the total of the kernel where no cgroup limits it', async () => {
    await write('cgroup/system.slice/worker.service/memory.max', 'max');
    await write('cgroup/system.slice/worker.service/memory.swap.max', 'max');
    expect(await readMachineMemory(files)).toEqual(machine);
  });

  it('memory is that of the tightest cgroup v2 up to the root, without page cache', async () => {
    await write('cgroup/system.slice/worker.service/memory.max', 40 * MiB);
    await write('cgroup/system.slice/memory.max', 32 * MiB);
    await write('cgroup/system.slice/memory.current', 20 * MiB);
    await write('cgroup/system.slice/memory.stat', `anon 1\ninactive_file ${8 * MiB}\nslab 3`);
    expect(await readMachineMemory(files)).toEqual({ ...machine, physical: 32 * MiB, used: 12 * MiB });
  });

  it('follows a swap limit of its own', async () => {
    await write('cgroup/system.slice/worker.service/memory.swap.max', 0);
    await write('cgroup/system.slice/worker.service/memory.swap.current', 0);
    expect(await readMachineMemory(files)).toEqual({ ...machine, swap: 0, swapUsed: 0 });
  });

  it('follows cgroup v1, where swap is limited together with memory', async () => {
    await write('proc/self/cgroup', '5:cpu,cpuacct:/x\n4:memory:/docker/abc\n');
    await write('cgroup/memory/docker/abc/memory.limit_in_bytes', 16 * MiB);
    await write('cgroup/memory/docker/abc/memory.usage_in_bytes', 6 * MiB);
    await write('cgroup/memory/docker/abc/memory.stat', `total_inactive_file ${MiB}`);
    await write('cgroup/memory/docker/abc/memory.memsw.limit_in_bytes', 20 * MiB);
    await write('cgroup/memory/docker/abc/memory.memsw.usage_in_bytes', 7 * MiB);
    expect(await readMachineMemory(files)).toEqual({
      physical: 16 * MiB,
      used: 5 * MiB,
      swap: 4 * MiB,
      swapUsed: MiB,
    });
  });

  it('can be read on the machine that runs this test', async () => {
    const memory = await readMachineMemory();
    expect(memory.physical).toBeGreaterThan(64 * MiB);
    expect(memory.used).toBeGreaterThan(0);
    expect(memory.used).toBeLessThan(memory.physical);
  });
});
