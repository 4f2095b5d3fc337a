import { probeKey, type ManifestEntry } from '../../host/probe/facts.ts';
import { supervisorLogLimits } from '../../host/supervisor/log-rotation.ts';
import { formatBytes } from '@sealctl/core/text/units';
import type { LogsSpec } from '../../spec/settings/logs.ts';
import { compareFile, fileRequest, sha256, type FileComparison, type WantedFile } from '../core/file.ts';
import {
  accessChange,
  adopt,
  foreignFile,
  removeOwnedFile,
  unchanged,
  writeStep,
} from '../core/file-difference.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { HostOwner } from '../core/owner.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { Difference, DiffContext, Resource, StepPhase, StepTemplate } from '../../model/kind.ts';

/**
 * The rotation of the daemons' logs on a host: a drop-in of journald, or the file that every supervisor of the host reads before it looks
 * at the size of its log. journald's limits are those of the whole journal. A journal of the daemons' own (`LogNamespace=`) would spare
 * the rest of the host, but `journalctl -u` would no longer show it, and every daemon would have to restart to get into it.
 */
export interface Logs extends LogsSpec {
  readonly path: string;
  readonly readBy: 'journald' | 'supervisor';
}

const journaldDropIn = '/etc/systemd/journald.conf.d/90-sealctl.conf';

/** The note of an entry whose file journald may not have read yet. It stays until journald has, so an interrupted apply resumes. */
const unread = 'unread';

/** Takes the place of the drop-in until journald has its defaults back. */
const emptyDropIn = '# Left by sealctl: the defaults of journald apply.\n';

export const logs: ManagedKind<Logs, 'logs'> = {
  name: 'logs',
  after: [],
  desired: (owner) =>
    owner.of === 'host' && owner.host.logs !== undefined ? [logsOf(owner, owner.host.logs)] : [],
  probe: ({ desired }) => [fileRequest(desired.path)],
  diff: (resource, context) => {
    const wanted = wantedFile(resource);
    const found = compareFile(wanted, context);
    const isUnread = context.owned?.note === unread;
    if (found.state === 'foreign') return foreignFile(wanted, found.why, resource.host);
    if (found.state === 'same' && !isUnread) return unchanged();
    const { steps, ...difference } = fileDifference(resource, wanted, found, context);
    const isWritten = found.state !== 'mode' || isUnread;
    return { ...difference, steps: isWritten ? [...steps, ...readSteps(resource)] : steps };
  },
  probeOwned: (entry) => [fileRequest(entry.path)],
  remove: (entry, facts) => {
    const { steps, ...removal } = removeOwnedFile(entry, 'no longer set in cluster.yaml');
    if (entry.path !== journaldDropIn) return { ...removal, steps };
    const fact = facts.files.get(probeKey(fileRequest(entry.path)));
    // journald reads an empty drop-in before the file and its entry go: after an interruption the entry still stands.
    const empty: WantedFile = {
      id: entry.id,
      kind: entry.kind,
      path: entry.path,
      content: [emptyDropIn],
      mode: '0644',
    };
    const ours = [entry.sha256, entry.pendingSha256];
    const present = fact?.sha256 !== undefined && ours.includes(fact.sha256) ? fact.sha256 : entry.sha256;
    const replaces =
      fact === undefined || fact.type === 'absent' ? ({ absent: true } as const) : { sha256: present };
    const emptied: ManifestEntry = { ...entry, sha256: sha256(emptyDropIn), note: unread };
    return {
      ...removal,
      steps: [
        writeStep(empty, replaces, { phase: 'clean', note: unread }),
        restartJournald('clean'),
        ...removeOwnedFile(emptied, '').steps,
      ],
    };
  },
};

function logsOf({ host, layout }: HostOwner, limits: LogsSpec): Resource<Logs> {
  const { services, name, origins } = host;
  return {
    kind: 'logs',
    id: `${name}/logs`,
    host: name,
    desired: {
      ...limits,
      ...(services === 'systemd'
        ? { path: journaldDropIn, readBy: 'journald' }
        : { path: `${layout.services}/${supervisorLogLimits}`, readBy: 'supervisor' }),
    },
    origins,
  };
}

function wantedFile(resource: Resource<Logs>): WantedFile {
  const { id, kind, desired } = resource;
  const { path, readBy } = desired;
  return { id, kind, path, content: [textOf(resource)], mode: readBy === 'supervisor' ? '0600' : '0644' };
}

function textOf({ id, desired: { readBy, maxSizeBytes, keep } }: Resource<Logs>): string {
  const lines =
    readBy === 'supervisor'
      ? [`max_bytes=${maxSizeBytes}`, `keep=${keep}`]
      : // The journal is in /var/log or, where that is not kept, in /run.
        [
          '[Journal]',
          ...['System', 'Runtime'].flatMap((where) => [
            `${where}MaxUse=${maxSizeBytes * (keep + 1)}`,
            `${where}MaxFileSize=${maxSizeBytes}`,
            `${where}MaxFiles=${keep}`,
          ]),
        ];
  return [`# Written by sealctl from cluster.yaml: ${id}. Edits are undone.`, ...lines, ''].join('\n');
}

function fileDifference(
  { desired, origins }: Resource<Logs>,
  wanted: WantedFile,
  found: Exclude<FileComparison, { state: 'foreign' }>,
  { owned }: DiffContext,
): Difference {
  const note = desired.readBy === 'journald' ? unread : undefined;
  const options = { phase: 'configure', ...(note === undefined ? {} : { note }) } as const;
  switch (found.state) {
    case 'same':
      return { action: 'update', fields: [notRead], findings: [], steps: [] };
    case 'mode':
      return accessChange(wanted, found, owned?.note);
    case 'unrecorded':
      return adopt(wanted, found.sha256, note);
    case 'absent':
      return {
        action: 'create',
        fields: changes(desired, origins, undefined, found.cause),
        findings: [],
        steps: [writeStep(wanted, { absent: true }, options)],
      };
    case 'differs':
      return {
        action: 'update',
        fields: changes(desired, origins, found.content, found.cause === 'both' ? 'drift' : found.cause),
        findings: [],
        steps: [writeStep(wanted, { sha256: found.sha256 }, options)],
      };
  }
}

const notRead: FieldChange = {
  field: 'loaded',
  before: { show: 'value', value: 'an older version of the file' },
  after: { show: 'value', value: 'the file' },
  class: 'live',
  cause: 'drift',
  reason: 'journald was not restarted after the file was written',
};

/** Makes journald read its drop-ins again, and notes that it did. The supervisor reads its file each time it looks at a log. */
function readSteps(resource: Resource<Logs>): StepTemplate[] {
  const { id, kind, desired } = resource;
  const { path, readBy } = desired;
  if (readBy === 'supervisor') return [];
  const entry = { id, kind, path, sha256: sha256(textOf(resource)) };
  return [
    restartJournald('configure'),
    {
      title: `record that journald read ${path}`,
      phase: 'configure',
      on: 'host',
      operation: { do: 'manifest', record: [entry], forget: [] },
    },
  ];
}

/** Daemons keep their connections to the journal: systemd holds them while journald is restarted. Source: sd_notify(3), FDSTORE=1. */
function restartJournald(phase: StepPhase): StepTemplate {
  return {
    title: 'restart journald to load its limits',
    phase,
    on: 'host',
    operation: {
      do: 'run',
      argv: ['systemctl', 'restart', 'systemd-journald.service'],
      env: {},
      timeoutMs: 60_000,
    },
  };
}

function changes(
  wanted: Logs,
  origins: Resource['origins'],
  content: string | undefined,
  cause: FieldChange['cause'],
): FieldChange[] {
  const size = numberIn(content, /^(?:SystemMaxFileSize|max_bytes)=(\d+)$/m);
  const keep = numberIn(content, /^(?:SystemMaxFiles|keep)=(\d+)$/m);
  const field = (name: string, before: string | number | null, after: string | number): FieldChange[] => {
    if (before === after) return [];
    const origin = origins[`logs.${name}`];
    return [
      {
        field: name,
        before: { show: 'value', value: before },
        after: { show: 'value', value: after },
        class: 'live',
        cause,
        reason: `${wanted.readBy} applies it to running daemons`,
        ...(origin === undefined ? {} : { origin }),
      },
    ];
  };
  const fields = [
    ...field('maxSize', size === null ? null : formatBytes(size), formatBytes(wanted.maxSizeBytes)),
    ...field('keep', keep, wanted.keep),
  ];
  return fields.length > 0 ? fields : field('layout', 'edited', 'as sealctl writes it');
}

function numberIn(content: string | undefined, pattern: RegExp): number | null {
  const digits = content === undefined ? undefined : pattern.exec(content)?.[1];
  return digits === undefined ? null : Number(digits);
}
