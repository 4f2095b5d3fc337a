import { describe, expect, it } from 'vitest';
import { inSteps } from '../projects/steps.ts';
import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import { clusterOf, hostKeys, sealingPath, type ClusterBase } from './cluster-file.ts';
import { daemonCommand, listedWorkers } from './daemons.ts';
import { apply, expectNothingToDo, fieldLines, plan } from './plans.ts';
import type { Fixture } from './fixture.ts';
import { gpus, pathWithGpus, installFakeGpus } from './fake-gpus.ts';

/** The workers of box-1 with what each has for itself. */
const shares = {
  a: { cpus: '0', gpus: [0], memory: '600MiB' },
  b: { cpus: '1', gpus: [1], memory: '700MiB' },
};

/** node-1 carries the miner and a worker, box-1 two workers, each with a CPU, a GPU and memory of its own. */
export function severalWorkersCluster(testbed: ClusterBase): ClusterFile {
  const node = testbed.host('node-1');
  const box = testbed.host('box-1');
  const env = { PATH: pathWithGpus(box) };
  return clusterOf(testbed, 'node-1', {
    hosts: {
      'node-1': {
        ...node.keys,
        tasks: ['AP'],
        listen: node.listen(1),
        storage: [sealingPath(node)],
      },
      'box-1': {
        ...box.keys,
        workers: {
          a: { ...shares.a, env, tasks: ['PC1'], listen: box.listen(0), storage: [sealingPath(box, 'a')] },
          b: { ...shares.b, env, tasks: ['PC2'], listen: box.listen(1), storage: [sealingPath(box, 'b')] },
        },
      },
    },
    rollout: { healthyFor: '1s' },
  });
}

/** Several daemons on one machine, and what becomes of those that cluster.yaml no longer names. */
export function severalWorkersStories(fixture: Fixture): void {
  inSteps('file');

  describe('several daemons on one host', () => {
    it('two daemons of a host with the same port are refused', async () => {
      const { testbed, cluster } = fixture;
      const right = structuredClone(hostKeys(cluster.now(), 'box-1'));
      cluster.edit((file) => {
        const { workers } = hostKeys(file, 'box-1');
        if (workers?.['b']) workers['b'].listen = testbed.host('box-1').listen(0);
      });
      const { code, err } = await testbed.sealctl('validate');
      expect(code).toBe(1);
      expect(err).toContain(testbed.host('box-1').listen(0).split(':')[1]);
      cluster.edit((file) => {
        file.hosts['box-1'] = right;
      });
    });

    it('two workers run on one host, and a worker runs beside the miner', async () => {
      const { testbed } = fixture;
      await installFakeGpus(testbed, 'box-1');
      await apply(testbed);
      expect(await listedWorkers(testbed, 'node-1')).toEqual(['box-1-a', 'box-1-b', 'node-1-main']);
      expect(await testbed.pid('node-1', 'sealctl-miner')).toBeDefined();
      const info = await daemonCommand(testbed, 'box-1', 'worker-b', 'info');
      expect(info).toMatch(/^Task types: .*\bPC2\b/m);
      expect(info).not.toMatch(/\bPC1\b/);
    });

    it('daemons on one host use their own CPUs, ports and repos', async () => {
      const { testbed } = fixture;
      for (const [name, cpu] of [
        ['a', '0'],
        ['b', '1'],
      ] as const) {
        const pid = await testbed.pid('box-1', `sealctl-worker-${name}`);
        expect(
          await testbed.shell('box-1', `sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/${pid}/status`),
        ).toBe(cpu);
        const port = testbed
          .host('box-1')
          .listen(name === 'a' ? 0 : 1)
          .split(':')[1];
        expect(await testbed.shell('box-1', `cat '${testbed.layout('box-1').repos}/${name}/api'`)).toContain(
          `/tcp/${port}`,
        );
      }
    });
  });

  describe('two workers on one host', () => {
    it('two workers on one host have a GPU each, and the miner counts no other', async () => {
      const { testbed } = fixture;
      for (const [name, { gpus: own }] of Object.entries(shares)) {
        const pid = await testbed.pid('box-1', `sealctl-worker-${name}`);
        const variables = await testbed.shell('box-1', `tr '\\0' '\\n' </proc/${pid}/environ`);
        expect(variables.split('\n')).toContain(`CUDA_VISIBLE_DEVICES=${own.join()}`);
        const shown = (await listing(name)).match(/(?<=\tGPU: )\w+(?=, not used)/g);
        expect(shown, name).toEqual(own.map((index) => gpus[index]));
      }
    });

    it('two workers on one host have memory limits of their own, or the plan says that the host cannot set them', async () => {
      const { testbed } = fixture;
      const { document } = await plan(testbed);
      const findings = document.hosts.flatMap((host) => host.findings.map(({ summary }) => summary));
      const unlimited = (service: string) =>
        findings.includes(`the memory limit of ${service} is not enforced`);
      for (const [name, { memory }] of Object.entries(shares)) {
        const service = `sealctl-worker-${name}`;
        expect(unlimited(service)).toBe(testbed.services === 'supervisor');
        if (testbed.services === 'supervisor') continue;
        const limit = await testbed.shell('box-1', `systemctl show -p MemoryMax --value ${service}`);
        expect(Number(limit), name).toBe(parseInt(memory) * 2 ** 20);
        // A kernel that still counts memory by version 1 of control groups has no limit to give to the hosts of a fleet.
        const controllers = await testbed.shell('box-1', 'cat /sys/fs/cgroup/cgroup.controllers');
        const limited = controllers.split(' ').includes('memory');
        expect((await listing(name)).includes(`/${parseInt(memory)} MiB\n`), name).toBe(limited);
      }
    });
  });

  describe('a file of somebody else in the way', () => {
    it('a file that sealctl did not create is refused and left untouched, and the other hosts are applied', async () => {
      const { testbed, cluster } = fixture;
      const file = `${testbed.layout('box-1').environment}/worker-c.env`;
      await testbed.shell('box-1', `echo precious >'${file}'`);
      cluster.edit((draft) => {
        const box = hostKeys(draft, 'box-1');
        const c = { tasks: [], listen: testbed.host('box-1').listen(2) };
        box.workers = { ...box.workers, c };
        hostKeys(draft, 'node-1').limits = { AP: 2 };
      });
      const planned = await plan(testbed);
      expect(planned.code).toBe(1);
      expect(planned.document.hosts.filter(({ blocked }) => blocked)).toMatchObject([
        {
          host: 'box-1',
          steps: [],
          findings: expect.arrayContaining([
            expect.objectContaining({ code: 'foreign-file', severity: 'error' }),
          ]),
        },
      ]);
      const { code, out } = await testbed.sealctl('apply', '--yes');
      expect(code).toBe(1);
      expect(out).toContain('worker-c.env exists but was not created by sealctl');
      expect(await testbed.shell('box-1', `cat '${file}'`)).toBe('precious');
      expect(await testbed.exec('box-1', ['test', '-e', `${testbed.layout('box-1').repos}/c`])).toMatchObject(
        {
          code: 1,
        },
      );
      const after = await plan(testbed);
      expect(fieldLines(after.document).filter((line) => line.startsWith('node-1'))).toEqual([]);
      await testbed.shell('box-1', `rm '${file}'`);
      cluster.edit((draft) => {
        delete hostKeys(draft, 'box-1').workers?.['c'];
      });
      await expectNothingToDo(testbed);
    });
  });

  describe('what cluster.yaml no longer names', () => {
    it('a worker removed from a host with two is stopped and cleaned up, its sectors stay, and the other worker keeps running', async () => {
      const { testbed, cluster } = fixture;
      const { data } = testbed.host('box-1');
      await testbed.shell('box-1', `echo sealed >'${data}/b/sealed/s-t01000-7'`);
      const before = await testbed.pid('box-1', 'sealctl-worker-a');
      cluster.edit((file) => {
        delete hostKeys(file, 'box-1').workers?.['b'];
      });
      const { code, document } = await plan(testbed);
      expect(code).toBe(2);
      const changes = document.hosts.flatMap((host) => host.changes);
      expect(new Set(changes.map(({ action, daemon }) => `${action} ${daemon}`))).toEqual(
        new Set(['delete b']),
      );
      const shown = await testbed.sealctl('plan');
      expect(shown.out).toContain('Destructive changes (sector data always stays):');
      await apply(testbed);
      expect(await testbed.pid('box-1', 'sealctl-worker-a')).toBe(before);
      expect(await listedWorkers(testbed, 'node-1')).toEqual(['box-1-a', 'node-1-main']);
      expect(await testbed.shell('box-1', `cat '${data}/b/sealed/s-t01000-7'`)).toBe('sealed');
      expect(await leftovers('box-1', 'worker-b')).toEqual([]);
    });

    it('the worker of a removed host is stopped and cleaned up, its sectors stay, and the host leaves the inventory', async () => {
      const { testbed, cluster } = fixture;
      const { data } = testbed.host('box-1');
      await testbed.shell('box-1', `echo sealed >'${data}/a/sealed/s-t01000-8'`);
      cluster.edit((file) => {
        delete file.hosts['box-1'];
      });
      const { code, document } = await plan(testbed);
      expect(code).toBe(2);
      expect(document.hosts.find(({ host }) => host === 'box-1')).toMatchObject({ removed: true });
      await apply(testbed);
      expect(await listedWorkers(testbed, 'node-1')).toEqual(['node-1-main']);
      for (const file of ['a/sealed/s-t01000-8', 'b/sealed/s-t01000-7'])
        expect(await testbed.shell('box-1', `cat '${data}/${file}'`)).toBe('sealed');
      expect(await leftovers('box-1', 'worker-a')).toEqual([]);
      const { inventory } = testbed.layout('node-1');
      expect(await testbed.shell('node-1', `cat '${inventory}'`)).not.toContain('box-1');
    });

    it('a removed worker that is added again finds its old sectors', async () => {
      const { testbed, cluster } = fixture;
      const box = testbed.host('box-1');
      cluster.edit((file) => {
        file.hosts['box-1'] = {
          ...box.keys,
          workers: { a: { tasks: ['PC1'], listen: box.listen(0), storage: [sealingPath(box, 'a')] } },
        };
      });
      const identity = await testbed.shell('box-1', `cat '${box.data}/a/sectorstore.json'`);
      await apply(testbed);
      expect(JSON.parse(await testbed.shell('box-1', `cat '${box.data}/a/sectorstore.json'`))).toMatchObject({
        ID: (JSON.parse(identity) as { ID: string }).ID,
      });
      expect(await daemonCommand(testbed, 'node-1', 'miner', 'storage list')).toContain('Sealed: 1');
    });
  });

  /** What `sealing workers` says of a worker of box-1. */
  async function listing(name: string): Promise<string> {
    const text = await daemonCommand(fixture.testbed, 'node-1', 'miner', 'sealing workers');
    return text.split(/\n(?=Worker )/).find((part) => part.includes(`, host box-1-${name}\n`)) ?? '';
  }

  /** Files of sealctl on a host that have a daemon's name in their path, links and services among them. */
  async function leftovers(host: string, daemon: string): Promise<string[]> {
    const { environment, services, releases } = fixture.testbed.layout(host);
    const found = await fixture.testbed.shell(
      host,
      `find '${environment}' '${services}' '${releases}' -path '*${daemon}*' 2>/dev/null || :`,
    );
    return found.split('\n').filter((line) => line !== '');
  }
}
