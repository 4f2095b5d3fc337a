import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cpuSet } from '../../../../src/core/text/cpu-list.ts';
import { runSealBench } from './run-seal-bench.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cpus-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const sealing = (cpus: string) => {
  const flags = `--sector-size=2KiB --storage-dir=${directory} --parent-cache=${directory}/parents`;
  return runSealBench(['sealing', ...flags.split(' '), '--cpus', cpus, '--format', 'json']);
};

test('seal-bench runs on the CPUs that it is told, one thread on each', async () => {
  const status = readFileSync('/proc/self/status', 'utf8');
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '0';
  const { code, out } = await sealing(allowed);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ threads: cpuSet(allowed).size });
});

test('a CPU that is not there, and what is not a list of CPUs, is refused', async () => {
  expect(await sealing('8000')).toMatchObject({
    code: 1,
    err: expect.stringContaining('cannot run on CPU 8000'),
  });
  expect(await sealing('two')).toMatchObject({
    code: 1,
    err: expect.stringContaining("'two' is not a list of CPUs"),
  });
});
