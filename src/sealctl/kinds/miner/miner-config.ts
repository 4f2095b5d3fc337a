import { parse as parseForPatch, patch } from '@decimalturn/toml-patch';
import { parse, type TomlTable } from 'smol-toml';
import type { ManifestEntry } from '../../host/probe/facts.ts';
import { formatMultiaddr, formatHostPort } from '@sealctl/core/lotus/api-info';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { messageOf, type Problem } from '@sealctl/core/problem/problem';
import type { MinerSpec, OriginKey } from '../../spec/spec.ts';
import { restartClass, serviceRequest, type Daemon } from '../daemon/daemon.ts';
import { fileAt, fileRequest, ownedAt, type WantedFile } from '../core/file.ts';
import { adopted, leftInPlace, unchanged, writeStep } from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource } from '../../model/kind.ts';

type Scalar = string | number | boolean;

/** The keys of the miner's `config.toml` that sealctl sets; all others, comments and order are the operator's. */
export interface MinerConfigFile {
  readonly daemon: Daemon;
  /** By section and key. */
  readonly keys: readonly {
    readonly section: 'API' | 'Storage';
    readonly key: string;
    readonly value: Scalar;
    readonly origin: OriginKey;
  }[];
}

/** The switches of the built-in worker by task; AllowAddPiece also stands for DC. Source: docs/spec/lotus.md section 4.5. */
const allowSwitches: readonly (readonly [key: string, code: TaskCode])[] = [
  ['AllowSectorDownload', 'DL'],
  ['AllowAddPiece', 'AP'],
  ['AllowPreCommit1', 'PC1'],
  ['AllowPreCommit2', 'PC2'],
  ['AllowCommit', 'C2'],
  ['AllowUnseal', 'UNS'],
  ['AllowReplicaUpdate', 'RU'],
  ['AllowProveReplicaUpdate2', 'PR2'],
  ['AllowRegenSectorKey', 'GSK'],
];

export function minerConfigOf(daemon: Daemon, miner: MinerSpec): Resource<MinerConfigFile> {
  return {
    kind: 'miner-config',
    id: `${daemon.id}/config`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: {
      daemon,
      keys: [
        {
          section: 'API',
          key: 'ListenAddress',
          value: formatMultiaddr(miner.listen, '/http'),
          origin: 'listen',
        },
        {
          section: 'API',
          key: 'RemoteListenAddress',
          value: formatHostPort(miner.advertise),
          origin: 'advertise',
        },
        ...allowSwitches.map(
          ([key, code]) =>
            ({ section: 'Storage', key, value: miner.tasks.includes(code), origin: 'tasks' }) as const,
        ),
        ...Object.entries(miner.config).map(
          ([key, value]) => ({ section: 'Storage', key, value, origin: `config.${key}` }) as const,
        ),
      ],
    },
    origins: miner.origins,
  };
}

export const minerConfig: ManagedKind<MinerConfigFile, 'miner-config'> = {
  name: 'miner-config',
  after: ['repo-directory'],
  desired: (owner) => (owner.of === 'miner' ? [minerConfigOf(owner.daemon, owner.miner)] : []),
  probe: ({ desired: { daemon } }) => [fileRequest(filePath(daemon)), serviceRequest(daemon)],
  diff: (resource, context) => {
    const present = fileAt(filePath(resource.desired.daemon), context);
    if (present.type === 'absent') return difference(resource, '', { absent: true }, context);
    if (present.type !== 'file' || present.content === undefined || present.sha256 === undefined) {
      return unchanged([broken(resource, present.error ?? `it is a ${present.type}`)]);
    }
    try {
      return difference(resource, present.content, { sha256: present.sha256 }, context);
    } catch (thrown) {
      return unchanged([broken(resource, messageOf(thrown))]);
    }
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) =>
    leftInPlace(entry, 'left in the repo of the miner', "the miner's repo stays where it is"),
};

function filePath({ repo }: Daemon): string {
  return `${repo}/config.toml`;
}

function difference(
  resource: Resource<MinerConfigFile>,
  text: string,
  replaces: Parameters<typeof writeStep>[1],
  context: DiffContext,
): Difference {
  const { daemon, keys } = resource.desired;
  const before = parse(text);
  const differing = keys.filter(({ section, key, value }) => valueAt(before, section, key) !== value);
  const owned = ownedAt(filePath(daemon), context);
  if (differing.length === 0) return owned === undefined ? recorded(resource, context) : unchanged();
  const fresh = 'absent' in replaces;
  const content = edited(text, differing);
  const restart = restartClass(daemon, context);
  const fields = differing.map(({ section, key, value, origin }): FieldChange => {
    const from = resource.origins[origin];
    const was = valueAt(before, section, key);
    return {
      field: `${section}.${key}`,
      before: { show: 'value', value: isScalar(was) ? was : was === undefined ? null : 'something else' },
      after: { show: 'value', value },
      class: restart,
      cause: causeOf(owned, replaces),
      reason: 'the miner reads its configuration only when it starts',
      ...(from === undefined ? {} : { origin: from }),
    };
  });
  return {
    action: fresh ? 'create' : 'update',
    fields,
    findings: [],
    steps: [writeStep(wantedFile(resource, content), replaces, { phase: 'configure' })],
  };
}

/**
 * The text with these keys set and everything else as it was: generated files have all keys commented out, and operators' notes stand
 * between them. Throws when the edited text would not say what it should.
 */
function edited(text: string, keys: MinerConfigFile['keys']): string {
  const table = parseForPatch(text) as Record<string, unknown>;
  for (const { section, key, value } of keys) {
    const there = table[section] ?? {};
    if (!isTable(there)) throw new Error(`${section} is no table`);
    table[section] = { ...there, [key]: value };
  }
  const content = patch(text, table);
  const after = parse(content);
  const wrong = keys.filter(({ section, key, value }) => valueAt(after, section, key) !== value);
  if (wrong.length > 0) {
    throw new Error(
      `${wrong.map(({ section, key }) => `${section}.${key}`).join(', ')} cannot be set in this layout`,
    );
  }
  return content;
}

function causeOf(
  owned: ManifestEntry | undefined,
  replaces: Parameters<typeof writeStep>[1],
): FieldChange['cause'] {
  if (owned === undefined) return 'change';
  if ('absent' in replaces) return 'drift';
  return replaces.sha256 === owned.sha256 || replaces.sha256 === owned.pendingSha256 ? 'change' : 'drift';
}

function valueAt(table: TomlTable, section: string, key: string): unknown {
  const there = table[section];
  return isTable(there) ? there[key] : undefined;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function wantedFile(
  { id, kind, desired: { daemon } }: Resource<MinerConfigFile>,
  content: string,
): WantedFile {
  return {
    id,
    kind,
    path: filePath(daemon),
    content: [content],
    mode: '0644',
    ...(daemon.runAs === undefined ? {} : { owner: daemon.runAs }),
  };
}

function recorded(resource: Resource<MinerConfigFile>, context: DiffContext): Difference {
  const { id, kind, desired } = resource;
  const path = filePath(desired.daemon);
  const sha256 = fileAt(path, context).sha256 ?? '-';
  return {
    action: 'update',
    fields: [adopted('every key is as wanted')],
    findings: [],
    steps: [
      {
        title: `record ${path}`,
        phase: 'configure',
        on: 'host',
        operation: { do: 'manifest', record: [{ id, kind, path, sha256 }], forget: [] },
      },
    ],
  };
}

function broken({ host, desired: { daemon } }: Resource<MinerConfigFile>, why: string): Problem {
  return {
    code: 'miner-config-broken',
    severity: 'error',
    summary: `${filePath(daemon)} cannot be used`,
    where: { in: 'host', host, path: filePath(daemon) },
    why,
    fix: 'repair the file by hand; sealctl edits single keys only',
  };
}
