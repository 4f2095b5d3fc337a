import type { WriteFile } from '../../host/operations/operation.ts';
import { serviceRequest, type Daemon } from './daemon.ts';
import { compareFile, fileRequest, type WantedFile } from '../core/file.ts';
import {
  accessChange,
  adopt,
  foreignFile,
  leaveOldPath,
  removeOwnedFile,
  writeStep,
} from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource, StepPhase, StepTemplate } from '../../model/kind.ts';
import { processLimitFindings, runningChanges } from './process-limits.ts';
import { changedFields, createdField, loadedChanges } from './unit-changes.ts';
import { minerUnit, textFor, workerUnit, type Unit } from './unit-resource.ts';

export const unit: ManagedKind<Unit, 'unit'> = {
  name: 'unit',
  after: ['environment', 'storage-list', 'miner-repo'],
  desired: (owner) => {
    switch (owner.of) {
      case 'host':
        return [];
      case 'miner':
        return [minerUnit(owner.daemon, owner.miner, owner.spec)];
      case 'worker':
        return [workerUnit(owner.daemon, owner.worker, owner.spec)];
    }
  },
  probe: ({ desired: { daemon } }) => [fileRequest(daemon.unitFile), serviceRequest(daemon)],
  diff: (resource, context) => {
    const difference = unitDifference(resource, context);
    const findings = processLimitFindings(resource.desired.daemon, resource.desired.definition, context);
    return findings.length === 0
      ? difference
      : { ...difference, findings: [...difference.findings, ...findings] };
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) => {
    const removal = removeOwnedFile(entry, 'the daemon was removed from cluster.yaml');
    const reload = entry.note === 'systemd' ? reloadStep(entry.path, 'clean') : clearStep(entry.path);
    return { ...removal, steps: [...removal.steps, reload] };
  },
};

function unitDifference(resource: Resource<Unit>, context: DiffContext): Difference {
  const { daemon, definition } = resource.desired;
  const wanted = wantedFile(resource);
  const found = compareFile(wanted, context);
  const note = daemon.services;
  switch (found.state) {
    case 'foreign':
      return foreignFile(wanted, found.why, resource.host);
    case 'unrecorded':
      return adopt(wanted, found.sha256, note);
    case 'mode':
      return accessChange(wanted, found, note);
    case 'same': {
      const loaded = loadedChanges(daemon, context);
      const fields = [...loaded, ...runningChanges(daemon, definition, resource.origins, context)];
      const steps = loaded.length > 0 ? [reloadStep(daemon.serviceName, 'configure')] : [];
      return { action: fields.length > 0 ? 'update' : 'none', fields, findings: [], steps };
    }
    case 'absent':
      return written(
        'create',
        [createdField(wanted, found.cause)],
        wanted,
        { absent: true },
        daemon,
        context,
      );
    case 'differs': {
      const fields = changedFields(resource, found.content, found.cause, context);
      return written('update', fields, wanted, { sha256: found.sha256 }, daemon, context);
    }
  }
}

function wantedFile(resource: Resource<Unit>): WantedFile {
  const { id, kind, desired } = resource;
  const { daemon, definition } = desired;
  return {
    id,
    kind,
    path: daemon.unitFile,
    content: [textFor(resource, definition.tasks)],
    mode: daemon.services === 'systemd' ? '0644' : '0600',
  };
}

function written(
  action: 'create' | 'update',
  fields: readonly FieldChange[],
  wanted: WantedFile,
  replaces: WriteFile['replaces'],
  daemon: Daemon,
  context: DiffContext,
): Difference {
  const write = writeStep(wanted, replaces, { phase: 'configure', note: daemon.services });
  const old = leaveOldPath(wanted.path, context);
  const reload = daemon.services === 'systemd' ? [reloadStep(daemon.serviceName, 'configure')] : [];
  return { action, fields, findings: [], steps: [...old, write, ...reload] };
}

function reloadStep(serviceName: string, phase: StepPhase): StepTemplate {
  return {
    title: 'reload the systemd units',
    phase,
    on: 'host',
    operation: { do: 'service', manager: 'systemd', name: serviceName, verb: 'reload' },
  };
}

/** The supervisor's log and state go with the definition that they are about. */
function clearStep(unitFile: string): StepTemplate {
  const name = unitFile.split('/').at(-2) ?? '';
  return {
    title: `remove the supervisor's files of ${name}`,
    phase: 'clean',
    on: 'host',
    operation: { do: 'service', manager: 'supervisor', name, verb: 'reload' },
  };
}
