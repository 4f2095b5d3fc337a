import type { HostPlan, PlanDocument } from '../../../src/sealctl/model/plan.ts';

const value = (shown: string | number | boolean | null | string[]) => ({
  show: 'value' as const,
  value: shown,
});
const at = (line: number, path: string) => ({
  layer: 'host',
  path,
  range: { file: 'cluster.yaml', line, column: 9, endLine: line, endColumn: 12 },
});

const worker1: HostPlan = {
  host: 'worker-1',
  address: '10.0.0.11',
  removed: false,
  blocked: false,
  changes: [
    {
      resource: 'worker-1/worker/main/env',
      kind: 'environment',
      daemon: 'main',
      action: 'update',
      class: 'restart',
      fields: [
        {
          field: 'PC1_32G_MAX_CONCURRENT',
          before: value('4'),
          after: value('6'),
          class: 'restart',
          cause: 'change',
          reason: 'read only when the worker starts',
          origin: at(41, 'hosts.worker-1.limits.PC1'),
        },
        {
          field: 'MINER_API_INFO',
          before: { show: 'secret' },
          after: { show: 'secret' },
          class: 'restart',
          cause: 'change',
          reason: 'read only when the worker starts',
          origin: at(30, 'miner.token'),
        },
      ],
    },
  ],
  findings: [],
  steps: [{ title: 'cordon main', daemon: 'main', interrupts: true }],
  restarts: [{ worker: 'main', runningTasks: [{ task: 'seal/v0/precommit/1', sector: 17, runningS: 4380 }] }],
  stepsDigest: 'aa',
};

const worker2: HostPlan = {
  host: 'worker-2',
  address: '10.0.0.12',
  removed: false,
  blocked: false,
  changes: [
    {
      resource: 'worker-2/storage/mnt/nvme',
      kind: 'sector-store',
      daemon: 'main',
      action: 'update',
      class: 'redeclare',
      fields: [
        {
          field: 'AllowTo',
          before: value(['somewhere | else']),
          after: value(['group-2']),
          class: 'redeclare',
          cause: 'drift',
          reason: 'the file was edited on the host',
          origin: at(12, 'storageGroups.group-2'),
        },
      ],
    },
  ],
  findings: [
    {
      code: 'limit-below-wanted',
      severity: 'warning',
      summary: 'the kernel gave 20000 open files, 1048576 were asked for',
      why: 'the host may not raise its hard limit',
      fix: 'raise fs.nr_open and the hard limit of the container',
    },
  ],
  steps: [],
  restarts: [],
  stepsDigest: 'bb',
};

const removed: HostPlan = {
  host: 'old-1',
  address: '10.0.0.9',
  removed: true,
  blocked: false,
  changes: [
    {
      resource: 'old-1/worker/main/unit',
      kind: 'unit',
      daemon: 'main',
      action: 'delete',
      class: 'restart',
      fields: [
        {
          field: 'unit',
          before: value('seal-worker-main.service'),
          after: value(null),
          class: 'restart',
          cause: 'change',
          reason: 'removed from cluster.yaml',
        },
      ],
    },
  ],
  findings: [],
  steps: [],
  restarts: [{ worker: 'main', runningTasks: [] }],
  stepsDigest: 'cc',
};

const held: HostPlan = {
  ...worker1,
  host: 'worker-3',
  address: '10.0.0.13',
  hold: { who: 'ana@desk', since: '2026-11-01T10:00:00.000Z', why: 'replace NVMe' },
  restarts: [],
};

/** A plan in which everything that a plan can say occurs once. */
export const examplePlan: PlanDocument = {
  version: 2,
  cluster: 'f01000-lab',
  madeAt: '2026-11-02T08:00:00.000Z',
  complete: false,
  hosts: [worker1, worker2, held, removed],
  unchangedHosts: 1,
  unreachable: [{ host: 'worker-4', step: 'connect', reason: 'no answer within 15 s' }],
  findings: [],
  waves: [['worker-1'], ['worker-2', 'old-1']],
  bounds: ['at most one host interrupted at once'],
  specDigest: 'dd',
  secretDigests: {},
  salt: 'ee',
};

/** What a plan says when there is nothing to do. */
export const emptyPlan: PlanDocument = {
  ...examplePlan,
  complete: true,
  hosts: [],
  unreachable: [],
  waves: [],
  unchangedHosts: 5,
};
