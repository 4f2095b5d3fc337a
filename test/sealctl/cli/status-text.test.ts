import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { FleetStatus, WorkerStatus } from '../../../src/sealctl/status/fleet-status.ts';
import { statusText } from '../../../src/sealctl/cli/status/status-text.ts';

const GiB = 2 ** 30;
const idle: WorkerStatus = {
  host: 'prover-1',
  worker: 'main',
  state: 'held',
  tasks: [],
  limits: {},
  counts: {},
  running: [],
  storage: [],
  note: 'ann@desk since 2026-11-01T08:00:00.000Z: replace NVMe',
};
const busy: WorkerStatus = {
  host: 'sealer-1',
  worker: 'pc',
  state: 'up',
  tasks: ['PC2', 'PC1', 'AP'],
  limits: { PC1: 4, PC2: 1 },
  counts: { PC1: 2, C1: 1 },
  running: [
    { task: 'PC1', sector: 3, phase: 'running', elapsedMs: 12_000, usualMs: 40_000, leftMs: 28_000 },
    { task: 'PC1', sector: 4, phase: 'prepared', elapsedMs: 500 },
    { task: 'C1', sector: 2, phase: 'running', elapsedMs: 3000 },
  ],
  resources: {
    cpus: { used: 3, total: 32 },
    memory: { usedBytes: 128 * GiB, totalBytes: 256 * GiB },
    gpus: { used: 0.5, names: ['GeForce RTX 3090', 'GeForce RTX 3090'] },
  },
  storage: [
    {
      id: '1',
      path: '/mnt/nvme',
      use: 'seal',
      sectors: 3,
      space: { usedBytes: 700 * GiB, totalBytes: 2000 * GiB, reservedBytes: 453 * GiB },
    },
    { id: '2', path: '/mnt/store', use: 'store', sectors: 0, problem: 'HTTP 500' },
  ],
  note: '1 to apply',
};
const status: FleetStatus = {
  cluster: 'lab',
  miner: {
    host: 'miner-1',
    answers: true,
    text: 'f01000 at 10.0.0.1:2345, 1 of 2 workers listed',
    sectors: { PreCommit1: 2, Committing: 1, Proving: 12, Removed: 0 },
    waitingTasks: 1,
  },
  hosts: [{ host: 'miner-1', note: '1 drifted', well: false }],
  findings: [],
  workers: [busy, idle],
};

describe('the status of a fleet as text', () => {
  it('shows workers with limits and bars, what runs, and storage', async () => {
    await expect(statusText(status, { width: 1000, color: false })).toMatchFileSnapshot('golden/status.txt');
  });

  it('leaves out what there is nothing of', () => {
    const { sectors: _, waitingTasks: __, ...miner } = status.miner;
    const text = statusText(
      { cluster: 'lab', miner, hosts: [], findings: [], workers: [idle] },
      { width: 1000, color: false },
    );
    expect(text.split('\n')).toHaveLength(6);
    expect(text).not.toContain('sector');
    expect(text).not.toContain('storage');
  });

  it('keeps to the width of a terminal', () => {
    const lines = statusText(status, { width: 80, color: false }).split('\n').slice(2);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
  });
});
