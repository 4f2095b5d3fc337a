import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import { minerDaemon, workerDaemon } from '../../../src/sealctl/kinds/daemon/daemon.ts';
import { clusterOf, specOf, workerIn } from '../spec/loading.ts';

const spec = specOf(
  clusterOf(
    'hosts: {m: {}, w: {release: r1, tasks: [C2]}, x: {release: r1, tasks: [C2], unit: lotus-worker.service}}',
  ),
);

function workerOn(name: string): ReturnType<typeof workerDaemon> {
  const host = spec.hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw new Error(`there is no host ${name}`);
  return workerDaemon(host, layoutOf(host), workerIn(spec, name));
}

describe('the service of a daemon', () => {
  it('the service of a worker has a name of sealctl unless the cluster file gives it one', () => {
    expect(workerOn('w').unitFile).toBe('/etc/systemd/system/sealctl-worker-main.service');
    expect(workerOn('x').unitFile).toBe('/etc/systemd/system/lotus-worker.service');
    expect(workerOn('x').serviceName).toBe('lotus-worker');
  });

  it('the service of the miner has a name of sealctl unless the cluster file gives it one', () => {
    const [host] = spec.hosts;
    if (host === undefined) throw new Error('there is no host');
    expect(minerDaemon(host, layoutOf(host), spec.miner).serviceName).toBe('sealctl-miner');
    expect(
      minerDaemon(host, layoutOf(host), { ...spec.miner, unit: 'lotus-miner.service' }).serviceName,
    ).toBe('lotus-miner');
  });
});
