import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { reportUnknown, valueRange, type Loading } from './loading.ts';
import type { HostSpec, RolloutSpec } from './spec.ts';
import { readTaskKey } from './tasks.ts';
import { parseDuration } from '@sealctl/core/text/units';

/** Resolves the rollout settings, with built-in values for missing ones. */
export function resolveRollout(loading: Loading, hosts: readonly HostSpec[]): RolloutSpec {
  const draft = loading.draft.rollout ?? {};
  const { maxUnavailable = 1, canary } = draft;
  const order = (draft.order ?? []).filter((name, index): name is string => {
    return name !== undefined && draft.order !== undefined && isHost(loading, draft.order, index, name);
  });
  const canaryIsHost = canary !== undefined && isHost(loading, draft, 'canary', canary);
  return {
    maxUnavailable:
      typeof maxUnavailable === 'number'
        ? { count: maxUnavailable }
        : { percent: Number(maxUnavailable.replace('%', '')) },
    ...(canaryIsHost && { canary }),
    ...(order.length > 0 && { order }),
    keepServing: readKeepServing(loading, hosts),
    healthyForMs: parseDuration(draft.healthyFor ?? '30s') ?? 0,
    pauseMs: parseDuration(draft.pause ?? '0s') ?? 0,
  };
}

function isHost(loading: Loading, container: object, key: string | number, name: string): boolean {
  const hosts = loading.draft.hosts ?? {};
  if (Object.hasOwn(hosts, name)) return true;
  const range = valueRange(loading, container, key);
  reportUnknown(loading, { what: 'host', name, known: Object.keys(hosts), range });
  return false;
}

/**
 * Reads `keepServing`. Reports a bound that the cluster does not meet, or meets only without any change, since it would block every apply.
 */
function readKeepServing(loading: Loading, hosts: readonly HostSpec[]): Partial<Record<TaskCode, number>> {
  const draft = loading.draft.rollout?.keepServing ?? {};
  const kept: Partial<Record<TaskCode, number>> = {};
  for (const [key, min] of Object.entries(draft)) {
    const code = readTaskKey(loading, draft, key);
    if (code === undefined || min === undefined) continue;
    kept[code] = min;
    const offering = hosts.flatMap((host) => host.workers.filter((worker) => worker.tasks.includes(code)));
    if (offering.length > min || loading.damaged.size > 0) continue;
    loading.report.add({
      code: 'keep-serving-too-many',
      summary: `no worker that offers ${code} can ever be changed`,
      range: valueRange(loading, draft, key),
      why: `${min} must keep serving and ${offering.length} ${offering.length === 1 ? 'worker offers' : 'workers offer'} it`,
      fix: `keep fewer than ${offering.length} serving, or take the entry out`,
    });
  }
  return kept;
}
