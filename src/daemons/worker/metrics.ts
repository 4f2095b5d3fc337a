import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerBuildInfo, type ServingProgram } from '../base/build-info-gauge.ts';
import type { Admit } from '../base/http-server.ts';
import type { Calls } from './calls/calls.ts';

/** The Prometheus metrics of a worker. */
export interface WorkerMetrics {
  readonly onSent: (bytes: number) => void;
  readonly onReceived: (bytes: number) => void;
  /** Counts calls from now on. */
  readonly watch: (calls: Calls) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

/** Buckets of task durations: a PC1 of 32 GiB takes hours, a fetch of 2 KiB milliseconds. */
const secondBuckets = [0.1, 1, 10, 60, 300, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600];

export function makeWorkerMetrics(build: ServingProgram): WorkerMetrics {
  const registry = new Registry();
  registerBuildInfo(build, registry);
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const transferred = new Counter({
    name: 'seal_sector_bytes_total',
    help: 'Bytes of sector files sent to or received from other hosts',
    labelNames: ['direction'],
    registers,
  });
  const seconds = new Histogram({
    name: 'seal_task_seconds',
    help: 'Duration of tasks, by method and outcome',
    labelNames: ['method', 'outcome'],
    buckets: secondBuckets,
    registers,
  });
  return {
    onSent: (bytes) => transferred.inc({ direction: 'sent' }, bytes),
    onReceived: (bytes) => transferred.inc({ direction: 'received' }, bytes),
    watch(calls) {
      calls.onEnded((method, failed, took) =>
        seconds.observe({ method, outcome: failed ? 'failed' : 'done' }, took),
      );
      registers[0]?.registerMetric(
        new Gauge({
          name: 'seal_tasks_running',
          help: 'Running tasks, by method',
          labelNames: ['method'],
          registers: [],
          collect() {
            this.reset();
            for (const { Method } of calls.running()) this.inc({ method: Method });
          },
        }),
      );
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Serves `/metrics`, and `/debug/metrics` as Lotus's miner does; the read permission suffices. */
export function serveMetrics(app: FastifyInstance, admit: Admit, metrics: WorkerMetrics): void {
  for (const path of ['/metrics', '/debug/metrics'])
    app.get(path, async (request, reply) =>
      (await admit(request, 'read'))
        ? reply.type(metrics.contentType).send(await metrics.text())
        : reply.code(401).send(),
    );
}
