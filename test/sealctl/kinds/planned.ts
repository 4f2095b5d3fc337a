import type { MadePlan } from '../../../src/sealctl/plan/make-plan.ts';
import type { FieldChange } from '../../../src/sealctl/model/field-change.ts';
import type { Change } from '../../../src/sealctl/model/plan.ts';
import type { HostSpec, Spec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import type { ModelDaemon } from '../model/daemon.ts';
import { ModelFleet } from '../model/fleet.ts';
import { clusterSpec, hostSpec, storageSpec, workerSpec } from '../model/spec.ts';

/** One worker on `worker-1` with a storage path, and a miner elsewhere; with what a test wants otherwise. */
export function oneWorker(worker: Partial<WorkerSpec> = {}, host: Partial<HostSpec> = {}): Spec {
  const whole = workerSpec('worker-1', 'main', {
    limits: { PC1: 4 },
    storage: [storageSpec('/mnt/seal')],
    ...worker,
  });
  return clusterSpec([hostSpec('miner-1', []), hostSpec('worker-1', [whole], host)]);
}

/** A fleet as this spec wants it. */
export async function fleetOf(spec: Spec): Promise<ModelFleet> {
  const fleet = new ModelFleet();
  await fleet.apply(fleet.plan(spec));
  return fleet;
}

/** The text of a file on `worker-1`, or on another host. */
export function textOf(fleet: ModelFleet, path: string, host = 'worker-1'): string {
  const file = fleet.host(host).files.get(path);
  if (file?.type !== 'file') throw new Error(`${host} has no file ${path}`);
  return file.content;
}

/** The service of the one worker. */
export function daemonOf(fleet: ModelFleet): ModelDaemon {
  const daemon = fleet.host('worker-1').daemons.get('sealctl-worker-main');
  if (daemon === undefined) throw new Error('the worker was never started');
  return daemon;
}

/** Lets the worker's process have been started with another value of a variable. */
export function startedWith(fleet: ModelFleet, name: string, value: string): void {
  const environ = daemonOf(fleet).process?.environ;
  if (!(environ instanceof Map)) throw new Error('the worker does not run');
  environ.set(name, value);
}

/** Every planned field as `KIND FIELD: BEFORE -> AFTER (CLASS, CAUSE)`. */
export function planned(plan: MadePlan): string[] {
  return plan.document.hosts.flatMap(({ changes }) =>
    changes.filter(({ kind }) => kind !== 'inventory').flatMap(inWords),
  );
}

/** Codes of all findings, as `SEVERITY CODE`. */
export function found(plan: MadePlan): string[] {
  return plan.document.hosts.flatMap(({ findings }) =>
    findings.map(({ severity, code }) => `${severity} ${code}`),
  );
}

/** Titles of the steps on a host. */
export function steps(plan: MadePlan, host = 'worker-1'): string[] {
  return (plan.steps.get(host) ?? []).map(({ title }) => title);
}

function inWords({ kind, fields }: Change): string[] {
  return fields.map(
    ({ field, before, after, class: changeClass, cause }) =>
      `${kind} ${field}: ${value(before)} -> ${value(after)} (${changeClass}, ${cause})`,
  );
}

function value(shown: FieldChange['before']): string {
  return shown.show === 'value' ? JSON.stringify(shown.value) : shown.show;
}
