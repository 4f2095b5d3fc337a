import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { filesIn } from '../../src/sealctl/spec/file-reader.ts';
import { loadCluster } from '../../src/sealctl/spec/load-cluster.ts';
import type { Spec } from '../../src/sealctl/spec/spec.ts';
import type { Sshd } from '../../test/sealctl/ssh/sshd.ts';
import type { Daemons } from './daemons.ts';

/** Loopback address of the host with this number. */
export function addressOf(index: number): string {
  return `127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
}

/** A program that does nothing until it is told to end: what the hosts run in the place of a worker. */
export function buildIdleProgram(directory: string): string {
  const program = join(directory, 'seal-worker');
  const source = 'int pause(void);\nint main(void) { return pause(); }\n';
  const { status, stderr } = spawnSync('cc', ['-x', 'c', '-O1', '-o', program, '-'], { input: source });
  if (status !== 0) throw new Error(`cc, which builds the addon too, is needed here: ${String(stderr)}`);
  return program;
}

export interface ClusterOptions {
  readonly hosts: number;
  readonly sshd: Sshd;
  readonly daemons: Daemons;
  /** Where the trees of the hosts lie. */
  readonly trees: string;
  readonly program: string;
}

/** Writes DIRECTORY/cluster.yaml: hosts of one worker each without systemd, all behind one sshd, each below a directory of its own. */
export function writeCluster(directory: string, options: ClusterOptions): Spec {
  const { sshd, daemons, trees, program } = options;
  const { port, user, identity, knownHosts } = sshd;
  const sha256 = createHash('sha256').update(readFileSync(program)).digest('hex');
  const hosts = Array.from({ length: options.hosts }, (_, index) => {
    const tree = join(trees, `h${index}`);
    mkdirSync(tree, { recursive: true });
    return [
      `h${index}`,
      {
        address: addressOf(index),
        root: join(tree, 'sealctl'),
        tasks: ['AP', 'PC1'],
        limits: { PC1: 2 },
        listen: `${addressOf(index)}:${daemons.workerPort}`,
        storage: [{ path: join(tree, 'seal'), use: 'seal' }],
      },
    ] as const;
  });
  const cluster = {
    version: 1,
    cluster: 'bench',
    actor: 'f01000',
    sectorSize: '32GiB',
    releases: { idle: { worker: { file: program, sha256 } } },
    defaults: {
      release: 'idle',
      services: 'supervisor',
      ssh: { port, user, identityFile: identity, knownHosts },
      ulimits: { nofile: 1024 },
      env: { SEAL_WORKER_MIN_NOFILE: '1024', FIL_PROOFS_PARAMETER_CACHE: '/var/tmp/params' },
    },
    miner: {
      host: 'h0',
      managed: false,
      listen: `${addressOf(0)}:${daemons.minerPort}`,
      token: { env: 'BENCH_TOKEN' },
    },
    rollout: { maxUnavailable: '100%', healthyFor: '0s' },
    hosts: Object.fromEntries(hosts),
  };
  const file = join(directory, 'cluster.yaml');
  writeFileSync(file, stringify(cluster));
  const { spec, problems } = loadCluster(file, filesIn(directory));
  if (spec === undefined) throw new Error(JSON.stringify(problems, undefined, 2));
  return spec;
}
