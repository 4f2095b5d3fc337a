import { layoutOf, type HostLayout } from '../host/layout.ts';
import { minerDaemon, workerDaemon, type Daemon } from './daemon/daemon.ts';
import { minerApiInfo, minerEnvironment, workerEnvironment } from './daemon/environment-variables.ts';
import type { Resource } from '../model/kind.ts';
import { limitsOf } from './host/limits.ts';
import { minerConfigOf } from './miner/miner-config.ts';
import { minerRepoOf } from './miner/miner-repo.ts';
import { repoDirectoryOf } from './daemon/repo-directory.ts';
import { programPath, releaseOf } from './daemon/release.ts';
import { releaseStoreOf, type ReleaseStore } from './host/release-store.ts';
import { sectorStoreOf } from './worker/sector-store.ts';
import { serviceOf } from './daemon/service.ts';
import { storageListOf } from './worker/storage-list.ts';
import { taskSetOf } from './worker/task-set.ts';
import { minerUnit, workerUnit } from './daemon/unit.ts';
import type { HostSpec, MinerSpec, Spec, WorkerSpec } from '../spec/spec.ts';

/**
 * What each host must have, by host in the order of the file; a host with nothing to run has nothing. Pure. The order of a host's
 * resources is the order in which their steps run within a phase: programs before what starts them, the miner before the workers.
 */
export function compile(spec: Spec): ReadonlyMap<string, readonly Resource[]> {
  const apiInfo = minerApiInfo(spec.miner);
  return new Map(spec.hosts.map((host) => [host.name, hostResources(host, spec, apiInfo)]));
}

type ApiInfo = ReturnType<typeof minerApiInfo>;

function hostResources(host: HostSpec, spec: Spec, apiInfo: ApiInfo): Resource[] {
  const release = spec.miner.managed && spec.miner.host === host.name ? spec.miner.release : undefined;
  if (release === undefined && host.workers.length === 0) return [];
  const layout = layoutOf(host);
  return [
    ...sharedResources(host, layout, spec, release),
    ...(release === undefined ? [] : minerResources(minerDaemon(host, layout, spec.miner), release, spec)),
    ...host.workers.flatMap((worker) =>
      workerResources(workerDaemon(host, layout, worker), worker, host, spec, apiInfo),
    ),
  ];
}

type MinerRelease = NonNullable<MinerSpec['release']>;

function sharedResources(
  host: HostSpec,
  layout: HostLayout,
  spec: Spec,
  miner: MinerRelease | undefined,
): Resource[] {
  const programs: ReleaseStore['programs'][number][] = host.workers.map(({ release }) => ({
    ...release.worker,
    release: release.name,
  }));
  if (miner !== undefined) programs.push({ ...miner.miner, release: miner.name });
  const accounts = [
    ...host.workers.map(({ runAs }) => runAs ?? 'root'),
    ...(miner === undefined ? [] : [spec.miner.runAs ?? 'root']),
  ];
  const limits = limitsOf(host.name, layout, host.ulimits.nofile, accounts, host.origins);
  return [
    ...(limits === undefined ? [] : [limits]),
    releaseStoreOf(host.name, layout, programs, host.keepReleases),
  ];
}

function minerResources(daemon: Daemon, release: MinerRelease, spec: Spec): Resource[] {
  const { miner } = spec;
  return [
    releaseOf(daemon, release.name, release.miner, miner.origins),
    minerEnvironment(daemon, miner),
    repoDirectoryOf(daemon, miner.origins),
    minerConfigOf(daemon, miner),
    minerRepoOf(daemon, miner, spec),
    minerUnit(daemon, miner, spec),
    serviceOf(daemon, programPath(daemon.layout.releases, release.miner), miner.origins),
  ];
}

function workerResources(
  daemon: Daemon,
  worker: WorkerSpec,
  host: HostSpec,
  spec: Spec,
  apiInfo: ApiInfo,
): Resource[] {
  return [
    releaseOf(daemon, worker.release.name, worker.release.worker, worker.origins),
    workerEnvironment(daemon, worker, host.gpuRuntime, spec.sectorSize, apiInfo),
    repoDirectoryOf(daemon, worker.origins),
    ...worker.storage.map((storage) => sectorStoreOf(daemon, storage, spec.cluster)),
    storageListOf(daemon, worker),
    workerUnit(daemon, worker, spec),
    serviceOf(daemon, programPath(daemon.layout.releases, worker.release.worker), worker.origins),
    taskSetOf(daemon, worker),
  ];
}
