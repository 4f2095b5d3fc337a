import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { registerBuildInfo, type ServingProgram } from '../../base/build-info-gauge.ts';
import type { Sector } from '../pipeline/sector.ts';
import type { Job } from './job.ts';

/** The Prometheus metrics of the miner. */
export interface SealingMetrics {
  readonly finished: (task: TaskCode, outcome: 'done' | 'failed' | 'lost', milliseconds: number) => void;
  readonly cycleEnded: (milliseconds: number) => void;
  /** The metrics as Prometheus text, with the given current state. */
  readonly text: (now: {
    sectors: readonly Sector[];
    jobs: readonly Job[];
    workers: readonly { enabled: boolean }[];
  }) => Promise<string>;
}

/** Counters of one miner, all zero. */
export function makeSealingMetrics(build: ServingProgram): SealingMetrics {
  const registry = new Registry();
  registerBuildInfo(build, registry);
  const registers = [registry];
  const tasks = new Counter({
    name: 'seal_miner_tasks_total',
    help: 'Ended tasks, by type and outcome; lost ones return to the queue.',
    labelNames: ['task', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'seal_miner_task_seconds',
    help: 'Duration of tasks.',
    labelNames: ['task'],
    buckets: [0.1, 1, 10, 60, 600, 3_600, 4 * 3_600, 12 * 3_600],
    registers,
  });
  const cycles = new Histogram({
    name: 'seal_miner_scheduling_cycle_seconds',
    help: 'Duration of a scheduling cycle.',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5],
    registers,
  });
  const sectorGauge = new Gauge({
    name: 'seal_miner_sectors',
    help: 'Sectors by state.',
    labelNames: ['state'],
    registers,
  });
  const queued = new Gauge({
    name: 'seal_miner_tasks_waiting',
    help: 'Tasks in the queue.',
    labelNames: ['task'],
    registers,
  });
  const active = new Gauge({
    name: 'seal_miner_tasks_active',
    help: 'Tasks on workers.',
    labelNames: ['task'],
    registers,
  });
  const workers = new Gauge({
    name: 'seal_miner_workers',
    help: 'Registered workers.',
    labelNames: ['enabled'],
    registers,
  });

  return {
    finished(task, outcome, milliseconds) {
      tasks.inc({ task, outcome });
      if (outcome === 'done') durations.observe({ task }, milliseconds / 1000);
    },
    cycleEnded: (milliseconds) => cycles.observe(milliseconds / 1000),
    async text(now) {
      for (const gauge of [sectorGauge, queued, active, workers]) gauge.reset();
      for (const { state } of now.sectors) sectorGauge.inc({ state });
      for (const { spec, place } of now.jobs)
        (place === undefined ? queued : active).inc({ task: spec.task });
      for (const { enabled } of now.workers) workers.inc({ enabled: String(enabled) });
      return registers[0]!.metrics();
    },
  };
}
