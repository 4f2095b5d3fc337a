import type { Loading } from './loading.ts';
import type { HostSpec, MinerSpec, Origin, Origins, WorkerSpec, OriginKey } from './spec.ts';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { parseCpuList } from '@sealctl/core/text/units';

/** Task types that use a GPU, by Lotus's resource table. */
const gpuTasks: ReadonlySet<TaskCode> = new Set(['PC2', 'C2', 'PR2', 'RU', 'GSK', 'WDP', 'WNP']);

/** A daemon that shares a host with others. */
type Daemon = WorkerSpec | MinerSpec;

/** Reports conflicts between daemons of one host: addresses, repos, units, storage paths, GPUs, CPUs. */
export function checkSharedHost(loading: Loading, host: HostSpec, miner: MinerSpec): void {
  if (host.workers.length === 0) return;
  const daemons: readonly Daemon[] = miner.host === host.name ? [miner, ...host.workers] : host.workers;
  forEachPair(daemons, (first, second) => checkPair(loading, host, first, second));
  forEachPair(host.workers, (first, second) => checkWorkers(loading, host, first, second));
  checkStorage(loading, host);
  checkStorageBesideRepos(loading, host, daemons);
  if (host.workers.length > 1) checkShares(loading, host);
}

/** Visits all pairs in order. A host has few daemons, so there are few pairs. */
function forEachPair<Item>(items: readonly Item[], visit: (first: Item, second: Item) => void): void {
  for (const [index, first] of items.entries())
    for (const second of items.slice(index + 1)) visit(first, second);
}

function checkPair(loading: Loading, host: HostSpec, first: Daemon, second: Daemon): void {
  if (first.listen.port === second.listen.port && sameAddress(first.listen.host, second.listen.host)) {
    report(loading, host, second, 'listen', {
      code: 'port-conflict',
      summary: `${titleOf(second)} and ${titleOf(first)} of the host "${host.name}" both listen on port ${first.listen.port}`,
      fix: 'give each its own port with "listen"',
    });
  }
  if (within(first.repo, second.repo) || within(second.repo, first.repo)) {
    report(loading, host, second, 'repo', {
      code: 'repo-conflict',
      summary: `${titleOf(second)} and ${titleOf(first)} of the host "${host.name}" share the repo ${second.repo}`,
      fix: 'give each its own "repo"',
    });
  }
  if (first.unit !== undefined && first.unit === second.unit) {
    report(loading, host, second, 'unit', {
      code: 'unit-conflict',
      summary: `${titleOf(second)} and ${titleOf(first)} of the host "${host.name}" share the service ${first.unit}`,
      fix: 'give each its own "unit"',
    });
  }
}

function titleOf(daemon: Daemon): string {
  return 'name' in daemon ? `the worker "${daemon.name}"` : 'the miner';
}

function checkWorkers(loading: Loading, host: HostSpec, first: WorkerSpec, second: WorkerSpec): void {
  const gpu = sharedGpu(first, second);
  if (gpu !== undefined) {
    report(loading, host, second, 'gpus', {
      code: 'gpu-conflict',
      summary: `the workers "${first.name}" and "${second.name}" of the host "${host.name}" both use ${gpu}`,
      why: 'each would report it to the miner as its own, and the miner would count it twice',
      fix: 'give each its own list with "gpus"; [] for none',
    });
  }
  const cpu = sharedCpu(first.cpus, second.cpus);
  if (cpu !== undefined) {
    report(loading, host, second, 'cpus', {
      code: 'cpu-conflict',
      summary: `the workers "${first.name}" and "${second.name}" of the host "${host.name}" both use CPU ${cpu}`,
      fix: 'give each its own CPUs with "cpus"',
    });
  }
}

function sharedGpu(first: WorkerSpec, second: WorkerSpec): string | undefined {
  const [left, right] = [gpusOf(first), gpusOf(second)];
  if (left === 'all' && right === 'all') return 'every GPU';
  if (left === 'all') return right.length > 0 ? `GPU ${right[0]}` : undefined;
  if (right === 'all') return left.length > 0 ? `GPU ${left[0]}` : undefined;
  const both = left.find((gpu) => right.includes(gpu));
  return both === undefined ? undefined : `GPU ${both}`;
}

/** The GPUs of a worker. Without a list it has all of them, which is relevant only if it offers tasks that use GPUs. */
function gpusOf(worker: WorkerSpec): readonly string[] | 'all' {
  return worker.gpus ?? (worker.tasks.some((task) => gpuTasks.has(task)) ? 'all' : []);
}

function sharedCpu(first: string | undefined, second: string | undefined): number | undefined {
  const [left, right] = [parseCpuList(first ?? '') ?? [], parseCpuList(second ?? '') ?? []];
  for (const a of left) {
    for (const b of right) {
      if (a.first <= b.last && b.first <= a.last) return Math.max(a.first, b.first);
    }
  }
  return undefined;
}

function checkStorage(loading: Loading, host: HostSpec): void {
  const paths = host.workers.flatMap((worker) => worker.storage.map((storage) => ({ worker, storage })));
  forEachPair(paths, (first, second) => {
    const [a, b] = [first.storage.path, second.storage.path];
    if (!within(a, b) && !within(b, a)) return;
    const where = first.worker === second.worker ? '' : ` of the worker "${first.worker.name}"`;
    loading.report.add({
      code: 'storage-conflict',
      summary:
        a === b
          ? `the storage path ${b} is already one${where}`
          : `the storage paths ${a}${where} and ${b} are nested`,
      range:
        second.storage.origins['path']?.range ?? loading.marks.keyRange(loading.draft.hosts ?? {}, host.name),
      why: 'every storage path has one identity and one owner; a worker refuses to open one with foreign directories',
      fix: 'give each worker directories of its own',
    });
  });
}

/**
 * Reports storage paths that overlap a repo. A storage path that is itself the worker's repo is allowed, since Lotus's workers have that by
 * default.
 */
function checkStorageBesideRepos(loading: Loading, host: HostSpec, daemons: readonly Daemon[]): void {
  for (const worker of host.workers) {
    for (const { path, origins } of worker.storage) {
      const daemon = daemons.find(({ repo }) => within(path, repo) || within(repo, path));
      if (daemon === undefined || (daemon === worker && daemon.repo === path)) continue;
      loading.report.add({
        code: 'storage-in-repo',
        severity: 'warning',
        summary: `the storage path ${path} and the repo ${daemon.repo} of ${titleOf(daemon)} are nested`,
        range: origins['path']?.range ?? loading.marks.keyRange(loading.draft.hosts ?? {}, host.name),
        why: 'a repo may be deleted to set a daemon up again; sectors may not',
        fix: 'give them separate directories',
      });
    }
  }
}

/**
 * Reports workers that share a host without limits. Every Lotus worker reports the whole machine unless it is limited, so the miner would
 * use the machine several times.
 */
function checkShares(loading: Loading, host: HostSpec): void {
  const open = host.workers.filter((worker) => worker.cpus === undefined || worker.memoryBytes === undefined);
  const [first] = open;
  if (first === undefined) return;
  const missing = [
    first.cpus === undefined ? '"cpus"' : '',
    first.memoryBytes === undefined ? '"memory"' : '',
  ];
  loading.report.add({
    code: 'colocated-workers',
    severity: 'warning',
    summary: `workers of the host "${host.name}" have no share of its resources: ${open.map((worker) => worker.name).join(', ')}`,
    range: loading.marks.keyRange(loading.draft.hosts ?? {}, host.name),
    why: 'each reports all CPUs and memory of the machine, and the miner gives it more work than there is capacity for',
    fix: `give each its share with ${missing.filter((key) => key !== '').join(' and ')}`,
  });
}

function sameAddress(a: string, b: string): boolean {
  const anywhere = ['0.0.0.0', '::', '[::]'];
  return a === b || anywhere.includes(a) || anywhere.includes(b);
}

/** True when `inner` is `outer` or is below it. */
function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === '/' ? outer : `${outer}/`);
}

function report(
  loading: Loading,
  host: HostSpec,
  daemon: { readonly origins: Origins },
  key: OriginKey,
  finding: { readonly code: string; readonly summary: string; readonly why?: string; readonly fix: string },
): void {
  const origin: Origin | undefined = daemon.origins[key];
  const hosts = loading.draft.hosts ?? {};
  loading.report.add({ ...finding, range: origin?.range ?? loading.marks.keyRange(hosts, host.name) });
}
