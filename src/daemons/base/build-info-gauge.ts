import { Gauge, type Registry } from 'prom-client';

/** The program that serves metrics. */
export interface ServingProgram {
  readonly program: 'seal-miner' | 'seal-worker';
  readonly version: string;
  readonly revision: string;
}

/** Registers `seal_build_info`, a gauge of 1 whose labels name the running build, for joins in Prometheus. */
export function registerBuildInfo({ program, version, revision }: ServingProgram, registry: Registry): void {
  new Gauge({
    name: 'seal_build_info',
    help: 'Build of the running program; always 1.',
    labelNames: ['program', 'version', 'revision', 'node'],
    registers: [registry],
  }).set({ program, version, revision, node: process.versions.node }, 1);
}
