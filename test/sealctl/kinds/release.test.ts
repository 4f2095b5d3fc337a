import { describe, expect, it } from 'vitest';
import type { ProgramSpec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import { digestOf } from '../model/spec.ts';
import { daemonOf, fleetOf, found, oneWorker, planned, steps } from './planned.ts';

const release = (character: string, program: Partial<ProgramSpec> = {}): Pick<WorkerSpec, 'release'> => ({
  release: {
    name: `seal-${character}`,
    worker: { file: '/build/seal-worker', sha256: digestOf(character), requiresCpu: [], ...program },
  },
});

describe('a release', () => {
  it('is uploaded first, then the daemon is drained, pointed at it and started', async () => {
    const fleet = await fleetOf(oneWorker(release('a')));
    const plan = fleet.plan(oneWorker(release('c')));
    expect(planned(plan)).toEqual([
      'release-store seal-c: null -> "seal-worker (cccccccccccc)" (live, change)',
      'release release: "aaaaaaaaaaaa" -> "seal-c (cccccccccccc)" (restart, change)',
    ]);
    expect(steps(plan)).toEqual([
      'upload seal-worker of seal-c',
      'cordon main',
      'wait until main is idle',
      'stop sealctl-worker-main',
      'point /opt/sealctl/releases/current/worker-main at seal-c',
      'start sealctl-worker-main',
      'wait until the miner lists worker-1-main',
    ]);
    await fleet.apply(plan);
    expect(daemonOf(fleet).process?.exe).toBe(`/opt/sealctl/releases/${digestOf('c')}/seal-worker`);
  });

  it('goes by itself when enough newer ones replaced it, in the apply that replaces it', async () => {
    const keepingOne = (character: string) => oneWorker(release(character), { keepReleases: 1 });
    const fleet = await fleetOf(keepingOne('a'));
    await fleet.apply(fleet.plan(keepingOne('c')));
    const host = fleet.host('worker-1');
    expect(host.probe([]).releases).toEqual([digestOf('c'), digestOf('a')]);
    await fleet.apply(fleet.plan(keepingOne('d')));
    expect(host.probe([]).releases).toEqual([digestOf('d'), digestOf('c')]);
    expect(planned(fleet.plan(keepingOne('d')))).toEqual([]);
  });

  it('is uploaded again when the program on the host is damaged', async () => {
    const fleet = await fleetOf(oneWorker(release('a')));
    const path = `/opt/sealctl/releases/${digestOf('a')}/seal-worker`;
    fleet.host('worker-1').programs.set(path, { sha256: digestOf('f'), uploaded: 0 });
    expect(planned(fleet.plan(oneWorker(release('a'))))).toEqual([
      'release-store seal-a: "damaged" -> "seal-worker (aaaaaaaaaaaa)" (live, drift)',
    ]);
  });

  it('is not put on a host whose CPU cannot run it', async () => {
    const fleet = await fleetOf(oneWorker(release('a')));
    const plan = fleet.plan(oneWorker(release('c', { requiresCpu: ['sha_ni', 'avx512f'] })));
    expect(found(plan)).toEqual(['error cpu-feature-missing']);
    expect(steps(plan)).toEqual([]);
  });

  it('is pointed at again when somebody turned the link', async () => {
    const fleet = await fleetOf(oneWorker(release('a')));
    const link = '/opt/sealctl/releases/current/worker-main';
    fleet.host('worker-1').files.set(link, { type: 'link', target: '/usr/bin/false' });
    expect(planned(fleet.plan(oneWorker(release('a'))))).toEqual([
      'release release: "/usr/bin/false" -> "seal-a (aaaaaaaaaaaa)" (restart, drift)',
    ]);
  });
});

describe('a service', () => {
  it('that somebody stopped is started', async () => {
    const fleet = await fleetOf(oneWorker());
    daemonOf(fleet).stop();
    const plan = fleet.plan(oneWorker());
    expect(planned(plan)).toEqual(['service state: "inactive" -> "active" (live, drift)']);
    await fleet.apply(plan);
    expect(daemonOf(fleet).process).toBeDefined();
    expect(planned(fleet.plan(oneWorker()))).toEqual([]);
  });

  it('whose process was started from an older program is restarted', async () => {
    const fleet = await fleetOf(oneWorker());
    const { process } = daemonOf(fleet);
    if (process === undefined) throw new Error('the worker does not run');
    Object.assign(process, { exe: `${process.exe} (deleted)` });
    expect(planned(fleet.plan(oneWorker()))).toEqual([
      `service program: "${process.exe}" -> "${process.exe.slice(0, -10)}" (restart, drift)`,
    ]);
  });

  it('that was removed from cluster.yaml is drained, stopped and cleaned away; its files and sectors differ', async () => {
    const fleet = await fleetOf(oneWorker());
    const host = fleet.host('worker-1');
    host.edit('/mnt/seal/sealed/s-t01000-1', 'sector');
    const without = oneWorker();
    const plan = fleet.plan({
      ...without,
      hosts: without.hosts.map((it) => ({ ...it, workers: [] })),
    });
    expect(steps(plan).slice(0, 3)).toEqual([
      'cordon main',
      'wait until main is idle',
      'stop sealctl-worker-main',
    ]);
    await fleet.apply(plan);
    expect(host.manifest).toEqual([]);
    expect([...host.files.keys()].filter((path) => path.startsWith('/etc'))).toEqual([]);
    expect(host.files.has('/mnt/seal/sealed/s-t01000-1')).toBe(true);
    expect(host.files.has('/mnt/seal/sectorstore.json')).toBe(true);
    expect(host.probe([]).releases).toEqual([]);
  });
});
