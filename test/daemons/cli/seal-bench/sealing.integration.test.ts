import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSealBench, succeed } from './run-seal-bench.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealing-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const phases = [
  'AddPiece',
  'Parents',
  'PreCommit1',
  'PreCommit2',
  'Commit1',
  'Unseal',
  'ReplicaUpdate',
  'ProveReplicaUpdate1',
  'ReplicaDecode',
  'RegenerateKey',
];
const flags = (size = '2KiB') => [
  '--sector-size',
  size,
  '--storage-dir',
  directory,
  '--parent-cache',
  join(directory, 'parents'),
];

describe('seal-bench sealing', () => {
  it('tells each phase’s throughput beside its limit as JSON', async () => {
    const lines = await succeed('sealing', ...flags(), '--format', 'json');
    const report = JSON.parse(lines.join('\n')) as {
      readonly machineSpeeds: Readonly<Record<string, number>>;
      readonly phases: readonly Readonly<Record<string, number | string>>[];
    };
    expect(report.phases.map(({ phase }) => phase)).toEqual(phases);
    expect(report.machineSpeeds['sha256OneCore']).toBeGreaterThan(1e6);
    for (const { milliseconds, bytesPerSecond, limitBytesPerSecond, ofLimit } of report.phases) {
      expect(bytesPerSecond).toBeCloseTo((2048 * 1000) / Number(milliseconds));
      if (ofLimit !== undefined)
        expect(Number(ofLimit)).toBeCloseTo(Number(bytesPerSecond) / Number(limitBytesPerSecond));
    }
    expect(await readdir(directory)).toEqual(['parents']);
  });

  it('measures the phase 1 of several sectors side by side', async () => {
    const lines = await succeed('sealing', ...flags(), '--sectors', '3', '--format', 'json');
    const report = JSON.parse(lines.join('\n')) as {
      readonly phases: readonly Record<string, number | string>[];
    };
    for (const { phase, milliseconds, sectors, bytesPerSecond } of report.phases) {
      expect(sectors).toBe(phase === 'PreCommit1' ? 3 : 1);
      expect(bytesPerSecond).toBeCloseTo((Number(sectors) * 2048 * 1000) / Number(milliseconds));
    }
    expect(await readdir(directory)).toEqual(['parents']);
    const refused = await runSealBench(['sealing', ...flags(), '--sectors', '5']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('5 is not from 1 to 4') });
  });

  it('draws a table for people', async () => {
    const lines = await succeed('sealing', ...flags());
    expect(lines[0]).toMatch(/^2 KiB sector, StackedDrg2KiBV1_1, \d+ threads/);
    expect(lines[3]).toMatch(/^Phase +Time +Throughput +Limit +Of limit +Bound by/i);
    expect(lines.slice(4).map((line) => line.split(' ')[0])).toEqual(phases);
  });

  it('stops when it is interrupted, and leaves nothing behind', async () => {
    const interrupted = new AbortController();
    let at = 0;
    const words = ['sealing', ...flags('8MiB')];
    const { code, err } = await runSealBench(
      words,
      {},
      {
        signal: interrupted.signal,
        err: (text) => {
          if (text !== 'Parents done\n') return;
          // By the next turn the layers are being computed.
          setImmediate(() => {
            at = performance.now();
            interrupted.abort(new Error('stopped by SIGINT'));
          });
        },
      },
    );
    expect(performance.now() - at).toBeLessThan(5000);
    expect(code).toBe(1);
    expect(err).toMatch(/stopped by SIGINT/);
    expect(err).not.toMatch(/PreCommit1 done/);
    expect(await readdir(directory)).toEqual(['parents']);
  });

  it('knows two formats', async () => {
    const { code, err } = await runSealBench(['sealing', '--format', 'yaml']);
    expect(code).toBe(1);
    expect(err).toMatch(/unknown format 'yaml'/);
  });
});
