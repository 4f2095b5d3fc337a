import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { connect } from '../src/sealctl/ssh/connect.ts';
import { startSshd, type Sshd } from '../test/sealctl/ssh/sshd.ts';

/**
 * `npm run bench:upload [HOSTS...]`: a program of a hundred megabytes to one host and to several at once, over loopback to a real sshd. The
 * reference is `ssh 'cat > file'` in the same run, which neither checks what arrived nor waits for the disk. Beside it stands the same
 * with what an upload does besides: the digest, and the sync.
 */
const file = process.execPath;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 4, 8];
const rounds = 5;
/** What an upload does on the host when all has arrived. */
const checks = 'sha256sum < "$f" > /dev/null && sync "$f"';
const totalBytes = statSync(file).size;
const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
const sshd = await startSshd(['MaxStartups 100']);
try {
  console.log(`${(totalBytes / 2 ** 20).toFixed(0)} MiB, median of ${rounds}`);
  console.log('hosts   ssh cat  + digest, sync        ssh2  ratio     openssh  ratio');
  for (const hosts of sizes) console.log(await row(hosts));
} finally {
  await sshd.stop();
}

async function row(hosts: number): Promise<string> {
  const times = {
    reference: [] as number[],
    checked: [] as number[],
    ssh2: [] as number[],
    openssh: [] as number[],
  };
  for (let round = 0; round < rounds; round += 1) {
    times.reference.push(await timed(hosts, catOver('true')));
    times.checked.push(await timed(hosts, catOver(checks)));
    times.ssh2.push(await timed(hosts, uploadOver('ssh2')));
    times.openssh.push(await timed(hosts, uploadOver('openssh')));
  }
  const reference = median(times.reference);
  const beside = (ms: number) => `${seconds(ms)}  ${(ms / reference).toFixed(2).padStart(5)}`;
  return `${String(hosts).padStart(5)}  ${seconds(reference)}  ${beside(median(times.checked))}  ${beside(median(times.ssh2))}  ${beside(median(times.openssh))}`;
}

/** Milliseconds for all hosts, each with a directory of its own; connecting counts, for the reference connects too. */
async function timed(hosts: number, send: (path: string) => Promise<void>): Promise<number> {
  const directory = join(sshd.directory, 'targets');
  const paths = Array.from({ length: hosts }, (_, host) => join(directory, String(host)));
  for (const path of paths) mkdirSync(path, { recursive: true });
  const began = performance.now();
  await Promise.all(paths.map((path) => send(join(path, 'program'))));
  const took = performance.now() - began;
  for (const path of paths)
    if (statSync(join(path, 'program')).size !== totalBytes) throw new Error(`${path} is incomplete`);
  rmSync(directory, { recursive: true });
  return took;
}

function catOver(then: string): (path: string) => Promise<void> {
  return (path) => cat(`f='${path}'; cat > "$f" && ${then}`);
}

async function cat(command: string): Promise<void> {
  const login = ['-F', 'none', '-i', sshd.identity, '-p', String(sshd.port), '-l', sshd.user];
  const options = ['-o', `UserKnownHostsFile=${sshd.knownHosts}`, '-o', 'KexAlgorithms=curve25519-sha256'];
  await execa('ssh', [...login, ...options, '127.0.0.1', command], { inputFile: file });
}

function uploadOver(transport: 'ssh2' | 'openssh'): (path: string) => Promise<void> {
  return async (path) => {
    const connection = await connect(targetOf(sshd, transport), { configFile: 'none' });
    await connection.upload({ file, sha256, path, mode: '0755', timeoutMs: 300_000 });
    await connection.close();
  };
}

function targetOf(at: Sshd, transport: 'ssh2' | 'openssh') {
  const { port, user, identity, knownHosts } = at;
  const ssh = { port, user, identityFile: identity, knownHosts, transport } as const;
  return {
    name: 'host',
    address: '127.0.0.1',
    ssh: { ...ssh, become: 'none', hostKeys: 'strict' },
  } as const;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2).padStart(6)} s`;
}
