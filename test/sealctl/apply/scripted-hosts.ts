import { setImmediate as turn } from 'node:timers/promises';
import type { ApplyEvent } from '../../../src/sealctl/apply/executor/events.ts';
import { runRollout } from '../../../src/sealctl/apply/executor/run-rollout.ts';
import type { RolloutPorts, HostExecutor } from '../../../src/sealctl/apply/executor/ports.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import type { RolloutHost, RolloutPolicy } from '../../../src/sealctl/plan/rollout/rollout.ts';

export const never = new AbortController().signal;
export const work: ExecutableStep = {
  title: 'work',
  interrupts: true,
  on: 'host',
  operation: { do: 'clear-hold' },
};
export const clean: ExecutableStep = { ...work, title: 'clean', afterGate: true };
export const policy: RolloutPolicy = {
  maxUnavailable: 2,
  canary: undefined,
  order: [],
  keepServing: {},
  inFlight: 50,
};

/** A host that does what its steps say, unless told to fail, and writes down what happened. */
export function scriptedPort(
  host: string,
  log: string[],
  fails: (host: string, call: string) => boolean,
  takes: (label: string) => Promise<unknown> = () => turn(),
): HostExecutor {
  const call = async (what: string): Promise<void> => {
    log.push(`${host} ${what}`);
    await takes(`${host} ${what}`);
    if (fails(host, what)) throw new Error(`${host} ${what} failed`);
  };
  return {
    run: () => call('run'),
    assertWritable: () => call('check for write access'),
    runOnWorker: () => call('worker'),
    record: ({ outcome }) => call(`record ${outcome}`),
    gate: () => call('gate'),
    snapshotFiles: () => call('snapshot'),
    drainWorkers: () => call('drain'),
    rollBack: async (steps) => {
      await call('roll back');
      log.push(`${host} undoes ${steps.map(({ title }) => title).join(', ')}`);
    },
  };
}

/** A plan and what happens as it is carried out; every host has two steps unless `steps` says otherwise. */
export interface Setting {
  readonly hosts: readonly string[];
  readonly steps?: readonly ExecutableStep[];
  readonly policy?: Partial<RolloutPolicy>;
  readonly fails?: (host: string, call: string) => boolean;
  readonly stopping?: AbortSignal;
  readonly pauseMs?: number;
  readonly rollout?: readonly RolloutHost[];
  readonly workers?: RolloutPorts['workers'];
  readonly notify?: RolloutPorts['notify'];
  /** Settles when a call has taken its time. */
  readonly takes?: (label: string) => Promise<unknown>;
}

/** Hosts that each interrupt one worker of their name that offers PC1. */
export function rolloutOf(hosts: readonly string[]): RolloutHost[] {
  return hosts.map((host) => ({
    host,
    carriesMiner: false,
    interrupted: [{ label: host, before: ['PC1'], after: ['PC1'] }],
  }));
}

/** Carries out a plan on scripted hosts: its result, what happened on them in order, and the events. */
export async function run(setting: Setting) {
  const log: string[] = [];
  const events: ApplyEvent[] = [];
  const rollout = setting.rollout ?? rolloutOf(setting.hosts);
  const takes = setting.takes ?? (() => turn());
  const ports: RolloutPorts = {
    host: (name) => Promise.resolve(scriptedPort(name, log, setting.fails ?? (() => false), takes)),
    workers: setting.workers ?? (() => Promise.resolve([])),
    now: () => 0,
    pause: async (ms) => {
      log.push(`pause ${ms}`);
      await takes('pause');
    },
    notify: (event) => {
      events.push(event);
      setting.notify?.(event);
    },
    stopping: setting.stopping ?? never,
    aborting: never,
  };
  const steps = new Map(setting.hosts.map((host) => [host, setting.steps ?? [work, clean]]));
  const result = await runRollout(
    {
      steps,
      rollout,
      policy: { ...policy, ...setting.policy },
      serving: { PC1: 99 },
      pauseMs: setting.pauseMs ?? 0,
    },
    ports,
  );
  return { result, log, events };
}
