import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Spec } from '../src/sealctl/spec/spec.ts';
import { endProcesses } from '../test/sandbox/processes.ts';
import { knownHostsLine, startSshd } from '../test/sealctl/ssh/sshd.ts';
import { ansibleEnvironment, ansibleInstalled, writePlaybook } from './plan/ansible.ts';
import { buildIdleProgram, writeCluster } from './plan/cluster.ts';
import { startDaemons } from './plan/daemons.ts';
import { timed, type Timed } from './plan/timed.ts';

/**
 * `npm run bench:plan [HOSTS...]`: an unchanged `sealctl plan`, beside OpenSSH running `true` on the same hosts, as many at once, and
 * beside Ansible checking the same files. The hosts are directories of this machine behind one sshd, reached at many loopback
 * addresses; `sealctl apply` has set them up before, so that each runs a process under sealctl's supervisor with everything that a
 * plan looks at. The process is idle, and this program answers the RPC of all of them and of the miner.
 */
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, 50, 200];
const atOnce = 50;
const rounds = 5;
/** Where a round of Ansible takes minutes, one is enough to tell. */
const maxHostsForRounds = 20;

const directory = mkdtempSync(join(tmpdir(), 'sealctl-bench-'));
const sealctl = [process.execPath, join(import.meta.dirname, '../dist/bin/sealctl.js')];
const environment = { PATH: process.env['PATH'], HOME: directory, BENCH_TOKEN: 'token' };
const sshd = await startSshd(['MaxStartups 1000', 'MaxSessions 100', 'LogLevel ERROR'], '0.0.0.0');
const daemons = await startDaemons();
const trees = join(directory, 'hosts');
// The hosts' processes would go on without it.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void end().finally(() => process.exit(1)));
try {
  writeFileSync(sshd.knownHosts, knownHostsLine(`[127.0.*.*]:${sshd.port}`, sshd.hostKey('ed25519')));
  if (!ansibleInstalled)
    console.log('Ansible is left out: it is not installed (apt-get install ansible-core)');
  console.log('            ssh true            sealctl plan                           ansible --check');
  console.log('hosts    wall     CPU       wall   ratio      CPU   ratio         wall   ratio      CPU');
  const program = buildIdleProgram(directory);
  for (const hosts of sizes) {
    const spec = writeCluster(directory, { hosts, sshd, daemons, trees, program });
    daemons.serve(spec);
    await apply();
    console.log(await row(spec));
  }
} finally {
  await end();
}

async function end(): Promise<void> {
  await endProcesses({ marker: directory, roots: [trees] }, 1_000);
  daemons.stop();
  await sshd.stop();
  rmSync(directory, { recursive: true });
}

async function apply(): Promise<void> {
  must(await timed([...sealctl, 'apply', '--yes'], { directory, env: environment }));
}

async function row(spec: Spec): Promise<string> {
  const times = { ssh: [] as Timed[], plan: [] as Timed[], ansible: [] as Timed[] };
  for (let round = 0; round < rounds; round += 1) {
    times.ssh.push(must(await sshTrue(spec)));
    times.plan.push(must(await plan()));
    if (ansibleInstalled && (round === 0 || spec.hosts.length <= maxHostsForRounds))
      times.ansible.push(must(await ansible(spec)));
  }
  const [ssh, planned, checked] = [times.ssh, times.plan, times.ansible].map(medians);
  if (ssh === undefined || planned === undefined) throw new Error('no round was made');
  const columns = [
    String(spec.hosts.length).padStart(5),
    seconds(ssh.wallMs),
    seconds(ssh.cpuMs),
    '  ',
    seconds(planned.wallMs),
    ratio(planned.wallMs, ssh.wallMs),
    seconds(planned.cpuMs),
    ratio(planned.cpuMs, ssh.cpuMs),
  ];
  if (checked !== undefined && times.ansible.length > 0)
    columns.push(
      '    ',
      seconds(checked.wallMs),
      ratio(checked.wallMs, planned.wallMs),
      seconds(checked.cpuMs),
    );
  return columns.join(' ');
}

function sshTrue(spec: Spec): Promise<Timed> {
  const login = ['-F', 'none', '-i', sshd.identity, '-p', String(sshd.port), '-l', sshd.user, '-n'];
  const options = [
    'BatchMode=yes',
    `UserKnownHostsFile=${sshd.knownHosts}`,
    'KexAlgorithms=curve25519-sha256',
  ];
  const ssh = ['ssh', ...login, ...options.flatMap((option) => ['-o', option]), '{}', 'true'];
  return timed(['xargs', '-P', String(atOnce), '-I{}', ...ssh], {
    directory,
    env: environment,
    input: spec.hosts.map((host) => `${host.address}\n`).join(''),
  });
}

async function plan(): Promise<Timed> {
  const planned = await timed([...sealctl, 'plan'], { directory, env: environment });
  if (!/no changes|nothing to do/i.test(planned.stdout))
    throw new Error(`the plan is not empty: ${planned.stdout}`);
  return planned;
}

async function ansible(spec: Spec): Promise<Timed> {
  const place = join(directory, 'ansible');
  mkdirSync(place, { recursive: true });
  const argv = writePlaybook(place, spec, atOnce);
  const env = { ...environment, ...ansibleEnvironment(place, sshd) };
  const checked = await timed(argv, { directory: place, env });
  rmSync(place, { recursive: true });
  const unchanged = checked.stdout.match(/changed=0 +unreachable=0 +failed=0/g)?.length;
  if (unchanged !== spec.hosts.length)
    throw new Error(`Ansible found changes: ${checked.stdout.slice(-2000)}`);
  return checked;
}

function must(ended: Timed): Timed {
  if (ended.status !== 0) throw new Error(`it ended with ${ended.status}: ${ended.stdout}\n${ended.stderr}`);
  return ended;
}

function medians(all: readonly Timed[]): { readonly wallMs: number; readonly cpuMs: number } {
  const median = (of: 'wallMs' | 'cpuMs') =>
    all.map((one) => one[of]).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
  return { wallMs: median('wallMs'), cpuMs: median('cpuMs') };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2).padStart(6)} s`;
}

function ratio(one: number, other: number): string {
  return `${(one / other).toFixed(2).padStart(5)} x`;
}
