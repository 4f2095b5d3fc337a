import { resourceSuffixes } from '@sealctl/core/lotus/resource-env';
import type { Problem } from '@sealctl/core/problem/problem';
import { resolveTemplate } from '@sealctl/core/secret/secret';
import { processOf, restartClass, serviceRequest, type Daemon } from './daemon.ts';
import { formatEnvironmentFile, parseEnvironmentFile, type EnvironmentVariable } from './environment-file.ts';
import {
  minerApiInfoTemplate,
  minerEnvironment,
  workerEnvironment,
  type DaemonEnvironment,
  type WantedVariable,
} from './environment-variables.ts';
import { compareFields, fieldNote, type WantedField } from '../core/fields.ts';
import { compareFile, fileRequest, type WantedFile } from '../core/file.ts';
import {
  accessChange,
  adopt,
  foreignFile,
  leaveOldPath,
  removeOwnedFile,
  unchanged,
  writeStep,
} from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { MinerSpec } from '../../spec/spec.ts';
import type { DiffContext, Difference, Resource } from '../../model/kind.ts';

export const environment: ManagedKind<DaemonEnvironment, 'environment'> = {
  name: 'environment',
  after: ['release'],
  desired: (owner) => {
    switch (owner.of) {
      case 'host':
        return [];
      case 'miner':
        return [minerEnvironment(owner.daemon, owner.miner)];
      case 'worker': {
        const { daemon, worker, host, spec } = owner;
        return [workerEnvironment(daemon, worker, host.gpuRuntime, spec.sectorSize, apiInfoOf(spec.miner))];
      }
    }
  },
  probe: ({ desired: { daemon } }) => [fileRequest(daemon.environmentFile), serviceRequest(daemon)],
  diff: (resource, context) => {
    const wanted = wantedFile(resource);
    const found = compareFile(wanted, context);
    if (found.state === 'same') return runningDifference(resource, context);
    if (found.state === 'foreign') return foreignFile(wanted, found.why, resource.host);
    const fields = fieldsOf(resource, context);
    const note = fieldNote(fields);
    const options = { phase: 'configure', note } as const;
    switch (found.state) {
      case 'unrecorded':
        return adopt(wanted, found.sha256, note);
      case 'mode':
        return accessChange(wanted, found, note);
      case 'absent': {
        const changes = changesOf(resource.desired, context, fields, new Map(), found.cause);
        return written('create', changes, [
          ...leaveOldPath(wanted.path, context),
          writeStep(wanted, { absent: true }, options),
        ]);
      }
      case 'differs': {
        const present = parseEnvironmentFile(found.content);
        const changes = changesOf(resource.desired, context, fields, present, found.cause);
        // A secret that is not known now may well be the one in the file.
        if (changes.length === 0 && !isKnown(fields)) return runningDifference(resource, context);
        const shown = changes.length > 0 ? changes : [layoutChange(found.cause)];
        return written('update', shown, [writeStep(wanted, { sha256: found.sha256 }, options)]);
      }
    }
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) => removeOwnedFile(entry, 'the daemon was removed from cluster.yaml'),
};

function wantedFile({ id, kind, desired: { daemon, variables } }: Resource<DaemonEnvironment>): WantedFile {
  return {
    id,
    kind,
    path: daemon.environmentFile,
    content: formatEnvironmentFile(
      `Written by sealctl from cluster.yaml: ${id}. Edits are undone.`,
      variables,
    ),
    mode: '0600',
  };
}

function fieldsOf(
  { desired: { variables }, origins }: Resource<DaemonEnvironment>,
  { secrets }: DiffContext,
): Map<string, WantedField> {
  return new Map(
    variables.map(({ name, value, key }) => {
      const origin = origins[key];
      const secret = isSecret(value);
      return [
        name,
        { value: resolveTemplate(value, secrets), secret, ...(origin === undefined ? {} : { origin }) },
      ] as const;
    }),
  );
}

function isSecret(value: EnvironmentVariable['value']): boolean {
  return value.some((part) => typeof part !== 'string');
}

function isKnown(fields: ReadonlyMap<string, WantedField>): boolean {
  return [...fields.values()].every((field) => field.value !== undefined);
}

function changesOf(
  { daemon }: DaemonEnvironment,
  context: DiffContext,
  wanted: ReadonlyMap<string, WantedField>,
  present: ReadonlyMap<string, string>,
  cause: FieldChange['cause'] | 'both',
): FieldChange[] {
  const changeClass = restartClass(daemon, context);
  const environ = processOf(daemon, context)?.environ;
  const running = (name: string) => environ !== undefined && environ.get(name) === wanted.get(name)?.value;
  return compareFields({
    wanted,
    present,
    note: context.owned?.note,
    cause,
    classOf: (name) => (running(name) ? 'live' : changeClass),
    reasonOf: (name) =>
      running(name)
        ? 'the running process already has this value'
        : 'the environment is read only when the process starts',
    mayShow: isPublicName,
  });
}

/** The file is right; the process may still have been started with another. */
function runningDifference(
  { desired: { daemon, variables }, origins }: Resource<DaemonEnvironment>,
  context: DiffContext,
): Difference {
  const process = processOf(daemon, context);
  if (process === undefined) return unchanged();
  const changes: FieldChange[] = [];
  for (const { name, value, key } of variables) {
    const wanted = resolveTemplate(value, context.secrets);
    const before = process.environ.get(name);
    if (wanted === undefined || before === wanted) continue;
    const secret = isSecret(value);
    const origin = origins[key];
    changes.push({
      field: name,
      before: secret ? { show: 'secret' } : { show: 'value', value: before ?? null },
      after: secret ? { show: 'secret' } : { show: 'value', value: wanted },
      class: restartClass(daemon, context),
      cause: 'drift',
      reason: 'the file is right, but the running process was started with another value',
      ...(origin === undefined ? {} : { origin }),
    });
  }
  if (changes.length > 0) return { action: 'update', fields: changes, findings: [], steps: [] };
  return unchanged(foreignVariables(daemon, variables, process.environ));
}

/** Variables that affect sealing and that another source sets, such as a drop-in of the unit. */
function foreignVariables(
  daemon: Daemon,
  variables: readonly WantedVariable[],
  environ: ReadonlyMap<string, string>,
): Problem[] {
  return [...environ.keys()]
    .filter((name) => !variables.some((variable) => variable.name === name) && isPublicName(name))
    .map((name) => ({
      code: 'foreign-variable',
      severity: 'warning',
      summary: `${daemon.serviceName} runs with ${name}, which cluster.yaml does not set`,
      where: { in: 'host', host: daemon.host },
      why: 'another source sets it, such as a drop-in of the unit',
      fix: `set it in cluster.yaml, or remove it on the host and restart ${daemon.serviceName}`,
    }));
}

const resourceName = new RegExp(
  `^[A-Z0-9]+_(?:.*_)?(?:${resourceSuffixes.map(({ suffix }) => suffix).join('|')})$`,
);

/** Names whose values are never secrets: settings of Lotus and of the proofs library. */
function isPublicName(name: string): boolean {
  return (
    /^(?:FIL_PROOFS_|BELLMAN_|LOTUS_WORKER_|CUDA_VISIBLE_DEVICES$|NVIDIA_VISIBLE_DEVICES$)/.test(name) ||
    resourceName.test(name)
  );
}

function layoutChange(cause: FieldChange['cause'] | 'both'): FieldChange {
  return {
    field: 'layout',
    before: { show: 'value', value: 'edited' },
    after: { show: 'value', value: 'as sealctl writes it' },
    class: 'live',
    cause: cause === 'both' ? 'drift' : cause,
    reason: 'every variable keeps its value',
  };
}

function written(action: 'create' | 'update', fields: FieldChange[], steps: Difference['steps']): Difference {
  return { action, fields, findings: [], steps };
}

/** Made once for each miner: it is the same for thousands of workers. */
const apiInfos = new WeakMap<MinerSpec, EnvironmentVariable['value']>();

function apiInfoOf(miner: MinerSpec): EnvironmentVariable['value'] {
  const known = apiInfos.get(miner);
  if (known !== undefined) return known;
  const made = minerApiInfoTemplate(miner);
  apiInfos.set(miner, made);
  return made;
}
