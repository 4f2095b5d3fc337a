import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import type { MinerApi } from '../../src/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient } from '../../src/lotus/rpc-client.ts';
import { clusterText, hostKeys } from '../stories/cluster-file.ts';
import { built, hostFinder } from '../stories/ground.ts';
import { sandboxDefaults, sandboxHosts } from '../stories/sandbox-ground.ts';
import { demoCluster, demoHosts, type DemoCluster } from './demo-clusters.ts';
import { showFlow, type SectorOnTheWay } from './demo-flow.ts';
import { checkProof } from './demo-proofs.ts';
import { startSandbox } from './host.ts';

/** `npm run demo`: the main job on hosts of this machine, told as it happens. `-- --keep` leaves everything up. */
const repository = fileURLToPath(new URL('../..', import.meta.url));
const keep = process.argv.includes('--keep');
const directory = mkdtempSync(join(tmpdir(), 'sealctl-demo-'));
const parents = join(directory, 'parents');
const say = (text: string) => process.stdout.write(text);
const began = performance.now();

const sandbox = await startSandbox({ hosts: demoHosts, directory: join(directory, 'hosts'), keep });
const ground = {
  host: hostFinder(await sandboxHosts(sandbox)),
  defaults: sandboxDefaults(sandbox),
  release: built('release.json'),
};
// The demo must not meet the operator's own ssh configuration and leaves its journals with itself.
const env = { ...process.env, HOME: directory, XDG_STATE_HOME: join(directory, 'state') };

/** A cluster with its file; sectors of one size have a miner of their own. */
function openCluster(options: DemoCluster) {
  const file = demoCluster(ground, options, parents);
  const path = join(directory, `${options.name}.yaml`);
  const write = () => writeFileSync(path, clusterText(file));
  write();
  const miner = (): RpcClient<MinerApi> =>
    makeRpcClient<MinerApi>({
      url: `http://${file.miner.listen ?? ''}/rpc/v0`,
      token: readFileSync(join(hostKeys(file, 'miner-1').root ?? '', 'repos/miner/token'), 'utf8').trim(),
    });
  return { ...options, file, path, write, miner };
}
type Cluster = ReturnType<typeof openCluster>;

const small = openCluster({ name: 'small', actor: 'f01000', sectorSize: '2KiB', daemon: 0 });
const large = openCluster({ name: 'large', actor: 'f01001', sectorSize: '8MiB', daemon: 1 });

try {
  await story();
} catch (thrown) {
  say(`\n${pc.red('The demo failed:')} ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
} finally {
  if (keep) {
    say(
      `\nThe sandbox stays up. Play with it:\n  cd ${directory}\n  export HOME=$PWD\n  ${bin('sealctl')} status -f large.yaml\n`,
    );
    say(`End it with:\n  npx tsx ${join(repository, 'test/sandbox/end.ts')} ${directory}\n`);
  } else {
    await sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function story(): Promise<void> {
  chapter(
    'Four hosts and a file that says what they are to be',
    'Each host is an SSH server on loopback in front of a directory of its own. Sectors have 2 KiB here.',
  );
  say(`\n${pc.dim(readFileSync(small.path, 'utf8'))}\n`);

  chapter('What would be done?', 'validate needs no host. plan reads every host once and changes nothing.');
  await sealctl(small, ['validate'], [0]);
  await sealctl(small, ['plan'], [2], /^Rollout|^ {2}wave|^Destructive|^Plan for/);

  chapter('Do it', 'The miner first: the workers register with it.');
  await sealctl(small, ['apply', '--yes'], [0], /^[\w-]+: done in|^Applied/);

  chapter(
    'Three sectors of 2 KiB through three workers',
    'worker-1 fills them and computes PC1, worker-2 does PC2 and C1 and keeps them, worker-3 does C2.',
  );
  await sealAll(small, 3);

  chapter(
    'The same with 8 MiB',
    'A miner seals sectors of one size, so there is a second cluster, on the same hosts.',
  );
  await sealctl(large, ['apply', '--yes'], [0], /^[\w-]+: done in|^Applied/);
  const pledged = await pledge(large, 2);
  await flow(large, pledged, (all) => all.some(({ running }) => running?.step === 'PC1'));

  chapter(
    'One more PC1 for worker-1, while it computes one',
    'A limit is read when the worker starts: apply lets the running PC1 end first. Nothing is lost.',
  );
  hostKeys(large.file, 'worker-1').limits = { PC1: 2 };
  large.write();
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
    [
      'Each sector is sealed once more in this process, from the ticket and seed its miner recorded.',
      'That must give the same commitment and the very vanilla proof that the worker verified, and the',
      'verifier of the kernels must accept it. It is the verified vanilla proof and no SNARK: there is no',
      'Groth16 prover in this repository, see docs/daemons.md.',
    ].join('\n'),
  );
  const proofs = (await verifyAll(small)) + (await verifyAll(large));
  say(`\n${proofs} sectors sealed, ${proofs} proofs verified, in ${seconds()} s.\n`);
}

function chapter(title: string, text: string): void {
  say(`\n${pc.bold(pc.cyan(`== ${title}`))}\n${text}\n`);
}

async function sealAll(cluster: Cluster, count: number): Promise<void> {
  await flow(cluster, await pledge(cluster, count), allProving);
}

/** Begins sectors without data, with the command line that lotus-miner has. */
async function pledge(cluster: Cluster, count: number): Promise<number[]> {
  const repo = join(hostKeys(cluster.file, 'miner-1').root ?? '', 'repos/miner');
  for (let index = 0; index < count; index += 1)
    await run('seal-miner', ['sectors', 'pledge'], [0], { LOTUS_MINER_PATH: repo });
  say('\n');
  return cluster.miner().call('SectorsList', []);
}

function flow(
  cluster: Cluster,
  sectors: readonly number[],
  enough: (all: readonly SectorOnTheWay[]) => boolean,
): Promise<void> {
  const root = hostKeys(cluster.file, 'miner-1').root ?? '';
  const log = join(root, 'services/sealctl-miner/log');
  const { columns, isTTY } = process.stdout;
  const options = {
    miner: cluster.miner(),
    write: say,
    log: () => readFileSync(log, 'utf8'),
    ...(isTTY ? { columns } : {}),
  };
  return showFlow(sectors, options, enough);
}

function allProving(all: readonly SectorOnTheWay[]): boolean {
  return all.every(({ state }) => state === 'Proving');
}

/** Checks the proof of every sector of a cluster; answers how many there are. */
async function verifyAll({ miner, name, actor, sectorSize }: Cluster): Promise<number> {
  const sectors = await miner().call('SectorsList', []);
  for (const number of sectors) {
    const status = await miner().call('SectorsStatus', [number, false]);
    const work = join(directory, 'check', `${name}-${number}`);
    const digest = await checkProof(status, { actorId: Number(actor.slice(2)), directory: work, parents });
    say(`  ${sectorSize} sector ${number}: ${pc.green('verified')}, SHA-256 ${digest}…\n`);
  }
  return sectors.length;
}

function seconds(): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}

function sealctl(
  cluster: Cluster,
  args: readonly string[],
  expected: readonly number[],
  shown?: RegExp,
): Promise<void> {
  return run('sealctl', [...args, '-f', `${cluster.name}.yaml`], expected, {}, shown);
}

/** Runs one of the built programs as a user would, on this very terminal; with `shown`, only such lines of its output are told. */
function run(
  program: string,
  args: readonly string[],
  expected: readonly number[],
  further: Readonly<Record<string, string>>,
  shown?: RegExp,
): Promise<void> {
  say(`\n${pc.bold(`$ ${[program, ...args].map(quoted).join(' ')}`)}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(bin(program), args, {
      cwd: directory,
      env: { ...env, ...further },
      stdio: ['inherit', shown === undefined ? 'inherit' : 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      const lines = text.split('\n');
      const told = lines.filter((line) => shown?.test(line));
      if (shown !== undefined)
        say(`${pc.dim(`(${lines.length - told.length} lines left out)`)}\n${told.join('\n')}\n`);
      if (expected.includes(code ?? -1)) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}`));
    });
  });
}

function quoted(word: string): string {
  return word.includes(' ') ? `'${word}'` : word;
}

function bin(program: string): string {
  return built(`bin/${program}.js`);
}
