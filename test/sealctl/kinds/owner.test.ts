import { describe, expect, it } from 'vitest';
import { ownersOn, type Owner } from '../../../src/sealctl/kinds/core/owner.ts';
import type { MinerSpec } from '../../../src/sealctl/spec/spec.ts';
import { clusterSpec, hostSpec, minerSpec, workerSpec } from '../model/spec.ts';

const workers = [workerSpec('both', 'pc1'), workerSpec('both', 'c2')];
const hosts = [
  hostSpec('both', workers),
  hostSpec('other', [workerSpec('other', 'main')]),
  hostSpec('bare', []),
];

/** The owners on a host of a cluster with this miner. */
function ownersOf(name: string, miner: MinerSpec = minerSpec('both')): Owner[] {
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) throw new RangeError(`no host is called ${name}`);
  return ownersOn(host, clusterSpec(hosts, { miner }));
}

/** Each owner by what it is and the service it has. */
function named(owners: readonly Owner[]): string[] {
  return owners.map((owner) => (owner.of === 'host' ? 'host' : `${owner.of} ${owner.daemon.serviceName}`));
}

describe('the owners of resources on a host', () => {
  it('are the host, then the miner, then the workers in their order', () => {
    expect(named(ownersOf('both'))).toEqual([
      'host',
      'miner sealctl-miner',
      'worker sealctl-worker-pc1',
      'worker sealctl-worker-c2',
    ]);
  });

  it('are none on a host without a daemon', () => {
    expect(ownersOf('bare')).toEqual([]);
    expect(named(ownersOf('bare', minerSpec('bare')))).toEqual(['host', 'miner sealctl-miner']);
  });

  it('have no miner where the miner runs on another host, is not managed or has no release', () => {
    const { release: _release, ...unreleased } = minerSpec('both');
    const places = [
      ownersOf('other'),
      ownersOf('both', minerSpec('both', { managed: false })),
      ownersOf('both', unreleased),
    ];
    for (const owners of places) {
      expect(owners.map(({ of }) => of)).not.toContain('miner');
      expect(owners[0]).not.toHaveProperty('miner');
      expect(named(owners).length).toBeGreaterThan(1);
    }
  });

  it('have the miner on the host that it runs on', () => {
    expect(ownersOf('both')[0]).toMatchObject({ of: 'host', miner: { host: 'both' } });
  });
});
