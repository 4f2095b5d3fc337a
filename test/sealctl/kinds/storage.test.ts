import { describe, expect, it } from 'vitest';
import { newPathId } from '../../../src/sealctl/kinds/worker/path-id.ts';
import type { StoragePathSpec } from '../../../src/sealctl/spec/spec.ts';
import { storageSpec } from '../model/spec.ts';
import { daemonOf, fleetOf, found, oneWorker, planned, steps, textOf } from './planned.ts';

const file = '/mnt/seal/sectorstore.json';
const list = '/var/lib/sealctl/repos/main/storage.json';
const seal = (changes: Partial<StoragePathSpec> = {}) =>
  oneWorker({ storage: [storageSpec('/mnt/seal', changes)] });

describe('a storage path', () => {
  it('gets an identity that depends on nothing but cluster, host and path', async () => {
    const store = JSON.parse(textOf(await fleetOf(seal()), file)) as Record<string, unknown>;
    expect(store).toEqual({
      ID: newPathId('lab', 'worker-1', '/mnt/seal'),
      Weight: 10,
      CanSeal: true,
      CanStore: false,
      MaxStorage: 0,
      Groups: null,
      AllowTo: null,
      AllowTypes: null,
      DenyTypes: null,
      AllowMiners: null,
      DenyMiners: null,
    });
    expect(store['ID']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newPathId('lab', 'worker-1', '/mnt/sea')).not.toBe(newPathId('lab', 'worker-1', '/mnt/seal'));
    expect(newPathId('lab', 'worker-1/mnt', '/seal')).not.toBe(newPathId('lab', 'worker-1', '/mnt/seal'));
  });

  it('changes its groups by a redeclaration, without a restart', async () => {
    const fleet = await fleetOf(seal());
    const plan = fleet.plan(seal({ groups: ['g1'], weight: 20 }));
    expect(planned(plan)).toEqual([
      'sector-store Weight: 10 -> 20 (redeclare, change)',
      'sector-store Groups: null -> ["g1"] (redeclare, change)',
    ]);
    expect(steps(plan)).toEqual([`write ${file}`, 'redeclare /mnt/seal']);
    await fleet.apply(plan);
    expect(planned(fleet.plan(seal({ groups: ['g1'], weight: 20 })))).toEqual([]);
  });

  it('changes its size limit by a restart', async () => {
    const fleet = await fleetOf(seal());
    const plan = fleet.plan(seal({ maxStorageBytes: 2 ** 40 }));
    expect(planned(plan)).toEqual(['sector-store MaxStorage: 0 -> 1099511627776 (restart, change)']);
    expect(steps(plan)).toContain('stop sealctl-worker-main');
  });

  it('keeps its identity and every unknown field through changes', async () => {
    const fleet = await fleetOf(seal());
    const store = JSON.parse(textOf(fleet, file)) as Record<string, unknown>;
    fleet.host('worker-1').edit(file, JSON.stringify({ ...store, Note: { keep: ['me'] } }));
    const wanted = seal({ weight: 3 });
    await fleet.apply(fleet.plan(wanted));
    const after = JSON.parse(textOf(fleet, file)) as Record<string, unknown>;
    expect(after).toMatchObject({ ID: store['ID'], Weight: 3, Note: { keep: ['me'] } });
  });

  it('that was there before keeps its identity and what it holds', async () => {
    const fleet = await fleetOf(oneWorker({ storage: [] }));
    const host = fleet.host('worker-1');
    host.edit(
      file,
      JSON.stringify({ ID: 'old-id', Weight: 10, CanSeal: true, CanStore: false, MaxStorage: 0 }),
    );
    host.edit('/mnt/seal/sealed/s-t01000-1', 'sector');
    const plan = fleet.plan(seal());
    expect(found(plan)).toEqual([]);
    await fleet.apply(plan);
    expect((JSON.parse(textOf(fleet, file)) as { ID: string }).ID).toBe('old-id');
    expect(planned(fleet.plan(seal()))).toEqual([]);
  });

  it('is never created over sectors that lost their identity', async () => {
    const fleet = await fleetOf(oneWorker({ storage: [] }));
    fleet.host('worker-1').edit('/mnt/seal/sealed/s-t01000-1', 'sector');
    const plan = fleet.plan(seal());
    expect(found(plan)).toEqual(['error storage-foreign-data']);
    expect(steps(plan)).toEqual([]);
  });

  it('gets its old identity back when only its file was deleted', async () => {
    const fleet = await fleetOf(oneWorker({ storage: [] }));
    const host = fleet.host('worker-1');
    host.edit(
      file,
      JSON.stringify({ ID: 'old-id', Weight: 10, CanSeal: true, CanStore: false, MaxStorage: 0 }),
    );
    await fleet.apply(fleet.plan(seal()));
    host.edit('/mnt/seal/sealed/s-t01000-1', 'sector');
    host.delete(file);
    const plan = fleet.plan(seal());
    expect(planned(plan)[0]).toBe('sector-store ID: null -> "old-id" (live, drift)');
    await fleet.apply(plan);
    expect((JSON.parse(textOf(fleet, file)) as { ID: string }).ID).toBe('old-id');
  });

  it('is refused when its identity was changed, emptied or broken by hand', async () => {
    const fleet = await fleetOf(seal());
    const store = JSON.parse(textOf(fleet, file)) as Record<string, unknown>;
    const host = fleet.host('worker-1');
    const codes: string[] = [];
    for (const text of [
      JSON.stringify({ ...store, ID: 'other' }),
      JSON.stringify({ ...store, ID: '' }),
      '{"ID":',
      '[]',
      JSON.stringify({ ...store, Weight: 'heavy' }),
    ]) {
      host.edit(file, text);
      const plan = fleet.plan(seal({ weight: 99 }));
      codes.push(...found(plan));
      expect(steps(plan)).toEqual([]);
    }
    expect(codes).toEqual([
      'error storage-id-changed',
      'error storage-id-missing',
      'error storage-file-broken',
      'error storage-file-broken',
      'error storage-file-broken',
    ]);
  });

  it('that must be mounted is never made a directory', async () => {
    const fleet = await fleetOf(oneWorker({ storage: [] }));
    expect(found(fleet.plan(seal({ mount: true })))).toEqual(['error mount-missing']);
    fleet.host('worker-1').edit('/mnt/seal/lost+found/x', '');
    fleet.host('worker-1').hardware.mounts.add('/mnt/seal');
    expect(found(fleet.plan(seal({ mount: true })))).toEqual([]);
    expect(textOf(await fleetOf(seal()), '/etc/systemd/system/sealctl-worker-main.service')).not.toContain(
      'RequiresMountsFor',
    );
  });

  it('is redeclared when the miner knows other attributes than the file has', async () => {
    const fleet = await fleetOf(seal());
    const wanted = textOf(fleet, file);
    fleet.host('worker-1').edit(file, wanted.replace('"Weight": 10', '"Weight": 99'));
    daemonOf(fleet).tell({ do: 'redeclare', storageId: newPathId('lab', 'worker-1', '/mnt/seal') });
    fleet.host('worker-1').edit(file, wanted);
    const plan = fleet.plan(seal());
    expect(planned(plan)).toEqual(['sector-store Weight: 99 -> 10 (redeclare, drift)']);
    expect(steps(plan)).toEqual(['redeclare /mnt/seal']);
  });

  it('is detached and kept when it goes from cluster.yaml', async () => {
    const fleet = await fleetOf(seal());
    fleet.host('worker-1').edit('/mnt/seal/sealed/s-t01000-1', 'sector');
    const plan = fleet.plan(oneWorker({ storage: [] }));
    const before = daemonOf(fleet).process?.pid;
    await fleet.apply(plan);
    expect(daemonOf(fleet).process?.pid).toBe(before);
    expect(daemonOf(fleet).declared()).toEqual([]);
    expect(textOf(fleet, '/mnt/seal/sealed/s-t01000-1')).toBe('sector');
    expect(fleet.host('worker-1').files.has(file)).toBe(true);
    expect(planned(fleet.plan(oneWorker({ storage: [] })))).toEqual([]);
  });
});

describe("the worker's list of storage paths", () => {
  const two = oneWorker({ storage: [storageSpec('/mnt/seal'), storageSpec('/mnt/more')] });

  it('grows while the worker runs', async () => {
    const fleet = await fleetOf(seal());
    const before = daemonOf(fleet).process?.pid;
    const plan = fleet.plan(two);
    expect(planned(plan)).toContain('storage-list /mnt/more: null -> "attached" (live, change)');
    await fleet.apply(plan);
    expect(daemonOf(fleet).process?.pid).toBe(before);
    expect(daemonOf(fleet).declared()).toHaveLength(2);
    expect(planned(fleet.plan(two))).toEqual([]);
  });

  it('is written to the file instead when the worker restarts anyway', async () => {
    const fleet = await fleetOf(seal());
    const both = oneWorker({
      storage: [storageSpec('/mnt/seal'), storageSpec('/mnt/more')],
      env: { RUST_LOG: 'info' },
    });
    const plan = fleet.plan(both);
    expect(steps(plan)).not.toContain('attach /mnt/more');
    await fleet.apply(plan);
    expect(daemonOf(fleet).declared()).toHaveLength(2);
    expect(planned(fleet.plan(both))).toEqual([]);
  });

  it('keeps what somebody attached by hand, and says so', async () => {
    const fleet = await fleetOf(seal());
    fleet.host('worker-1').edit('/mnt/hand/sectorstore.json', JSON.stringify({ ID: 'h', CanSeal: true }));
    daemonOf(fleet).tell({ do: 'attach', path: '/mnt/hand' });
    const plan = fleet.plan(seal());
    expect(planned(plan)).toEqual([]);
    expect(found(plan)).toEqual(['warning foreign-storage-path']);
    await fleet.apply(fleet.plan(oneWorker({ storage: [], env: { RUST_LOG: 'info' } })));
    expect(textOf(fleet, list)).toContain('/mnt/hand');
    expect(textOf(fleet, list)).not.toContain('/mnt/seal');
  });

  it('is fixed by a restart when it names a path twice, or one that is not open', async () => {
    const fleet = await fleetOf(seal());
    fleet
      .host('worker-1')
      .edit(list, JSON.stringify({ StoragePaths: [{ Path: '/mnt/seal' }, { Path: '/mnt/seal' }] }));
    expect(planned(fleet.plan(seal()))).toEqual([
      'storage-list duplicates: ["/mnt/seal"] -> null (restart, drift)',
    ]);
    await fleet.apply(fleet.plan(seal()));
    expect(planned(fleet.plan(seal()))).toEqual([]);
    daemonOf(fleet).tell({ do: 'detach', path: '/mnt/seal' });
    fleet.host('worker-1').edit(list, JSON.stringify({ StoragePaths: [{ Path: '/mnt/seal' }] }));
    expect(planned(fleet.plan(seal()))).toEqual([
      'storage-list /mnt/seal: "listed but not open" -> "attached" (restart, drift)',
    ]);
  });

  it('is attached again when somebody detached it', async () => {
    const fleet = await fleetOf(seal());
    daemonOf(fleet).tell({ do: 'detach', path: '/mnt/seal' });
    const plan = fleet.plan(seal());
    expect(planned(plan)).toEqual(['storage-list /mnt/seal: null -> "attached" (live, drift)']);
    await fleet.apply(plan);
    expect(planned(fleet.plan(seal()))).toEqual([]);
  });

  it('that is broken is left for a human', async () => {
    const fleet = await fleetOf(seal());
    fleet.host('worker-1').edit(list, '{');
    expect(found(fleet.plan(seal()))).toEqual(['error storage-list-broken']);
  });
});

describe('the tasks of a running worker', () => {
  it('are set right again when somebody switched one off', async () => {
    const spec = oneWorker({ tasks: ['PC1', 'C2'] });
    const fleet = await fleetOf(spec);
    daemonOf(fleet).tell({ do: 'set-tasks', enable: [], disable: ['seal/v0/commit/2'] });
    const plan = fleet.plan(spec);
    expect(planned(plan).map((line) => line.slice(-'(live, drift)'.length))).toEqual(['(live, drift)']);
    expect(steps(plan)).toEqual(['set the tasks of sealctl-worker-main']);
    await fleet.apply(plan);
    expect(planned(fleet.plan(spec))).toEqual([]);
  });
});
