import { probeKey, type ServiceFact } from '../../host/probe/facts.ts';
import type { Problem } from '@sealctl/core/problem/problem';
import type { Origins } from '../../spec/spec.ts';
import { processOf, restartClass, serviceFact, serviceRequest, type Daemon } from './daemon.ts';
import { ownedAt } from '../core/file.ts';
import { adopted, forgetStep, removedField, unchanged } from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Resource, StepTemplate } from '../../model/kind.ts';
import { linkRequest, linkTarget, daemonProgram, programPath } from './release.ts';

/** A daemon that runs, is started again after a reboot, and runs the program of its release. The planner stops and starts it. */
export interface Service {
  readonly daemon: Daemon;
  /** The program as /proc/PID/exe shows it. */
  readonly program: string;
}

/** More automatic restarts than this since the last start by hand are a loop. */
const restartsOfALoop = 3;

export function serviceOf(daemon: Daemon, program: string, origins: Origins): Resource<Service> {
  return {
    kind: 'service',
    id: `${daemon.id}/service`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon, program },
    origins,
  };
}

export const service: ManagedKind<Service, 'service'> = {
  name: 'service',
  after: ['unit'],
  desired: (owner) => {
    if (owner.of === 'host') return [];
    const { daemon } = owner;
    const { program, origins } = daemonProgram(owner);
    return [serviceOf(daemon, programPath(daemon.layout.releases, program), origins)];
  },
  probe: ({ desired: { daemon } }) => [serviceRequest(daemon), linkRequest(daemon)],
  diff: (resource, context) => {
    const { daemon } = resource.desired;
    const fact = serviceFact(daemon, context);
    const former = formerService(resource, context);
    if (former?.problem !== undefined) return unchanged([former.problem]);
    const known = ownedAt(daemon.serviceName, context) !== undefined;
    const record = known ? [] : [...(former?.steps ?? []), recordStep(resource)];
    const cause = known ? 'drift' : 'change';
    const findings = loopFindings(daemon, fact);
    if (fact?.process === undefined) {
      const state = fact?.known === true ? fact.state : null;
      const fields: FieldChange[] = [
        {
          field: 'state',
          before: { show: 'value', value: state },
          after: { show: 'value', value: 'active' },
          class: 'live',
          cause,
          reason: cause === 'drift' ? 'it does not run' : 'the daemon is new on this host',
        },
      ];
      return { action: cause === 'drift' ? 'update' : 'create', fields, findings, steps: record };
    }
    const fields = [...enabledChange(fact), ...programChange(resource.desired, context)];
    const enable: StepTemplate[] = fact.enabled ? [] : [startStep(daemon)];
    if (fields.length === 0 && record.length === 0) return unchanged(findings);
    const recorded = record.length === 0 || fields.length > 0 ? [] : [adopted('the service runs as wanted')];
    return { action: 'update', fields: [...fields, ...recorded], findings, steps: [...record, ...enable] };
  },
  probeOwned: (entry) => [{ ask: 'service', manager: managerOf(entry.note), name: entry.path }],
  remove: (entry) => ({
    action: 'delete',
    fields: [removedField(entry.path, 'the daemon was removed from cluster.yaml')],
    findings: [],
    steps: [
      {
        title: `stop and disable ${entry.path}`,
        phase: 'configure',
        on: 'host',
        operation: { do: 'service', manager: managerOf(entry.note), name: entry.path, verb: 'stop' },
      },
      forgetStep(entry),
    ],
  }),
};

/**
 * The service of the same daemon under the name it had before. While it runs it would have to be drained under its old name, which
 * only removing it does.
 */
function formerService(
  { host, desired: { daemon } }: Resource<Service>,
  { owned, facts }: DiffContext,
): { readonly problem?: Problem; readonly steps: StepTemplate[] } | undefined {
  if (owned === undefined || owned.path === daemon.serviceName) return undefined;
  const manager = managerOf(owned.note);
  const fact = facts.services.get(probeKey({ ask: 'service', manager, name: owned.path }));
  if (fact?.process !== undefined) {
    const problem: Problem = {
      code: 'service-renamed',
      severity: 'error',
      summary: `the service was renamed to ${daemon.serviceName} but still runs as ${owned.path}`,
      where: { in: 'host', host },
      why: 'a second service under the new name would run the daemon twice on one repo',
      fix: 'remove the daemon from cluster.yaml and apply (which drains and stops it), then add it under its new name',
    };
    return { problem, steps: [] };
  }
  return {
    steps: [
      {
        title: `disable ${owned.path}`,
        phase: 'prepare',
        on: 'host',
        operation: { do: 'service', manager, name: owned.path, verb: 'stop' },
      },
    ],
  };
}

function managerOf(note: string | undefined): 'systemd' | 'supervisor' {
  return note === 'supervisor' ? 'supervisor' : 'systemd';
}

/** Records the service in the manifest before it exists, so that no service is ever left unrecorded. */
function recordStep({ id, kind, desired: { daemon } }: Resource<Service>): StepTemplate {
  const entry = { id, kind, path: daemon.serviceName, sha256: '-', note: daemon.services };
  return {
    title: `record ${daemon.serviceName}`,
    phase: 'prepare',
    on: 'host',
    operation: { do: 'manifest', record: [entry], forget: [] },
  };
}

function startStep({ services, serviceName }: Daemon): StepTemplate {
  return {
    title: `enable ${serviceName}`,
    phase: 'live',
    on: 'host',
    operation: { do: 'service', manager: services, name: serviceName, verb: 'start' },
  };
}

function enabledChange(fact: ServiceFact): FieldChange[] {
  if (fact.enabled) return [];
  return [
    {
      field: 'enabled',
      before: { show: 'value', value: false },
      after: { show: 'value', value: true },
      class: 'live',
      cause: 'drift',
      reason: 'the service runs but is not enabled at boot',
    },
  ];
}

/** The link is right but the process runs something else: it was started before, or its file was replaced. */
function programChange({ daemon, program }: Service, context: DiffContext): FieldChange[] {
  const process = processOf(daemon, context);
  if (process === undefined || process.exe === program || linkTarget(daemon, context) !== program) return [];
  return [
    {
      field: 'program',
      before: { show: 'value', value: process.exe },
      after: { show: 'value', value: program },
      class: restartClass(daemon, context),
      cause: 'drift',
      reason: 'the running process was started from another file',
    },
  ];
}

function loopFindings(daemon: Daemon, fact: ServiceFact | undefined): Problem[] {
  if (fact === undefined || fact.restarts < restartsOfALoop) return [];
  const log =
    daemon.services === 'systemd'
      ? `journalctl -u ${daemon.serviceName} -n 50`
      : `the log at ${daemon.layout.services}/${daemon.serviceName}/log`;
  return [
    {
      code: 'restart-loop',
      severity: 'warning',
      summary: `${daemon.serviceName} has restarted ${fact.restarts} times since it was last started`,
      where: { in: 'host', host: daemon.host },
      why: `it last ended with: ${fact.result}`,
      fix: `read ${log} on the host`,
    },
  ];
}
