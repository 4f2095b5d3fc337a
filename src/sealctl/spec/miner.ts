import type { MinerDraft } from './draft.ts';
import { checkEnvEntry } from './env-rules.ts';
import { builtIn } from './layers.ts';
import { originOf, reportUnknown, valueRange } from './loading.ts';
import { programOf } from './releases.ts';
import type { Resolving } from './resolving.ts';
import type { HostSpec, MinerSpec, Origin } from './spec.ts';
import type { SecretRef } from '@sealctl/core/secret/secret';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { readEnvValue } from './worker-maps.ts';
import { readHostPort, readSecret } from './values.ts';
import { defaultNofile } from './worker.ts';

const defaultListen = { host: '127.0.0.1', port: 2345 };

/** Resolves the miner; `host` is undefined when the file names a host that does not exist. */
export function resolveMiner(resolving: Resolving, host: HostSpec | undefined): MinerSpec {
  const { loading } = resolving;
  const draft: MinerDraft = loading.draft.miner ?? {};
  if (host === undefined && draft.host !== undefined) {
    const known = Object.keys(loading.draft.hosts ?? {});
    const range = valueRange(loading, draft, 'host');
    reportUnknown(loading, { what: 'host', name: draft.host, known, range });
  }
  const managed = draft.managed ?? true;
  const listen =
    (draft.listen === undefined ? undefined : readHostPort(loading, draft, 'listen', draft.listen)) ??
    defaultListen;
  const advertise =
    draft.advertise === undefined ? undefined : readHostPort(loading, draft, 'advertise', draft.advertise);
  const release = managed ? readRelease(resolving, draft) : undefined;
  return {
    host: draft.host ?? '',
    ...(release && { release }),
    listen,
    advertise: advertise ?? listen,
    repo:
      draft.repo ?? `${host && host.services === 'supervisor' ? host.root : '/var/lib/sealctl'}/repos/miner`,
    ...(draft.unit !== undefined && { unit: draft.unit }),
    ...(draft.runAs !== undefined && { runAs: draft.runAs }),
    tasks: readTasks(resolving, draft),
    token: (draft.token && readSecret(loading, draft.token)) ?? { from: 'miner-token' },
    env: readMinerEnv(resolving, draft),
    args: (draft.args ?? []).filter((word) => word !== undefined),
    config: definedEntries(draft.config),
    managed,
    ulimits: { nofile: draft.ulimits?.nofile ?? host?.ulimits.nofile ?? defaultNofile },
    origins: originsOf(resolving, draft, host),
  };
}

function readRelease(resolving: Resolving, draft: MinerDraft): MinerSpec['release'] {
  const { loading } = resolving;
  const owner = draft.release === undefined ? loading.draft.defaults : draft;
  const name = owner?.release;
  if (owner === undefined || name === undefined) {
    if (!loading.damaged.has(draft)) {
      loading.report.add({
        code: 'missing-release',
        summary: 'the miner has no release',
        range: loading.marks.keyRange(loading.draft, 'miner'),
        fix: 'name one in "defaults" or in "miner", or write "managed: false" for a miner that sealctl does not manage',
      });
    }
    return undefined;
  }
  const range = valueRange(loading, owner, 'release');
  const miner = programOf(loading, resolving.releases, { release: name, role: 'miner', range });
  return miner && { name, miner };
}

function readTasks(resolving: Resolving, draft: MinerDraft): readonly TaskCode[] {
  const { loading } = resolving;
  const { tasks } = draft;
  if (tasks === undefined) return [];
  if (typeof tasks !== 'string') return resolving.tasksOf(tasks);
  const sets = loading.draft.taskSets ?? {};
  const set = Object.hasOwn(sets, tasks) ? sets[tasks] : undefined;
  if (set === undefined) {
    const range = valueRange(loading, draft, 'tasks');
    reportUnknown(loading, { what: 'task set', name: tasks, known: Object.keys(sets), range });
    return [];
  }
  return resolving.tasksOf('tasks' in set ? (set.tasks ?? []) : (set as readonly (string | undefined)[]));
}

function readMinerEnv(resolving: Resolving, draft: MinerDraft): Record<string, string | SecretRef> {
  const env: Record<string, string | SecretRef> = {};
  const drafts = draft.env ?? {};
  for (const [key, value] of Object.entries(drafts)) {
    if (value === undefined) continue;
    const read = readEnvValue(resolving.loading, { value, container: drafts, key });
    if (read === undefined) continue;
    checkEnvEntry(resolving.loading, key, { value: read, container: drafts, key });
    env[key] = read;
  }
  return env;
}

function definedEntries(config: MinerDraft['config']): Record<string, string | number | boolean> {
  const entries: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(config ?? {})) if (value !== undefined) entries[key] = value;
  return entries;
}

const minerKeys = ['listen', 'repo', 'tasks', 'token', 'managed'] as const;

function originsOf(
  resolving: Resolving,
  draft: MinerDraft,
  host: HostSpec | undefined,
): Record<string, Origin> {
  const { loading } = resolving;
  const origins: Record<string, Origin> = {};
  for (const key of Object.keys(draft)) origins[key] = originOf(loading, 'cluster', 'miner', draft, key);
  for (const [section, map] of [
    ['env', draft.env],
    ['config', draft.config],
  ] as const) {
    for (const key of Object.keys(map ?? {})) {
      if (map) origins[`${section}.${key}`] = originOf(loading, 'cluster', `miner.${section}`, map, key);
    }
  }
  for (const key of minerKeys) origins[key] ??= builtIn(`miner.${key}`);
  origins['advertise'] ??= origins['listen'] ?? builtIn('miner.listen');
  if (draft.release === undefined && loading.draft.defaults?.release !== undefined) {
    origins['release'] = originOf(loading, 'defaults', 'defaults', loading.draft.defaults, 'release');
  }
  origins['ulimits.nofile'] =
    draft.ulimits === undefined
      ? (host?.origins['ulimits.nofile'] ?? builtIn('miner.ulimits.nofile'))
      : originOf(loading, 'cluster', 'miner.ulimits', draft.ulimits, 'nofile');
  return origins;
}
