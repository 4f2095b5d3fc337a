import type { SectorSize } from '@sealctl/core/lotus/sector-size';
import { probeKey } from '../../host/probe/facts.ts';
import type { MinerSpec, Spec } from '../../spec/spec.ts';
import type { SecretRef } from '@sealctl/core/secret/secret';
import type { Daemon } from '../daemon/daemon.ts';
import { unchanged } from '../core/file-difference.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { Resource } from '../../model/kind.ts';

/** The miner's identity: its repo with keys and database, made once by `init` and never touched again. */
export interface MinerRepo {
  readonly daemon: Daemon;
  readonly actor: string;
  readonly sectorSize: SectorSize;
  readonly env: Readonly<Record<string, string | SecretRef>>;
}

/** `init` may talk to a node of the chain for a while. */
const initTimeoutMs = 15 * 60_000;

export function minerRepoOf(daemon: Daemon, miner: MinerSpec, spec: Spec): Resource<MinerRepo> {
  return {
    kind: 'miner-repo',
    id: `${daemon.id}/repo`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon, actor: spec.actor, sectorSize: spec.sectorSize, env: miner.env },
    origins: miner.origins,
  };
}

export const minerRepo: ManagedKind<MinerRepo, 'miner-repo'> = {
  name: 'miner-repo',
  after: ['miner-config'],
  desired: (owner) => (owner.of === 'miner' ? [minerRepoOf(owner.daemon, owner.miner, owner.spec)] : []),
  probe: ({ desired: { daemon } }) => [{ ask: 'directory', path: keystore(daemon) }],
  diff: ({ desired: { daemon, actor, sectorSize, env } }, { facts }) => {
    const found = facts.directories.get(probeKey({ ask: 'directory', path: keystore(daemon) }));
    // Lotus takes a repo for initialized when it has a keystore.
    if (found?.type === 'directory') return unchanged();
    return {
      action: 'create',
      fields: [
        {
          field: 'repo',
          before: { show: 'value', value: null },
          after: { show: 'value', value: `${daemon.repo} of ${actor}, ${sectorSize}` },
          class: 'live',
          cause: 'change',
          reason: 'the repo has no keystore: the miner was never initialized',
        },
      ],
      findings: [],
      steps: [
        {
          title: `initialize the miner at ${daemon.repo}`,
          phase: 'configure',
          on: 'host',
          operation: {
            do: 'run',
            argv: [
              daemon.programLink,
              'init',
              `--actor=${actor}`,
              `--sector-size=${sectorSize}`,
              '--no-local-storage',
            ],
            env: {
              ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, [value]])),
              LOTUS_MINER_PATH: [daemon.repo],
            },
            ...(daemon.runAs === undefined ? {} : { runAs: daemon.runAs }),
            timeoutMs: initTimeoutMs,
            unless: keystore(daemon),
          },
        },
      ],
    };
  },
  probeOwned: () => [],
  remove: () => unchanged(),
};

function keystore({ repo }: Daemon): string {
  return `${repo}/keystore`;
}
