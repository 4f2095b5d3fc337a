import { expect, test } from 'vitest';
import { ModelFleet } from '../model/fleet.ts';
import { clusterSpec, hostSpec, workerSpec } from '../model/spec.ts';

test('a host that is given another name in cluster.yaml is neither cleaned nor set up anew', async () => {
  const fleet = new ModelFleet();
  const before = clusterSpec([hostSpec('miner-1', []), hostSpec('old', [workerSpec('old', 'main')])]);
  await fleet.apply(fleet.plan(before));
  const machine = fleet.host('old');

  const after = clusterSpec([
    hostSpec('miner-1', []),
    {
      ...hostSpec('new', [workerSpec('new', 'main', { label: 'old-main' })]),
      address: before.hosts[1]?.address ?? '',
    },
  ]);
  fleet.hosts.set('new', machine);
  fleet.hosts.delete('old');
  const plan = fleet.plan(after);
  const changes = plan.document.hosts.flatMap((host) => host.changes);
  expect(changes.filter(({ action }) => action === 'delete')).toEqual([]);
  expect(changes.flatMap(({ fields }) => fields.map((field) => field.class))).not.toContain('refuse');
  await fleet.apply(plan);
  expect(fleet.plan(after).document.hosts.flatMap((host) => host.changes)).toEqual([]);
  const { manifest } = machine.probe([]);
  expect(manifest.length).toBeGreaterThan(3);
  for (const { id } of manifest) expect(id).toMatch(/^new\//);
});
