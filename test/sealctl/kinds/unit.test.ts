import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unitQuote } from '../../../src/sealctl/host/quote.ts';
import { unitWords } from '../model/words.ts';
import { daemonOf, fleetOf, found, oneWorker, planned, steps, textOf } from './planned.ts';

const file = '/etc/systemd/system/sealctl-worker-main.service';

describe('the unit of a worker', () => {
  it('restarts it always, limits it, and leaves the GPUs alone', async () => {
    const text = textOf(
      await fleetOf(oneWorker({ cpus: '0-7', memoryBytes: 2 ** 36, runAs: 'sealer' })),
      file,
    );
    expect(text).toContain('\nRestart=always\n');
    expect(text).toContain('\nStartLimitIntervalSec=0\n');
    expect(text).toContain('\nLimitNOFILE=1048576\nLimitCORE=1\n');
    expect(text).toContain('\nCPUAffinity=0-7\n');
    expect(text).toContain('\nMemoryMax=68719476736\n');
    expect(text).toContain('\nUser=sealer\n');
    expect(text).toContain('\nUnsetEnvironment=NODE_OPTIONS\n');
    expect(text).not.toContain('NoNewPrivileges');
    expect(text).not.toContain('PrivateDevices');
    expect(text).not.toContain('model-token');
  });

  it('is hardened further when it has no GPU to reach', async () => {
    const text = textOf(await fleetOf(oneWorker({ gpus: [] })), file);
    expect(text).toContain('\nNoNewPrivileges=yes\n');
    expect(text).toContain('\nPrivateDevices=yes\n');
  });

  it('quotes every word so that it is read back as it was', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const line = words.map((text) => unitQuote(text, 'exec')).join(' ');
        expect(line).not.toMatch(/[\n\r]/);
        expect(unitWords(line)).toEqual(words);
      }),
    );
  });
});

describe('a plan for a unit', () => {
  it('changes tasks that the running worker can be told without a restart', async () => {
    const fleet = await fleetOf(oneWorker({ tasks: ['PC1'] }));
    const plan = fleet.plan(oneWorker({ tasks: ['PC1', 'PC2'] }));
    expect(planned(plan)).toEqual(
      [
        'unit tasks: ["PC1"] -> ["PC1","PC2"] (live, change)',
        'task-set tasks: ["FIN","GET","FRU","C1","PC1","PR1"] -> ["FIN","GET","FRU","C1","PC2","PC1","PR1"] (live, change)',
      ].map((line) => line.replaceAll('"FIN"', '"FUS","FIN"')),
    );
    const before = daemonOf(fleet).process?.pid;
    await fleet.apply(plan);
    expect(daemonOf(fleet).process?.pid).toBe(before);
    expect(planned(fleet.plan(oneWorker({ tasks: ['PC1', 'PC2'] })))).toEqual([]);
  });

  it('restarts for tasks that need proof parameters', async () => {
    const fleet = await fleetOf(oneWorker({ tasks: ['PC1'] }));
    const plan = fleet.plan(oneWorker({ tasks: ['PC1', 'C2'] }));
    expect(planned(plan)[0]).toBe('unit tasks: ["PC1"] -> ["PC1","C2"] (restart, change)');
    expect(steps(plan)).toContain('stop sealctl-worker-main');
  });

  it('restarts for another limit, and not for what only systemd reads', async () => {
    const fleet = await fleetOf(oneWorker());
    expect(planned(fleet.plan(oneWorker({ ulimits: { nofile: 200_000 } })))).toEqual([
      'unit LimitNOFILE: "1048576" -> "200000" (restart, change)',
    ]);
    fleet.host('worker-1').edit(file, textOf(fleet, file).replace('RestartSec=5', 'RestartSec=50'));
    const plan = fleet.plan(oneWorker());
    expect(planned(plan)).toEqual(['unit RestartSec: "50" -> "5" (live, drift)']);
    expect(steps(plan)).toEqual([`write ${file}`, 'reload the systemd units']);
  });

  it('makes systemd read a file that was put right behind its back', async () => {
    const fleet = await fleetOf(oneWorker());
    const wanted = textOf(fleet, file);
    fleet.host('worker-1').edit(file, `${wanted}# edited\n`);
    await fleet.host('worker-1').run({ do: 'service', manager: 'systemd', name: 'x', verb: 'reload' });
    fleet.host('worker-1').edit(file, wanted);
    const plan = fleet.plan(oneWorker());
    expect(steps(plan)).toEqual(['reload the systemd units']);
    await fleet.apply(plan);
    expect(planned(fleet.plan(oneWorker()))).toEqual([]);
  });

  it('restarts a process that runs with fewer files than it could have', async () => {
    const fleet = await fleetOf(oneWorker());
    fleet.host('worker-1').hardware.nofileHard = 150_000;
    expect(found(fleet.plan(oneWorker()))).toEqual(['warning nofile-unreachable']);
    expect(planned(fleet.plan(oneWorker()))).toEqual([]);
    const low = await fleetOf(oneWorker({ ulimits: { nofile: 4096 } }));
    low.host('worker-1').edit(file, textOf(low, file).replace('LimitNOFILE=4096', 'LimitNOFILE=1048576'));
    await low.host('worker-1').run({ do: 'service', manager: 'systemd', name: 'x', verb: 'reload' });
    expect(planned(low.plan(oneWorker()))).toContain('unit nofile: 4096 -> 1048576 (restart, drift)');
  });

  it('warns of GPUs that the host does not show', async () => {
    const fleet = await fleetOf(oneWorker({ gpus: ['0', 'GPU-5b1c'] }));
    const { hardware } = fleet.host('worker-1');
    hardware.gpus = [{ index: 0, uuid: 'GPU-5b1c3c3e-0f0a', name: 'RTX A5000' }];
    expect(found(fleet.plan(oneWorker({ gpus: ['0', 'GPU-5b1c'] })))).toEqual([]);
    expect(found(fleet.plan(oneWorker({ gpus: ['1'] })))).toEqual(['warning gpus-missing']);
    expect(found(fleet.plan(oneWorker({ gpus: ['MIG-1'] })))).toEqual([]);
  });

  it('warns of CPUs that are not there and refuses when none is', async () => {
    const some = await fleetOf(oneWorker({ cpus: '60-70' }));
    expect(found(some.plan(oneWorker({ cpus: '60-70' })))).toEqual(['warning cpus-missing']);
    expect(found(some.plan(oneWorker({ cpus: '100-110' })))).toEqual(['error cpus-missing']);
  });

  it('names a single CPU of a host as one, and several as a range', async () => {
    const fleet = await fleetOf(oneWorker({ cpus: '0' }));
    const { hardware } = fleet.host('worker-1');
    const told = (cpus: string) =>
      fleet
        .plan(oneWorker({ cpus }))
        .document.hosts.flatMap(({ findings }) => findings.map(({ summary, why }) => `${summary}: ${why}`));
    hardware.cpus = 1;
    expect(told('0-1')).toEqual([
      'sealctl-worker-main is pinned to CPU 1, but the host has only CPU 0: the host has 1 CPU',
    ]);
    hardware.cpus = 4;
    expect(told('0-5')).toEqual([
      'sealctl-worker-main is pinned to CPUs 4-5, but the host has only CPUs 0-3: the host has 4 CPUs',
    ]);
  });

  it('says that the supervisor cannot limit memory', async () => {
    const host = { services: 'supervisor', root: '/srv/sealctl' } as const;
    const fleet = await fleetOf(oneWorker({ memoryBytes: 2 ** 30 }, host));
    expect(found(fleet.plan(oneWorker({ memoryBytes: 2 ** 30 }, host)))).toEqual([
      'warning memory-not-limited',
    ]);
  });

  it('refuses to run a daemon twice under two names', async () => {
    const fleet = await fleetOf(oneWorker());
    const renamed = fleet.plan(oneWorker({ unit: 'other.service' }));
    expect(found(renamed)).toEqual(['error service-renamed']);
    expect(steps(renamed)).toEqual([]);
    daemonOf(fleet).stop();
    const plan = fleet.plan(oneWorker({ unit: 'other.service' }));
    expect(found(plan)).toEqual([]);
    await fleet.apply(plan);
    expect(fleet.host('worker-1').files.has(file)).toBe(false);
    expect(planned(fleet.plan(oneWorker({ unit: 'other.service' })))).toEqual([]);
  });
});
