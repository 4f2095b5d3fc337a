import type { StorageDraft } from './draft.ts';
import type { GroupShare } from './groups.ts';
import { builtIn } from './layers.ts';
import { originOf, type Loading } from './loading.ts';
import type { LayerName, Origin, StoragePathSpec } from './spec.ts';
import { readBytes } from './values.ts';

const plainKeys = [
  'path',
  'use',
  'weight',
  'maxStorage',
  'mount',
  'groups',
  'allowTo',
  'allowTypes',
  'denyTypes',
  'allowMiners',
  'denyMiners',
] as const;

/** Reads one storage path of a worker, and adds the groups of the worker's storage groups. */
export function readStoragePath(
  loading: Loading,
  draft: StorageDraft,
  place: { readonly layer: LayerName; readonly path: string },
  share: GroupShare | undefined,
): StoragePathSpec {
  const uses = typeof draft.use === 'string' ? [draft.use] : (draft.use ?? []);
  const canSeal = uses.includes('seal');
  const canStore = uses.includes('store');
  const shared = canSeal ? share : undefined;
  checkUse(loading, draft, canSeal);
  return {
    path: cleanPath(draft.path ?? '/'),
    canSeal,
    canStore,
    weight: draft.weight ?? 10,
    maxStorageBytes: readBytes(loading, draft, 'maxStorage') ?? 0,
    groups: listOf(draft.groups) ?? shared?.groups ?? [],
    allowTo: listOf(draft.allowTo) ?? shared?.allowTo ?? [],
    allowTypes: listOf(draft.allowTypes) ?? [],
    denyTypes: listOf(draft.denyTypes) ?? [],
    allowMiners: listOf(draft.allowMiners) ?? [],
    denyMiners: listOf(draft.denyMiners) ?? [],
    mount: draft.mount ?? false,
    origins: originsOf(loading, draft, place, shared),
  };
}

/** Reports keys that Lotus reads only for sealing paths. */
function checkUse(loading: Loading, draft: StorageDraft, canSeal: boolean): void {
  for (const key of ['groups', 'allowTo'] as const) {
    if (canSeal || (draft[key]?.length ?? 0) === 0 || draft.use === undefined) continue;
    loading.report.add({
      code: 'groups-without-seal',
      severity: 'warning',
      summary: `"${key}" does nothing on a path that is not used for sealing`,
      range: loading.marks.keyRange(draft, key),
      why: 'Lotus checks groups only where sectors are fetched for sealing',
      fix: `take "${key}" out, or add seal to "use"`,
    });
  }
  if (!canSeal && (draft.allowMiners?.length ?? 0) > 0 && draft.use !== undefined) {
    loading.report.add({
      code: 'allow-miners-on-store',
      severity: 'warning',
      summary: 'a storage path with "allowMiners" is never chosen for finished sectors',
      range: loading.marks.keyRange(draft, 'allowMiners'),
      why: 'Lotus asks for a long-term place without naming the miner, so the list never matches',
      fix: 'take "allowMiners" out',
    });
  }
}

const builtInOrigins = ['weight', 'maxStorage', 'mount'].map(
  (key) => [key, builtIn(`storage.${key}`)] as const,
);

function originsOf(
  loading: Loading,
  draft: StorageDraft,
  place: { readonly layer: LayerName; readonly path: string },
  share: GroupShare | undefined,
): Record<string, Origin> {
  const origins: Record<string, Origin> = {};
  for (const key of plainKeys) {
    if (draft[key] !== undefined) {
      origins[key] = originOf(loading, place.layer, place.path, draft, key);
    }
  }
  const [group] = share?.origins ?? [];
  if (group !== undefined) {
    origins['groups'] ??= group;
    origins['allowTo'] ??= group;
  }
  for (const [key, origin] of builtInOrigins) origins[key] ??= origin;
  return origins;
}

function listOf(list: readonly (string | undefined)[] | undefined): string[] | undefined {
  return list?.filter((item) => item !== undefined);
}

/** Removes repeated and trailing slashes, so that equal paths are equal texts. */
export function cleanPath(path: string): string {
  return path.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}
