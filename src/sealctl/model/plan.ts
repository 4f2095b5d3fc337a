import { z } from 'zod';
import type { Operation, WorkerOperation } from '../host/operations/operation.ts';
import { changeClassSchema, fieldChangeSchema } from './field-change.ts';
import type { DaemonRef } from './kind.ts';

const change = z
  .object({
    resource: z.string().describe('Stable id, such as host-3/worker/pc1/env.'),
    kind: z.string(),
    daemon: z.string().optional().describe('The worker it belongs to, or `miner`.'),
    action: z.enum(['create', 'update', 'delete']),
    class: changeClassSchema.describe('The class with the highest impact among the fields.'),
    fields: z.array(fieldChangeSchema),
  })
  .meta({ id: 'Change' });

const finding = z
  .object({
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    summary: z.string(),
    why: z.string().optional(),
    fix: z.string().optional(),
  })
  .meta({ id: 'Finding', description: 'Something no step can fix, with its cause and remedy.' });

const step = z
  .object({
    title: z.string(),
    daemon: z.string().optional(),
    interrupts: z.boolean().describe('True from the moment a worker gets no new tasks until it is back.'),
  })
  .meta({ id: 'Step' });

const hold = z.object({ who: z.string(), since: z.string(), why: z.string(), until: z.string().optional() });

const hostPlan = z
  .object({
    host: z.string(),
    address: z.string(),
    removed: z
      .boolean()
      .describe('The host was removed from cluster.yaml: its daemons are stopped and cleaned away.'),
    blocked: z
      .boolean()
      .describe('A finding is an error: nothing is done to the host until an operator has resolved it.'),
    hold: hold.optional().describe('A drained host: nothing is done to it until undrain.'),
    changes: z.array(change),
    findings: z.array(finding),
    steps: z.array(step),
    restarts: z
      .array(
        z.object({
          worker: z.string(),
          runningTasks: z.array(
            z.object({
              task: z.string(),
              sector: z.int(),
              runningS: z.int().describe('Seconds since it was started.'),
            }),
          ),
        }),
      )
      .describe('Workers that are drained and restarted, and the tasks that are waited for.'),
    stepsDigest: z
      .string()
      .describe('SHA-256 over the exact operations; a saved plan is refused when it has changed.'),
  })
  .meta({ id: 'HostPlan' });

/** The plan as everyone sees it: text and markdown are rendered from it, `--format json` prints it, `--out` saves it. */
export const planDocument = z
  .object({
    version: z.literal(2),
    cluster: z.string(),
    madeAt: z.string().describe('ISO 8601.'),
    complete: z.boolean().describe('Every host could be read, and every daemon that runs has answered.'),
    hosts: z
      .array(hostPlan)
      .describe('Hosts with a change, a finding or a hold, in the order of cluster.yaml.'),
    unchangedHosts: z.int(),
    unreachable: z.array(z.object({ host: z.string(), step: z.string(), reason: z.string() })),
    chosen: z.boolean().optional().describe('True when only some hosts were asked for, with --host.'),
    findings: z.array(finding).describe('About the cluster as a whole.'),
    waves: z
      .array(z.array(z.string()))
      .describe('Hosts in the order of the rollout; those of one wave may run together.'),
    bounds: z.array(z.string()).describe('What the rollout never exceeds, in words.'),
    specDigest: z.string(),
    secretDigests: z
      .record(z.string(), z.string())
      .describe('Keyed hash of each secret, by the name of its source; the key is `salt`.'),
    salt: z.string(),
  })
  .meta({ id: 'Plan', title: 'sealctl plan', description: 'What sealctl apply would do.' });

export type PlanDocument = z.infer<typeof planDocument>;
export type HostPlan = PlanDocument['hosts'][number];
export type Change = HostPlan['changes'][number];
export type PlannedFinding = z.infer<typeof finding>;

/** One step with what it does. */
export type ExecutableStep = {
  readonly title: string;
  readonly daemon?: DaemonRef;
  readonly interrupts: boolean;
  /** Waits until the host has proven healthy: what it takes away may be needed to roll back. */
  readonly afterGate?: true;
} & (
  | { readonly on: 'host'; readonly operation: Operation }
  | { readonly on: 'worker'; readonly operation: WorkerOperation }
);

/** The document and, beside it, the operations that carry it out; the latter never leave the process. */
export interface Plan {
  readonly document: PlanDocument;
  readonly steps: ReadonlyMap<string, readonly ExecutableStep[]>;
}

/** How a daemon is called in the document. */
export function daemonName(daemon: DaemonRef): string {
  return daemon.role === 'miner' ? 'miner' : daemon.name;
}

/** True when applying the plan would do something. */
export function hasChanges(document: PlanDocument): boolean {
  return document.hosts.some((host) => host.hold === undefined && host.changes.length > 0);
}
