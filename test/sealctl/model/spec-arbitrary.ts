import * as fc from 'fast-check';
import type { HostSpec, Spec, StoragePathSpec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import { clusterSpec, digestOf, hostSpec, minerSpec, storageSpec, workerSpec } from './spec.ts';

/** Specs of a small fleet whose hosts, workers and paths come from small pools, so that two of them overlap in many ways. */
export function arbitrarySpec(): fc.Arbitrary<Spec> {
  const workerHosts = fc.tuple(
    fc.option(arbitraryHost('worker-1', 'systemd'), { nil: undefined }),
    fc.option(arbitraryHost('worker-2', 'supervisor'), { nil: undefined }),
  );
  return fc
    .record({
      hosts: workerHosts,
      colocated: fc.option(arbitraryWorker('miner-1', 'near'), { nil: undefined }),
      minerTasks: fc.subarray(['AP', 'PC1', 'C2'] as const),
      minerRelease: fc.constantFrom('b', 'c'),
      minerEnv: fc.dictionary(fc.constantFrom('RUST_LOG', 'LOTUS_FD_MAX'), fc.constantFrom('1', '2')),
    })
    .map(({ hosts, colocated, minerTasks, minerRelease, minerEnv }) =>
      clusterSpec(
        [
          hostSpec('miner-1', colocated === undefined ? [] : [colocated]),
          ...hosts.filter((host) => host !== undefined),
        ],
        {
          miner: minerSpec('miner-1', {
            tasks: minerTasks,
            env: minerEnv,
            release: {
              name: `miner-${minerRelease}`,
              miner: { file: '/build/seal-miner', sha256: digestOf(minerRelease), requiresCpu: [] },
            },
          }),
        },
      ),
    );
}

function arbitraryHost(name: string, services: HostSpec['services']): fc.Arbitrary<HostSpec> {
  return fc
    .record({
      first: fc.option(arbitraryWorker(name, 'one'), { nil: undefined }),
      second: fc.option(arbitraryWorker(name, 'two'), { nil: undefined }),
      nofile: fc.constantFrom(200_000, 1_048_576),
      keepReleases: fc.integer({ min: 0, max: 2 }),
      logs: fc.option(
        fc.record({ maxSizeBytes: fc.constantFrom(2 ** 20, 2 ** 26), keep: fc.integer({ min: 1, max: 3 }) }),
        { nil: undefined },
      ),
    })
    .map(({ first, second, nofile, keepReleases, logs }) =>
      hostSpec(
        name,
        [first, second].filter((worker) => worker !== undefined),
        {
          services,
          root: services === 'systemd' ? '/' : '/home/sealer/sealctl',
          ulimits: { nofile },
          keepReleases,
          ...(logs === undefined ? {} : { logs }),
        },
      ),
    );
}

function arbitraryWorker(host: string, name: string): fc.Arbitrary<WorkerSpec> {
  const names = fc.constantFrom('RUST_LOG', 'FIL_PROOFS_PARENT_CACHE', 'EXTRA');
  return fc
    .record({
      tasks: fc.oneof(
        fc.subarray(['AP', 'PC1', 'PC2', 'C2', 'RU', 'PR2', 'UNS', 'DC', 'DL'] as const),
        fc.constantFrom(['WDP'] as const, ['WNP'] as const),
      ),
      pc1: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      env: fc.dictionary(names, fc.oneof(fc.string(), fc.constantFrom('a', '"$x`\\', "it's\nhere"))),
      gpus: fc.option(fc.subarray(['0', 'GPU-5b1c3c3e']), { nil: undefined }),
      cpus: fc.option(fc.constantFrom('0-31', '32-63', '0'), { nil: undefined }),
      release: fc.constantFrom('a', 'd'),
      args: fc.constantFrom([], ['--parallel-fetch-limit=8'], ["--odd=it's 100% $x"]),
      storage: fc
        .subarray(['/mnt/a', '/mnt/b', '/mnt/c with space'])
        .chain((paths) => fc.tuple(...paths.map((path) => arbitraryStorage(`${path}/${name}`)))),
    })
    .map(({ tasks, pc1, env, gpus, cpus, release, args, storage }) =>
      workerSpec(host, name, {
        tasks,
        limits: pc1 === undefined ? {} : { PC1: pc1 },
        env,
        args,
        storage,
        listen: { host: '10.0.0.11', port: name === 'two' ? 3457 : 3456 },
        release: {
          name: `seal-${release}`,
          worker: { file: '/build/seal-worker', sha256: digestOf(release), requiresCpu: [] },
        },
        ...(gpus === undefined ? {} : { gpus }),
        ...(cpus === undefined ? {} : { cpus }),
      }),
    );
}

function arbitraryStorage(path: string): fc.Arbitrary<StoragePathSpec> {
  return fc
    .record({
      weight: fc.integer({ min: 0, max: 20 }),
      maxStorageBytes: fc.constantFrom(0, 2 ** 40),
      groups: fc.subarray(['one', 'two']),
      allowTo: fc.subarray(['one', 'two']),
    })
    .map((changes) => storageSpec(path, changes));
}
