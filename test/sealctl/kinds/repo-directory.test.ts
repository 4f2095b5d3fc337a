import { describe, expect, it } from 'vitest';
import { oneWorker, daemonOf, fleetOf, found, planned, steps } from './planned.ts';

const repo = '/var/lib/sealctl/repos/main';
const spec = oneWorker({ runAs: 'seal' });
const closed = { type: 'directory', mode: '0700', owner: 'seal' };

describe("a daemon's repo", () => {
  it('is made for the account of the daemon alone, the miner’s too', async () => {
    const fleet = await fleetOf(spec);
    expect(fleet.host('worker-1').files.get(repo)).toEqual(closed);
    expect(fleet.host('miner-1').files.get('/var/lib/sealctl/repos/miner')).toMatchObject({ mode: '0700' });
  });

  it('that others may look into is drift, and closed without a restart', async () => {
    const fleet = await fleetOf(spec);
    fleet.host('worker-1').files.set(repo, { type: 'directory', mode: '0755', owner: 'root' });
    const { process } = daemonOf(fleet);
    const plan = fleet.plan(spec);
    expect(planned(plan)).toEqual(['repo-directory access: "0755" -> "0700" (live, drift)']);
    expect(steps(plan)).toEqual([`restrict ${repo} to its owner`]);
    await fleet.apply(plan);
    expect(fleet.host('worker-1').files.get(repo)).toEqual(closed);
    expect(daemonOf(fleet).process).toBe(process);
    expect(planned(fleet.plan(spec))).toEqual([]);
  });

  it('that a group may read, or that is a link, stays as the operator arranged it', async () => {
    const fleet = await fleetOf(spec);
    fleet.host('worker-1').files.set(repo, { type: 'directory', mode: '0750', owner: 'seal' });
    expect(planned(fleet.plan(spec))).toEqual([]);
    fleet.host('worker-1').files.set(repo, { type: 'link', target: '/mnt/nvme/repo' });
    expect(planned(fleet.plan(spec))).toEqual([]);
    expect(found(fleet.plan(spec))).toEqual([]);
  });
});
