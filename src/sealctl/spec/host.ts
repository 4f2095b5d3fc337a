import type { HostDraft, LayerDraft, WorkerDraft } from './draft.ts';
import { builtIn, pick, pickEntries, type Layer, type Picked } from './layers.ts';
import { readHostSettings } from './host-settings.ts';
import { localFile, reportUnknown, valueRange } from './loading.ts';
import type { Resolving } from './resolving.ts';
import { workerLayerKeys } from './schema/worker.ts';
import type { HostSpec, Origin, SshSpec, WorkerSpec } from './spec.ts';
import { cleanPath } from './storage.ts';
import { defaultNofile, resolveWorker, type WorkerLayer } from './worker.ts';

type HostValues = LayerDraft & HostDraft;
type HostLayer = Layer<HostValues>;

/** Resolves the host `name` of the draft: applies every layer, and resolves its workers. */
export function resolveHost(resolving: Resolving, name: string, isMinerHost: boolean): HostSpec {
  const { loading, origins } = resolving;
  const hosts = loading.draft.hosts ?? {};
  const draft: HostDraft = hosts[name] ?? {};
  const defaults: HostLayer[] = loading.draft.defaults
    ? [{ name: 'defaults', path: 'defaults', values: loading.draft.defaults }]
    : [];
  const own: HostLayer = { name: 'host', path: `hosts.${name}`, values: draft };
  const profileOwner = draft.profile === undefined ? loading.draft.defaults : draft;
  const profiles = readProfiles(resolving, profileOwner);
  const layers = [...defaults, ...profiles, own];
  const found: Record<string, Origin> = {};

  const address = pick([own], 'address');
  found['address'] = address ? origins.of(address) : builtIn(`hosts.${name}.address`);
  const services = pick(layers, 'services');
  found['services'] = services ? origins.of(services) : builtInOrigins.services;
  const gpuRuntime = pick(layers, 'gpuRuntime');
  found['gpuRuntime'] = gpuRuntime ? origins.of(gpuRuntime) : builtInOrigins.gpuRuntime;
  const keepReleases = pick(layers, 'keepReleases');
  found['keepReleases'] = keepReleases ? origins.of(keepReleases) : builtInOrigins.keepReleases;
  const nofile = pickNofile(layers);
  found['ulimits.nofile'] = nofile ? origins.of(nofile) : builtInOrigins['ulimits.nofile'];
  const servicesValue = services?.value ?? 'systemd';
  const root = pick(layers, 'root');
  found['root'] = root ? origins.of(root) : builtInOrigins.root;
  const rootValue = servicesValue === 'systemd' ? '/' : cleanPath(root?.value ?? '/');
  checkHost(resolving, name, { services, root, draft });
  return {
    name,
    address: address?.value ?? name,
    ssh: readSsh(resolving, layers, servicesValue, found),
    services: servicesValue,
    root: rootValue,
    gpuRuntime: gpuRuntime?.value ?? 'bare-metal',
    keepReleases: keepReleases?.value ?? 2,
    ulimits: { nofile: nofile?.value ?? defaultNofile },
    ...readHostSettings(layers, origins, found),
    workers: readWorkers(resolving, {
      name,
      draft,
      layers,
      isMinerHost,
      services: servicesValue,
      root: rootValue,
    }),
    origins: found,
  };
}

const builtInOrigins = {
  services: builtIn('defaults.services'),
  gpuRuntime: builtIn('defaults.gpuRuntime'),
  keepReleases: builtIn('defaults.keepReleases'),
  root: builtIn('defaults.root'),
  'ulimits.nofile': builtIn('defaults.ulimits.nofile'),
};

/** Returns the layers of the profiles that a map names. */
function readProfiles(
  resolving: Resolving,
  owner: HostDraft | WorkerDraft | LayerDraft | undefined,
): HostLayer[] {
  const { loading } = resolving;
  const profile = owner && 'profile' in owner ? owner.profile : undefined;
  if (owner === undefined || profile === undefined) return [];
  const profiles = loading.draft.profiles ?? {};
  const names = typeof profile === 'string' ? [profile] : profile;
  return names.flatMap((name, index): HostLayer[] => {
    if (name === undefined) return [];
    const values = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (values !== undefined) return [{ name: 'profile', path: `profiles.${name}`, values }];
    const range =
      typeof profile === 'string'
        ? valueRange(loading, owner, 'profile')
        : valueRange(loading, profile, index);
    reportUnknown(loading, { what: 'profile', name, known: Object.keys(profiles), range });
    return [];
  });
}

function pickNofile(layers: readonly Layer<{ ulimits?: { nofile?: number } }>[]): Picked<number> | undefined {
  return pickEntries<number>(layers, 'ulimits', (key) => key).get('nofile');
}

const builtInSsh = ['become', 'hostKeys', 'transport'].map(
  (key) => [`ssh.${key}`, builtIn(`defaults.ssh.${key}`)] as const,
);

function readSsh(
  resolving: Resolving,
  layers: readonly HostLayer[],
  services: HostSpec['services'],
  found: Record<string, Origin>,
): SshSpec {
  const { loading, origins } = resolving;
  const entries = pickEntries<string | number>(layers, 'ssh', (key) => key);
  const text = (key: string): string | undefined => {
    const picked = entries.get(key);
    return picked && String(picked.value);
  };
  const file = (key: string): string | undefined => {
    const picked = entries.get(key);
    return picked && localFile(loading, picked.container, key, String(picked.value));
  };
  for (const [key, picked] of entries) found[`ssh.${key}`] = origins.of(picked);
  for (const [key, origin] of builtInSsh) found[key] ??= origin;
  const user = text('user');
  const port = entries.get('port')?.value;
  const identityFile = file('identityFile');
  const proxyJump = text('proxyJump');
  const knownHosts = file('knownHosts');
  const become = services === 'supervisor' || user === 'root' ? 'none' : 'sudo';
  return {
    ...(user !== undefined && { user }),
    ...(typeof port === 'number' && { port }),
    ...(identityFile !== undefined && { identityFile }),
    ...(proxyJump !== undefined && { proxyJump }),
    ...(knownHosts !== undefined && { knownHosts }),
    become: (text('become') as SshSpec['become'] | undefined) ?? become,
    hostKeys: (text('hostKeys') as SshSpec['hostKeys'] | undefined) ?? 'strict',
    transport: (text('transport') as SshSpec['transport'] | undefined) ?? 'ssh2',
  };
}

function checkHost(
  resolving: Resolving,
  name: string,
  host: {
    readonly services: Picked<HostSpec['services']> | undefined;
    readonly root: Picked<string> | undefined;
    readonly draft: HostDraft;
  },
): void {
  const { loading } = resolving;
  const { services, root } = host;
  if (services?.value === 'supervisor' && root === undefined && !loading.damaged.has(host.draft)) {
    loading.report.add({
      code: 'missing-root',
      summary: `the host "${name}" uses the supervisor but has no root directory`,
      range: valueRange(loading, services.container, services.key),
      why: 'without systemd all files of sealctl on a host are in one directory',
      fix: 'add "root:" with an absolute path, such as /home/sealer/sealctl',
    });
  }
}

interface WorkersSource {
  readonly name: string;
  readonly draft: HostDraft;
  readonly layers: readonly HostLayer[];
  readonly isMinerHost: boolean;
  readonly services: HostSpec['services'];
  readonly root: string;
}

function readWorkers(resolving: Resolving, source: WorkersSource): WorkerSpec[] {
  const { loading } = resolving;
  const { name, draft, layers } = source;
  const repos = source.services === 'systemd' ? '/var/lib/sealctl/repos' : `${source.root}/repos`;
  const host = { name, repos };
  const hosts = loading.draft.hosts ?? {};
  if (draft.workers !== undefined) {
    const { workers } = draft;
    return loading.marks.keys(workers).map((workerName) => {
      const own: WorkerDraft = workers[workerName] ?? {};
      const profiles = own.profile === undefined ? [] : readProfiles(resolving, own);
      const layer: WorkerLayer = {
        name: 'worker',
        path: `hosts.${name}.workers.${workerName}`,
        values: own,
      };
      const base =
        own.profile === undefined ? layers : layers.filter((candidate) => candidate.name !== 'profile');
      const all = insertProfiles(base, profiles, layer);
      return resolveWorker(resolving, {
        host,
        name: workerName,
        layers: all,
        nofile: pickNofile(all),
        container: workers,
        key: workerName,
      });
    });
  }
  if (!statesWorker(source)) {
    if (!source.isMinerHost && !loading.damaged.has(draft)) {
      loading.report.add({
        code: 'idle-host',
        severity: 'warning',
        summary: `nothing runs on the host "${name}"`,
        range: loading.marks.keyRange(hosts, name),
        fix: 'give it "tasks:", or take it out',
      });
    }
    return [];
  }
  const nofile = pickNofile(layers);
  return [resolveWorker(resolving, { host, name: 'main', layers, nofile, container: hosts, key: name })];
}

/** Inserts profiles between the defaults and the layers of host and worker. */
function insertProfiles(
  layers: readonly WorkerLayer[],
  profiles: readonly WorkerLayer[],
  own: WorkerLayer,
): WorkerLayer[] {
  const host = layers.filter((layer) => layer.name === 'host');
  return [...layers.filter((layer) => layer.name !== 'host'), ...profiles, ...host, own];
}

const workerKeys = Object.keys(workerLayerKeys).filter((key) => key !== 'ulimits');

/**
 * Whether a host has a worker: the host or a profile has a key of a worker. If only the defaults have tasks, every host has a worker,
 * except the miner's host.
 */
function statesWorker(source: WorkersSource): boolean {
  return source.layers.some((layer) => {
    if (layer.name === 'defaults') return !source.isMinerHost && layer.values.tasks !== undefined;
    return workerKeys.some((key) => (layer.values as Readonly<Record<string, unknown>>)[key] !== undefined);
  });
}
