import type { Sandbox } from './host.ts';

/** What differs from story to story in the cluster of a sandbox. */
export interface SandboxCluster {
  readonly sandbox: Sandbox;
  /** The first host carries the miner; the others a worker each. */
  readonly ports: { readonly miner: number; readonly worker: (host: string) => number };
  /** Absolute path of the generated release file. */
  readonly release: string;
  readonly pc1Limit: number;
}

/**
 * The three-worker storage-group case of Lotus's page on seal workers, on sandbox hosts: worker-1 and worker-2 keep their sectors,
 * worker-3 feeds worker-1.
 */
export function storageGroupCluster({ sandbox, ports, release, pc1Limit }: SandboxCluster): string {
  const host = (name: string): string => {
    const found = sandbox.hosts.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`the sandbox has no host ${name}`);
    return `{ user: ${found.user}, port: ${found.port} }`;
  };
  const root = (name: string): string =>
    sandbox.hosts.find((candidate) => candidate.name === name)?.root ?? '';
  const worker = (name: string, tasks: string, limits: string): string => `  ${name}:
    address: 127.0.0.1
    ssh: ${host(name)}
    root: ${root(name)}/sealctl
    tasks: ${tasks}
    limits: ${limits}
    listen: 127.0.0.1:${ports.worker(name)}
    storage:
      - { path: ${root(name)}/seal, use: seal }
`;
  return `version: 1
cluster: demo
actor: f01000
sectorSize: 2KiB

releases:
  local: { manifest: ${release} }

taskSets:
  precommit: [AP, PC1, PC2]
  pc1-only: [PC1]

storageGroups:
  group-1: { members: [worker-1], feeders: [worker-3] }
  group-2: { members: [worker-2] }

defaults:
  release: local
  services: supervisor
  ssh: { identityFile: ${sandbox.identityFile}, knownHosts: ${sandbox.knownHostsFile} }
  env:
    SEAL_WORKER_MIN_NOFILE: "1024"

miner:
  host: miner-1
  listen: 127.0.0.1:${ports.miner}
  tasks: []

hosts:
  miner-1:
    address: 127.0.0.1
    ssh: ${host('miner-1')}
    root: ${root('miner-1')}/sealctl

${worker('worker-1', 'precommit', `{ PC1: ${pc1Limit}, PC2: 1 }`)}
${worker('worker-2', 'precommit', '{ PC1: 4, PC2: 1 }')}
${worker('worker-3', 'pc1-only', '{ PC1: 8 }')}
rollout:
  maxUnavailable: 1
  canary: worker-3
  healthyFor: 1s
`;
}
