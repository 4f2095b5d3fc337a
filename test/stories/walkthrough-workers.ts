import { describe, expect, it } from 'vitest';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import type { ManualCluster } from './manual-cluster.ts';
import { holdNextTask } from './held-task.ts';
import { proving } from './walkthrough-one-machine.ts';
import { pathWithGpus, installFakeGpus } from './fake-gpus.ts';

/** C2 among the running tasks, not PC2. */
const provesThere = /[ \t]C2\(1/;

/** "Launching Lotus workers" and "Gracefully stopping a worker": `left` adds pieces and does PC1, `right` does PC2 and C2. */
export function manualWorkerStories(fixture: { readonly manual: ManualCluster }): void {
  const disk = (host: string, name: string): string => `${fixture.manual.testbed.host(host).data}/${name}`;
  const gate = () => disk('worker-2', 'gate');
  const closeGate = () => fixture.manual.testbed.shell('worker-2', `touch '${gate()}'`);
  const openGate = () => fixture.manual.testbed.shell('worker-2', `rm '${gate()}'`);
  /** What `sealing workers` says of one worker, whether it is enabled or not. */
  const block = async (name: string): Promise<string> => {
    const { out } = await fixture.manual.miner('sealing', 'workers');
    return out.split(/\n(?=Worker )/).find((part) => /, host (\S+)/.exec(part)?.[1] === name) ?? '';
  };
  const tasksOf = async (name: string): Promise<string[]> => {
    const { out } = await fixture.manual.worker(name, 'info');
    return (/^Task types: (.*)$/m.exec(out)?.[1] ?? '').trim().split(' ').toSorted();
  };
  const pledge = async () => (await (await fixture.manual.minerRpc()).call('PledgeSector', [])).Number;
  const logOf = async (sector: number) =>
    (await (await fixture.manual.minerRpc()).call('SectorsStatus', [sector, false])).Log;
  const done = (sector: number, step: string) =>
    until(
      () => logOf(sector),
      (log) => log.some(({ Kind }) => Kind === `done;${step}`),
    );
  const failures = async (sector: number) =>
    (await logOf(sector)).filter(({ Kind }) => Kind.startsWith('failed'));
  let running = 0;

  describe('workers on other hosts', () => {
    it('a worker with too few open files does not start and says how to raise the limit', async () => {
      const { manual } = fixture;
      await manual.runWorker({
        host: 'worker-1',
        name: 'few',
        port: 0,
        words: ['--no-local-storage'],
        env: { MINER_API_INFO: await manual.apiInfo('admin'), SEAL_WORKER_MIN_NOFILE: '100000' },
        first: 'ulimit -n 1024',
      });
      expect(await manual.ended('few')).toBe(1);
      expect(await manual.log('few')).toMatch(
        /may open only 1024 files; a worker needs 100000\n[^]*LimitNOFILE=/,
      );
    });

    it('workers run with the variables of the page and take the tasks that --no-default leaves', async () => {
      const { manual } = fixture;
      const exported = { MINER_API_INFO: await manual.apiInfo('admin') };
      const words = ['--no-local-storage', '--no-default'];
      await manual.runWorker({
        host: 'worker-1',
        name: 'left',
        port: 0,
        words: [...words, '--addpiece', '--precommit1'],
        env: {
          ...exported,
          FIL_PROOFS_USE_GPU_COLUMN_BUILDER: '1',
          FIL_PROOFS_USE_GPU_TREE_BUILDER: '1',
          FIL_PROOFS_PARAMETER_CACHE: disk('worker-1', 'parameters'),
          FIL_PROOFS_PARENT_CACHE: disk('worker-1', 'parents-of-left'),
          LOTUS_WORKER_NAME: 'left',
          FIL_PROOFS_USE_MULTICORE_SDR: '1',
          // Two cores for a PC1, which is what a small machine has.
          FIL_PROOFS_MULTICORE_SDR_PRODUCERS: '1',
          PC1_2K_MAX_CONCURRENT: '4',
        },
      });
      await installFakeGpus(manual.testbed, 'worker-2');
      const prover = disk('worker-2', 'prover.sh');
      const script = `while [ -e '${gate()}' ]; do /bin/sleep 0.05; done; printf %192s proof >"$EXTSEAL_C2_PROOF"`;
      await manual.testbed.shell('worker-2', `cat >'${prover}' <<'END'\n${script}\nEND`);
      await manual.runWorker({
        host: 'worker-2',
        name: 'right',
        port: 0,
        words: [...words, '--name=right', '--precommit2', '--commit', `--external-c2=/bin/sh ${prover}`],
        env: { ...exported, PATH: pathWithGpus(manual.testbed.host('worker-2')), CUDA_VISIBLE_DEVICES: '1' },
      });
      for (const name of ['left', 'right']) await manual.registered(name);
      const implied = ['C1', 'FIN', 'FRU', 'FUS', 'GET', 'PR1'];
      expect(await tasksOf('left')).toEqual([...implied, 'AP', 'PC1'].toSorted());
      expect(await tasksOf('right')).toEqual([...implied, 'C2', 'PC2'].toSorted());
      expect(await block('left')).toMatch(
        /\n\tCPU: {2}\[ {64}\] 0\/\d+ core\(s\) in use\n\tRAM: {2}\[.{64}\] \d+% .* [GM]iB\n\tVMEM: \[/,
      );
    });

    it('storage paths with groups are attached by command line, and the miner lists them', async () => {
      const { manual } = fixture;
      const attach = async (name: string, ...words: string[]) =>
        expect(await manual.worker(name, 'storage', 'attach', '--init', ...words)).toMatchObject({
          code: 0,
          err: '',
        });
      const path = disk('worker-1', 'left-disk');
      await attach('left', '--seal', '--groups=group-a', '--allow-to=group-a', '--allow-to=group-b', path);
      await attach('right', '--seal', '--groups=group-b', disk('worker-2', 'right-disk'));
      await attach('right', '--store', disk('worker-2', 'right-store'));
      const { out } = await manual.miner('storage', 'list');
      expect(out).toContain('\tWeight: 10; Use: Seal \n\tGroups: group-a\n\tAllowTo: group-a, group-b\n');
      expect(out).toContain(`\tURL: ${manual.workerUrl('left')}`);
      expect(out).toContain('Use: Store');
      const store = JSON.parse(
        await manual.testbed.shell('worker-1', `cat '${path}/sectorstore.json'`),
      ) as object;
      expect(store).toMatchObject({
        CanSeal: true,
        CanStore: false,
        Groups: ['group-a'],
        AllowTo: ['group-a', 'group-b'],
      });
      expect(
        await manual.worker('left', 'storage', 'attach', '--seal', disk('worker-1', 'nowhere')),
      ).toMatchObject({ code: 1 });
    });

    it('sealing workers shows a task with its limit, moving bars and the cores that its variables give it', async () => {
      const { manual } = fixture;
      await closeGate();
      const { held, goOn } = await holdNextTask(manual.testbed, 'worker-1', await manual.pid('left'));
      running = await held(pledge);
      const shown = await block('left');
      await goOn();
      expect(shown).toContain('\tTASK: PC1(1/4) \n');
      expect(shown).toMatch(/\tCPU: {2}\[\|+ *\] 2\/\d+ core\(s\) in use/);
      await done(running, 'PC1');
      expect(await block('left')).toMatch(/, host left\n\tCPU: {2}\[ {64}\] 0\//);
      expect(await manual.testbed.shell('worker-1', `ls '${disk('worker-1', 'parents-of-left')}'`)).not.toBe(
        '',
      );
    });
  });

  describe('a worker with one GPU of two', () => {
    it('a worker with one GPU of two shows that GPU alone, in use while it proves', async () => {
      const shown = await until(
        () => block('right'),
        (text) => provesThere.test(text),
      );
      expect(shown).toContain('\tGPU: Beta, used');
      expect(shown).not.toContain('Alpha');
    });
  });

  describe('a worker that is to go', () => {
    it('after tasks disable --all a worker takes no task, delivers its results, and can be stopped', async () => {
      const { manual } = fixture;
      expect(await manual.worker('right', 'tasks', 'disable', '--all')).toMatchObject({ code: 0 });
      expect(await tasksOf('right')).toEqual(['C1', 'FIN', 'FRU', 'FUS', 'GET', 'PR1']);
      expect(await block('right')).toMatch(provesThere);
      await openGate();
      await proving(manual, running);
      expect(await manual.worker('right', 'stop')).toMatchObject({ code: 0 });
      expect(await manual.ended('right')).toBe(0);
      expect(await block('right')).toBe('');
      expect(await failures(running)).toEqual([]);
      const stored = `${disk('worker-2', 'right-store')}/sealed/s-t01000-${running}`;
      expect(await manual.testbed.shell('worker-2', `stat -c %s '${stored}'`)).toBe('2048');
    });

    it('a worker that is stopped during a task ends after the task, and the task is not lost', async () => {
      const { manual } = fixture;
      const { held, goOn } = await holdNextTask(manual.testbed, 'worker-1', await manual.pid('left'));
      const sector = await held(pledge);
      const stopping = manual.worker('left', 'stop');
      const shown = await until(
        () => block('left'),
        (text) => text.includes('host left (disabled)\n'),
      );
      expect(shown).toContain('PC1(1/4)');
      expect((await manual.worker('left', 'info')).out).toMatch(/^Enabled: *false/im);
      await goOn();
      expect(await stopping).toMatchObject({ code: 0 });
      expect(await manual.ended('left')).toBe(0);
      await done(sector, 'PC1');
      expect(await failures(sector)).toEqual([]);
      expect(await block('left')).toBe('');
    });
  });
}
