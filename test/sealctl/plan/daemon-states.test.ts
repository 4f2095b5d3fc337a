import { describe, expect, it } from 'vitest';
import type { HostFacts, ManifestEntry, ServiceFact } from '../../../src/sealctl/host/probe/facts.ts';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import { kinds } from '../../../src/sealctl/kinds/index.ts';
import type { DaemonRef, Resource } from '../../../src/sealctl/model/kind.ts';
import { daemonStates } from '../../../src/sealctl/plan/diff/daemon-states.ts';
import { clusterSpec, hostSpec, workerSpec } from '../model/spec.ts';

const [pc1, pc2] = [workerSpec('h', 'pc1'), workerSpec('h', 'pc2')];
const host = hostSpec('h', [pc1, pc2]);
const resources = compile(clusterSpec([host])).get('h') ?? [];
const factsOf = (running: readonly string[], manifest: readonly ManifestEntry[] = []) =>
  ({
    manifest,
    services: new Map(running.map((name) => [`service ${name}`, { process: { pid: 7 } } as ServiceFact])),
  }) as unknown as HostFacts;
const service = (id: string, path: string): ManifestEntry => ({ id, kind: 'service', path, sha256: '-' });

describe('the daemons of a host', () => {
  it('are the miner and then the workers, each with its service and what cluster.yaml has of it', () => {
    const [miner, first, second] = [
      { role: 'miner' },
      { role: 'worker', name: 'pc1' },
      { role: 'worker', name: 'pc2' },
    ] as const;
    const workersFirst = resources.toSorted((a, b) => Number(isMiners(a)) - Number(isMiners(b)));
    expect(workersFirst.findIndex(isMiners)).toBeGreaterThan(3);
    const named = (name: string) => ({ manager: 'systemd', name });
    expect(daemonStates(host, workersFirst, [], factsOf(['sealctl-worker-pc2']), kinds)).toEqual([
      { daemon: miner, service: named('sealctl-miner'), running: false, wanted: true, worker: undefined },
      { daemon: first, service: named('sealctl-worker-pc1'), running: false, wanted: true, worker: pc1 },
      { daemon: second, service: named('sealctl-worker-pc2'), running: true, wanted: true, worker: pc2 },
    ]);
  });

  it('keep their order beside the miner', () => {
    const back: DaemonRef[] = [
      { role: 'worker', name: 'z' },
      { role: 'worker', name: 'a' },
      { role: 'miner' },
    ];
    const manifest = [
      service('h/worker/a/service', 'a'),
      service('h/worker/z/service', 'z'),
      service('h/miner/service', 'm'),
    ];
    const states = daemonStates(undefined, [], back, factsOf(['z'], manifest), kinds);
    expect(states.map((state) => state.service.name)).toEqual(['m', 'z', 'a']);
  });

  it('that the manifest alone remembers are not wanted, once each, and have no worker in cluster.yaml', () => {
    const old: DaemonRef = { role: 'worker', name: 'old' };
    const manifest = [service('h/worker/old/service', 'lotus-worker')];
    const state = {
      daemon: old,
      service: { manager: 'systemd', name: 'lotus-worker' },
      running: true,
      wanted: false,
      worker: undefined,
    };
    const facts = factsOf(['lotus-worker'], manifest);
    expect(daemonStates(undefined, [], [undefined, old, old], facts, kinds)).toEqual([state]);
    expect(daemonStates(hostSpec('h', []), [], [old], facts, kinds)).toEqual([state]);
  });

  it('are not wanted for anything but a service of theirs', () => {
    const others = resources.filter(({ kind }) => kind !== 'service');
    const manifest = [service('h/worker/pc1/service', 'sealctl-worker-pc1')];
    const states = daemonStates(host, others, [], factsOf([], manifest), kinds);
    expect(states.map(({ service: { name }, wanted }) => ({ name, wanted }))).toEqual([
      { name: 'sealctl-worker-pc1', wanted: false },
    ]);
  });
});

function isMiners({ daemon }: Resource): boolean {
  return daemon?.role === 'miner';
}
