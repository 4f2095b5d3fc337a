import type { DaemonRef, StepPhase, StepTemplate } from '../../model/kind.ts';
import type { ServiceManager } from '../../host/probe/facts.ts';
import { acceptedTasks } from '../../kinds/worker/worker-command.ts';
import type { WorkerSpec } from '../../spec/spec.ts';
import { sameDaemon, type ResourceDifference } from '../diff/diff-host.ts';
import { daemonName, type ExecutableStep } from '../../model/plan.ts';

/** One daemon of a host at the moment of planning. */
export interface DaemonState {
  readonly daemon: DaemonRef;
  readonly service: { readonly manager: ServiceManager; readonly name: string };
  readonly running: boolean;
  /** cluster.yaml still wants it. */
  readonly wanted: boolean;
  /** The worker in cluster.yaml; absent for the miner and for a worker that was removed from the file. */
  readonly worker: WorkerSpec | undefined;
}

/** How long a started daemon may take to be listed by the miner, or the miner to answer. */
const registrationTimeoutMs = 120_000;
/** How long a removed worker, whose own limit is no longer written anywhere, may take to become idle. */
const removedDrainTimeoutMs = 24 * 3600 * 1000;

/**
 * The order of everything that is done to one host: what disturbs nothing first, then each daemon (the miner before the workers, which
 * register with it), old things last. A daemon that must restart is cordoned, waited for, stopped, changed, started and
 * awaited; one that need not is changed where it stands.
 */
export function sequence(
  differences: readonly ResourceDifference[],
  daemons: readonly DaemonState[],
): ExecutableStep[] {
  const hostLevel = differences.filter((difference) => difference.daemon === undefined);
  const steps = [
    ...stepsOf(differences, 'prepare'),
    ...stepsOf(hostLevel, 'configure'),
    ...stepsOf(hostLevel, 'live'),
  ];
  for (const state of daemons) {
    const its = differences.filter(({ daemon }) => daemon !== undefined && sameDaemon(daemon, state.daemon));
    steps.push(...daemonSteps(its, state));
  }
  const clean = stepsOf(differences, 'clean').map((step) => ({ ...step, afterGate: true as const }));
  return [...steps, ...clean];
}

/** True when applying the differences stops a daemon that runs now. */
export function mustStop(differences: readonly ResourceDifference[], state: DaemonState): boolean {
  if (!state.running) return false;
  return (
    !state.wanted ||
    differences.some(({ difference }) => difference.fields.some((field) => isRestart(field.class)))
  );
}

function daemonSteps(its: readonly ResourceDifference[], state: DaemonState): ExecutableStep[] {
  const stops = mustStop(its, state);
  const starts = state.wanted && (stops || (!state.running && its.some(changesSomething)));
  const configure = stepsOf(its, 'configure');
  const stopped = stepsOf(its, 'stopped');
  if (!stops && !starts && state.running) return [...configure, ...stepsOf(its, 'live')];
  const stop = stops ? stopSteps(state) : [];
  const start = starts ? startSteps(state) : [];
  // Changes that a running worker gets by RPC, a starting one reads from its flags and files.
  const live = stepsOf(its, 'live').filter((step) => step.on === 'host');
  return [...stop, ...configure, ...stopped, ...start, ...live].map((step) => ({
    ...step,
    interrupts: stops,
  }));
}

/** Cordons a daemon, waits until it is idle, and stops it. */
export function stopSteps(state: DaemonState): ExecutableStep[] {
  const { daemon, service } = state;
  const name = daemonName(daemon);
  const stop = hostStep(daemon, `stop ${service.name}`, { do: 'service', ...service, verb: 'stop' });
  if (daemon.role === 'miner') return [stop];
  const timeoutMs = state.worker?.drainTimeoutMs ?? removedDrainTimeoutMs;
  return [
    workerStep(daemon, `cordon ${name}`, { do: 'cordon' }),
    workerStep(daemon, `wait until ${name} is idle`, { do: 'drain', timeoutMs }),
    stop,
  ];
}

/** Starts a daemon and waits until the miner answers, or lists the worker with the tasks and paths it should have. */
export function startSteps(state: DaemonState): ExecutableStep[] {
  const { daemon, service, worker } = state;
  const start = hostStep(daemon, `start ${service.name}`, { do: 'service', ...service, verb: 'start' });
  if (worker === undefined) {
    return [
      start,
      workerStep(daemon, 'wait until the miner answers', {
        do: 'await-miner',
        timeoutMs: registrationTimeoutMs,
      }),
    ];
  }
  return [
    start,
    workerStep(daemon, `wait until the miner lists ${worker.label}`, {
      do: 'await-registered',
      tasks: acceptedTasks(worker.tasks),
      storagePaths: worker.storage.map((storage) => storage.path),
      timeoutMs: registrationTimeoutMs,
    }),
  ];
}

function stepsOf(differences: readonly ResourceDifference[], phase: StepPhase): ExecutableStep[] {
  return differences.flatMap(({ daemon, difference }) =>
    difference.steps
      .filter((template) => template.phase === phase)
      .map((template) => stepOf(template, daemon)),
  );
}

function stepOf(template: StepTemplate, daemon: DaemonRef | undefined): ExecutableStep {
  const base = { title: template.title, interrupts: false, ...(daemon === undefined ? {} : { daemon }) };
  return template.on === 'host'
    ? { ...base, on: 'host', operation: template.operation }
    : { ...base, on: 'worker', operation: template.operation };
}

function hostStep(
  daemon: DaemonRef,
  title: string,
  operation: Extract<ExecutableStep, { on: 'host' }>['operation'],
): ExecutableStep {
  return { title, daemon, interrupts: false, on: 'host', operation };
}

function workerStep(
  daemon: DaemonRef,
  title: string,
  operation: Extract<ExecutableStep, { on: 'worker' }>['operation'],
): ExecutableStep {
  return { title, daemon, interrupts: false, on: 'worker', operation };
}

function changesSomething({ difference }: ResourceDifference): boolean {
  return difference.fields.length > 0;
}

function isRestart(changeClass: string): boolean {
  return changeClass === 'restart' || changeClass === 'miner-restart';
}
