import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, stopSandbox, type Sandbox } from './host.ts';
import { processesOf } from './processes.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealctl-sandbox-'));
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ hosts: ['worker-1', 'worker-2'], directory });
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(directory, { recursive: true, force: true });
});

const ssh = (host: string, command: string, options: readonly string[] = [], input = '') =>
  execa('ssh', ['-F', sandbox.sshConfigFile, '-o', 'BatchMode=yes', ...options, host, '--', command], {
    input,
    reject: false,
    timeout: 20_000,
  });

describe('a sandbox host', () => {
  it('answers the system’s ssh under a known host key, in a home of its own and a clean environment', async () => {
    const { stdout, exitCode } = await ssh(
      'worker-1',
      'pwd; echo "$HOME"; env | cut -d= -f1 | sort | tr "\\n" " "',
    );
    const [cwd, home, names] = stdout.split('\n');
    expect(exitCode).toBe(0);
    expect([cwd, home]).toEqual([join(directory, 'hosts/worker-1'), join(directory, 'hosts/worker-1')]);
    expect(names?.trim().split(' ')).toEqual(
      expect.arrayContaining(['HOME', 'PATH', 'SEALCTL_SANDBOX', 'USER']),
    );
    expect(names).not.toMatch(/npm_|VITEST|NODE/);
  });

  it('passes standard input, both outputs and the exit status', async () => {
    const result = await ssh('worker-2', 'cat; echo bad >&2; exit 7', [], 'in\0put');
    expect(result).toMatchObject({ stdout: 'in\0put', stderr: 'bad', exitCode: 7 });
  });

  it('forwards TCP', async () => {
    const server = createServer((_request, response) => response.end('from the host'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const request = 'GET / HTTP/1.0\r\n\r\n';
    const { stdout } = await execa(
      'ssh',
      ['-F', sandbox.sshConfigFile, '-W', `127.0.0.1:${port}`, 'worker-1'],
      { input: request, timeout: 20_000 },
    );
    server.close();
    expect(stdout).toContain('from the host');
  });

  it('refuses another key', async () => {
    const other = join(directory, 'other');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const result = await execa(
      'ssh',
      ['-F', 'none', '-i', other, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes']
        .concat(['-o', `UserKnownHostsFile=${sandbox.knownHostsFile}`])
        .concat(['-p', String(sandbox.hosts[0]?.port), 'seal@127.0.0.1', 'true']),
      { reject: false, timeout: 20_000 },
    );
    expect(result.exitCode).toBe(255);
    expect(result.stderr).toContain('Permission denied (publickey)');
  });

  it('says nothing while frozen and goes on where it was when thawed', async () => {
    await sandbox.act('freeze', 'worker-1');
    const during = ssh('worker-1', 'echo late');
    const gaveUp = await ssh('worker-1', 'true', ['-o', 'ConnectTimeout=1']);
    expect(gaveUp.stderr).toContain('timed out');
    await sandbox.act('thaw', 'worker-1');
    expect(await during).toMatchObject({ stdout: 'late', exitCode: 0 });
  });

  it('loses its processes and keeps its disk in a power cut', async () => {
    await ssh(
      'worker-2',
      `echo kept > file; setsid env -i sleep 1001.${process.pid} >/dev/null 2>&1 </dev/null & true`,
    );
    await ssh('worker-1', `setsid sleep 1002.${process.pid} >/dev/null 2>&1 </dev/null & true`);
    const pattern = `^sleep 100[12].${process.pid}$`;
    const running = async () => (await ssh('worker-1', `pgrep -f "${pattern}" | wc -l`)).stdout.trim();
    // A command ends once its child has its output elsewhere, which is before the child runs its program.
    await expect.poll(running, { timeout: 30_000 }).toBe('2');
    await sandbox.act('kill', 'worker-2');
    expect(await running()).toBe('1');
    expect(readFileSync(join(directory, 'hosts/worker-2/file'), 'utf8')).toBe('kept\n');
  });
});

describe('stopping a sandbox', () => {
  it('ends daemons that left their session and cleaned their environment', async () => {
    const own = mkdtempSync(join(tmpdir(), 'sealctl-sandbox-'));
    const other = await startSandbox({ hosts: ['a'], directory: own, keep: true });
    const [host] = other.hosts;
    const daemon = "trap '' TERM; while :; do sleep 0.1; done";
    const start = `setsid env -i sh -c ${JSON.stringify(daemon)} >/dev/null 2>&1 </dev/null & cd / && setsid sleep 1003.${process.pid} >/dev/null 2>&1 </dev/null & true`;
    await execa('ssh', ['-F', other.sshConfigFile, '-o', 'BatchMode=yes', 'a', start], {
      stdin: 'ignore',
      timeout: 20_000,
    });
    const belonging = { marker: 'of no process', roots: [host?.root ?? ''] };
    expect(processesOf(belonging).length).toBeGreaterThan(0);
    await stopSandbox(own);
    expect(processesOf(belonging)).toEqual([]);
    expect((await execa('pgrep', ['-f', `^sleep 1003.${process.pid}$`], { reject: false })).stdout).toBe('');
    rmSync(own, { recursive: true });
  });

  it('gives the same hosts, keys and ports when started again', async () => {
    const own = mkdtempSync(join(tmpdir(), 'sealctl-sandbox-'));
    const first = await startSandbox({ hosts: ['a'], directory: own });
    const known = readFileSync(first.knownHostsFile, 'utf8');
    await first.stop();
    const second = await startSandbox({ hosts: ['a'], directory: own });
    await second.stop();
    expect(readFileSync(second.knownHostsFile, 'utf8')).toBe(known);
    rmSync(own, { recursive: true });
  });
});
