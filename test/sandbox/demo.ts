import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { clusterText, hostKeys, storageGroupCluster } from '../stories/cluster-file.ts';
import { built, hostFinder } from '../stories/ground.ts';
import { sandboxDefaults, sandboxHosts } from '../stories/sandbox-ground.ts';
import { startSandbox } from './host.ts';

/** `npm run demo`: the main job on hosts of this machine, told as it happens. `-- --keep` leaves everything up. */
const repository = fileURLToPath(new URL('../..', import.meta.url));
const keep = process.argv.includes('--keep');
const directory = mkdtempSync(join(tmpdir(), 'sealctl-demo-'));
const say = (text: string) => process.stdout.write(text);
const names = ['miner-1', 'worker-1', 'worker-2', 'worker-3'];

const sandbox = await startSandbox({ hosts: names, directory: join(directory, 'hosts'), keep });
const cluster = storageGroupCluster({
  host: hostFinder(await sandboxHosts(sandbox)),
  defaults: sandboxDefaults(sandbox),
  release: built('release.json'),
});
const clusterFile = join(directory, 'cluster.yaml');
const writeCluster = () => writeFileSync(clusterFile, clusterText(cluster));
// The demo must not meet the operator's own ssh configuration and leaves its journals with itself.
const env = { ...process.env, HOME: directory, XDG_STATE_HOME: join(directory, 'state') };

try {
  await story();
} catch (thrown) {
  say(`\n${pc.red('The demo failed:')} ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
} finally {
  if (keep) {
    say(
      `\nThe sandbox stays up. Play with it:\n  cd ${directory}\n  export HOME=$PWD\n  ${bin('sealctl')} status\n`,
    );
    say(`End it with:\n  npx tsx ${join(repository, 'test/sandbox/end.ts')} ${directory}\n`);
  } else {
    await sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function story(): Promise<void> {
  chapter(
    'Four hosts and a cluster.yaml',
    'Each host is an SSH server on loopback in front of a directory of its own.',
  );
  writeCluster();
  say(`\n${pc.dim(readFileSync(clusterFile, 'utf8'))}\n`);

  chapter('Is it valid?', 'No host is needed for that.');
  await sealctl(['validate'], [0]);

  chapter(
    'What would be done?',
    'plan reads every host once and changes nothing. It exits 2: there are changes.',
  );
  await sealctl(['plan'], [2]);

  chapter('Do it', 'The miner first, then the canary, then one host after the other.');
  await sealctl(['apply', '--yes'], [0]);

  chapter('The miner lists three workers', 'Asked with the command line that lotus-miner has.');
  await run('seal-miner', ['sealing', 'workers'], [0], {
    LOTUS_MINER_PATH: join(sandbox.hosts[0]?.root ?? '', 'sealctl/repos/miner'),
  });

  chapter('One more PC1 for worker-1', 'Edit cluster.yaml: the plan is just that, and says what it costs.');
  hostKeys(cluster, 'worker-1').limits = { PC1: 5, PC2: 1 };
  writeCluster();
  await sealctl(['plan'], [2]);
  await sealctl(['apply', '--yes'], [0]);

  chapter('Nothing is left to do', 'A second plan is empty.');
  await sealctl(['plan'], [0]);

  chapter(
    'Take worker-2 out of service',
    'It is relieved of new tasks, waited for, stopped, and put on hold.',
  );
  await sealctl(['drain', 'worker-2', '--reason', 'replace NVMe'], [0]);
  await sealctl(['status'], [0]);

  chapter('And bring it back', '');
  await sealctl(['undrain', 'worker-2'], [0]);
  await sealctl(['status'], [0]);
}

function chapter(title: string, text: string): void {
  say(`\n${pc.bold(pc.cyan(`== ${title}`))}\n${text}\n`);
}

function sealctl(args: readonly string[], expected: readonly number[]): Promise<void> {
  return run('sealctl', args, expected, {});
}

/** Runs one of the built programs as a user would, on this very terminal. */
function run(
  program: string,
  args: readonly string[],
  expected: readonly number[],
  further: Readonly<Record<string, string>>,
): Promise<void> {
  say(`\n${pc.bold(`$ ${program} ${args.join(' ')}`)}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(bin(program), args, {
      cwd: directory,
      env: { ...env, ...further },
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (expected.includes(code ?? -1)) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}`));
    });
  });
}

function bin(program: string): string {
  return built(`bin/${program}.js`);
}
