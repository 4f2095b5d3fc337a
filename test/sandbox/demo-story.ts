import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import type { MinerApi } from '../../src/core/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient } from '../../src/core/lotus/rpc-client.ts';
import { clusterText, hostKeys, type ClusterBase } from '../stories/cluster-file.ts';
import { demoCluster, type DemoCluster } from './demo-clusters.ts';
import { showFlow, type SectorOnTheWay } from './demo-flow.ts';
import { runProgram, type ProgramRun } from './demo-programs.ts';
import { checkProof } from './demo-proofs.ts';

/** Where the demo plays. */
export interface DemoFixture {
  readonly base: ClusterBase;
  /** Of the demo alone: its cluster files, and all that its programs leave. */
  readonly directory: string;
  readonly say: (text: string) => void;
  /** Aborting ends the story, and the program that it runs just then. */
  readonly signal: AbortSignal;
}

/** Runs the programs as a newcomer would, chapter by chapter. Rejects when one of them fails or the signal is aborted. */
export async function tellStory(fixture: DemoFixture): Promise<void> {
  const { say } = fixture;
  const began = performance.now();
  const chapter = (title: string, ...lines: string[]) =>
    say(`\n${pc.bold(pc.cyan(`== ${title}`))}\n${lines.join('\n')}\n`);
  const small = openCluster(fixture, { name: 'small', actor: 'f01000', sectorSize: '2KiB', daemon: 0 });
  const large = openCluster(fixture, { name: 'large', actor: 'f01001', sectorSize: '8MiB', daemon: 1 });

  chapter(
    'Four hosts and a file that says what they are to be',
    'Each host is an SSH server on loopback in front of a directory of its own. Sectors have 2 KiB here.',
  );
  say(`\n${pc.dim(small.text())}\n`);

  chapter(
    'What would be done?',
    'validate needs no host. plan reads every host once and changes nothing. Only its end stands here:',
    'apply shows all of it again before it begins.',
  );
  await sealctl(small, ['validate'], [0]);
  await sealctl(small, ['plan'], [2], /^Rollout|^ {2}wave|^Destructive|^Plan for/);

  chapter('Do it', 'The miner first: the workers register with it.');
  await sealctl(small, ['apply', '--yes'], [0]);

  chapter(
    'Who has come?',
    `The miner lists its workers: the three, and the one built into it (host ${hostname()}), which leaves all work`,
    'to them. All are idle.',
  );
  await sealMiner(small, ['sealing', 'workers']);

  chapter(
    'Three sectors of 2 KiB through three workers',
    'worker-1 fills them (AP) and computes PC1, worker-2 does PC2 and C1, worker-3 does C2. Between PC2 and C1',
    'the chain gives a seed. At last worker-2 finalizes them (FIN) and puts them where they stay (store).',
  );
  await flow(small, await pledge(small, 3), allProving);

  chapter(
    'The same with 8 MiB',
    'A miner seals sectors of one size, so there is a second cluster, on the same hosts.',
  );
  await sealctl(large, ['apply', '--yes'], [0], /^[\w-]+: done in|^Applied/);
  const pledged = await pledge(large, 2);
  await flow(large, pledged, (all) => all.some(({ running }) => running?.step === 'PC1'));
  await sealMiner(large, ['sealing', 'workers']);

  chapter(
    'One more PC1 for worker-1, while it computes one',
    'The listing says PC1(1/1): one runs, and no more may. So the file is edited. A limit is read when the worker',
    'starts: apply lets the running PC1 end first. Nothing is lost.',
  );
  const before = large.text();
  hostKeys(large.file, 'worker-1').limits = { PC1: 2 };
  large.write();
  say(`\n${editText(before, large.text())}`);
  await sealctl(large, ['apply', '--yes'], [0]);
  await flow(large, pledged, allProving);

  chapter('What does it look like now?', 'Limits, machines, storage: worker-2 keeps the sealed sectors.');
  await sealctl(large, ['status'], [0]);

  chapter(
    'Take worker-2 out of service',
    'It has the only copy of both sectors, so that they go to another store before it is stopped.',
  );
  await sealctl(large, ['drain', 'worker-2', '--move-files', '--reason', 'replace NVMe'], [0]);
  await sealctl(large, ['status'], [0]);

  chapter('And bring it back', 'A last plan shows that nothing is left to do.');
  await sealctl(large, ['undrain', 'worker-2'], [0]);
  await sealctl(large, ['plan'], [0]);

  chapter(
    'Is every proof right?',
    'Each sector is sealed once more in this process, from the ticket and seed its miner recorded.',
    'That must give the same commitment and the very vanilla proof that the worker verified, and the',
    'verifier of the kernels must accept it. It is the verified vanilla proof and no SNARK: there is no',
    'Groth16 prover in this repository, see docs/daemons.md.',
  );
  const proofs = (await verifyAll(small)) + (await verifyAll(large));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  say(`\n${proofs} sectors sealed, ${proofs} proofs verified, in ${seconds} s.\n`);
}

/** A cluster with its file; sectors of one size have a miner of their own. */
function openCluster(fixture: DemoFixture, options: DemoCluster) {
  const parents = join(fixture.directory, 'parents');
  const file = demoCluster(fixture.base, options, parents);
  const path = join(fixture.directory, `${options.name}.yaml`);
  const write = () => writeFileSync(path, clusterText(file));
  write();
  const minerRoot = hostKeys(file, 'miner-1').root ?? '';
  const minerRepo = join(minerRoot, 'repos/miner');
  const miner = (): RpcClient<MinerApi> =>
    makeRpcClient<MinerApi>({
      url: `http://${file.miner.listen ?? ''}/rpc/v0`,
      token: readFileSync(join(minerRepo, 'token'), 'utf8').trim(),
    });
  const text = () => readFileSync(path, 'utf8');
  return { ...fixture, ...options, parents, file, write, text, minerRoot, minerRepo, miner };
}
type Cluster = ReturnType<typeof openCluster>;

/** The lines of a file that an edit changed, none added and none taken away. */
function editText(before: string, after: string): string {
  const changed = after.split('\n');
  return before
    .split('\n')
    .flatMap((line, at) => (line === changed[at] ? [] : [pc.red(`-${line}`), pc.green(`+${changed[at]}`)]))
    .map((line) => `${line}\n`)
    .join('');
}

/** Begins sectors without data. */
async function pledge(cluster: Cluster, count: number): Promise<number[]> {
  for (let index = 0; index < count; index += 1) await sealMiner(cluster, ['sectors', 'pledge']);
  cluster.say('\n');
  return cluster.miner().call('SectorsList', []);
}

function flow(
  { miner, minerRoot, say, signal }: Cluster,
  sectors: readonly number[],
  enough: (all: readonly SectorOnTheWay[]) => boolean,
): Promise<void> {
  const log = join(minerRoot, 'services/sealctl-miner/log');
  const { columns, rows, isTTY } = process.stdout;
  const options = {
    miner: miner(),
    write: say,
    log: () => readFileSync(log, 'utf8'),
    signal,
    ...(isTTY ? { terminal: { columns, rows } } : {}),
  };
  return showFlow(sectors, options, enough);
}

function allProving(all: readonly SectorOnTheWay[]): boolean {
  return all.every(({ state }) => state === 'Proving');
}

/** Checks the proof of every sector of a cluster; answers how many there are. */
async function verifyAll(cluster: Cluster): Promise<number> {
  const { miner, name, actor, sectorSize, directory, parents, say, signal } = cluster;
  const sectors = await miner().call('SectorsList', []);
  for (const number of sectors) {
    const status = await miner().call('SectorsStatus', [number, false]);
    const work = join(directory, 'check', `${name}-${number}`);
    const digest = await checkProof(status, {
      actorId: Number(actor.slice(2)),
      directory: work,
      parents,
      signal,
    });
    say(`  ${sectorSize} sector ${number}: ${pc.green('verified')}, SHA-256 ${digest}…\n`);
  }
  return sectors.length;
}

function sealctl(
  cluster: Cluster,
  args: readonly string[],
  expected: readonly number[],
  shown?: RegExp,
): Promise<void> {
  const command = { program: 'sealctl', args: [...args, '-f', `${cluster.name}.yaml`], expected } as const;
  return run(cluster, { ...command, ...(shown && { shown }) });
}

/** With the command lines that lotus-miner has. */
function sealMiner(cluster: Cluster, args: readonly string[]): Promise<void> {
  return run(
    cluster,
    { program: 'seal-miner', args, expected: [0] },
    { LOTUS_MINER_PATH: cluster.minerRepo },
  );
}

function run(
  { directory, say, signal }: Cluster,
  command: Pick<ProgramRun, 'program' | 'args' | 'expected' | 'shown'>,
  further: Readonly<Record<string, string>> = {},
): Promise<void> {
  // The demo must not meet the operator's own ssh configuration and leaves its journals with itself.
  const own = { HOME: directory, XDG_STATE_HOME: join(directory, 'state') };
  return runProgram({ ...command, cwd: directory, env: { ...process.env, ...own, ...further }, say, signal });
}
