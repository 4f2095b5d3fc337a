import type { MinerDraft } from './draft.ts';
import { valueRange, type Loading } from './loading.ts';
import { suggestion } from './suggest.ts';

/** Keys that change the miner, which have no effect on an unmanaged one. */
const managedOnly = ['release', 'unit', 'runAs', 'tasks', 'env', 'args', 'config', 'ulimits'] as const;

/** [Storage] keys of config.toml except the Allow* switches. Source: docs/spec/lotus.md section 4.5. */
const storageKeys: Readonly<Record<string, readonly string[] | 'number' | 'boolean' | 'text'>> = {
  ParallelFetchLimit: 'number',
  LocalWorkerName: 'text',
  Assigner: [
    'utilization',
    'spread',
    'experiment-spread-qcount',
    'experiment-spread-tasks',
    'experiment-spread-tasks-qcount',
    'experiment-random',
  ],
  DisallowRemoteFinalize: 'boolean',
  ResourceFiltering: ['hardware', 'disabled'],
};

/** Reports settings that the miner would refuse or ignore, or that sealctl would not apply. */
export function checkMiner(loading: Loading): void {
  const draft = loading.draft.miner ?? {};
  if (draft.managed === false) checkUnmanaged(loading, draft);
  for (const [key, value] of Object.entries(draft.config ?? {})) {
    if (value !== undefined && draft.config !== undefined) checkConfig(loading, draft.config, key, value);
  }
}

function checkUnmanaged(loading: Loading, draft: MinerDraft): void {
  for (const key of managedOnly) {
    if (draft[key] === undefined) continue;
    loading.report.add({
      code: 'unmanaged-miner',
      summary: `"${key}" has no effect on a miner that is not managed`,
      range: loading.marks.keyRange(draft, key),
      why: 'with "managed: false" sealctl reads the miner and never changes it',
      fix: `take "${key}" out, or write "managed: true"`,
    });
  }
}

function checkConfig(loading: Loading, config: object, key: string, value: string | number | boolean): void {
  const known = Object.hasOwn(storageKeys, key) ? storageKeys[key] : undefined;
  if (key.startsWith('Allow')) {
    loading.report.add({
      code: 'managed-setting',
      summary: `${key} is written by sealctl`,
      range: loading.marks.keyRange(config, key),
      why: 'the Allow* switches follow from "miner.tasks"',
      fix: 'take it out and set "miner.tasks"',
    });
  } else if (known === undefined) {
    const hint = suggestion(key, Object.keys(storageKeys));
    loading.report.add({
      code: 'unknown-setting',
      summary: `the section [Storage] of config.toml has no key ${key}`,
      range: loading.marks.keyRange(config, key),
      ...(hint !== undefined && { fix: hint }),
    });
  } else if (!fits(known, value)) {
    const hint = typeof known === 'string' ? undefined : suggestion(String(value), known);
    loading.report.add({
      code: 'bad-value',
      summary: `${key} cannot be ${JSON.stringify(value)}`,
      range: valueRange(loading, config, key),
      why: typeof known === 'string' ? `expected a ${known}` : `wanted one of ${known.join(', ')}`,
      ...(hint !== undefined && { fix: hint }),
    });
  }
}

function fits(
  known: readonly string[] | 'number' | 'boolean' | 'text',
  value: string | number | boolean,
): boolean {
  switch (known) {
    case 'number':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0;
    case 'boolean':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string';
    default:
      return known.includes(String(value));
  }
}
