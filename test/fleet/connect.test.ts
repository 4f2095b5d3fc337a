import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/sealctl/ssh/connect.ts';
import type { HostConnection } from '../../src/sealctl/ssh/connection.ts';
import type { SshOptions, SshSettings } from '../../src/sealctl/ssh/target.ts';
import { problemsOf } from '../sealctl/ssh/reach.ts';
import { type Fleet, startFleet } from './fleet.ts';

let fleet: Fleet;
const options: SshOptions = { configFile: 'none', connectTimeoutMs: 2_000, keepAliveMs: 500 };
const limit = { timeoutMs: 20_000, step: 'restart the worker' };

beforeAll(async () => {
  fleet = await startFleet({ hosts: ['h1', 'h2'], disks: [{ path: '/srv/sealing', size: '16m' }] });
});

afterAll(async () => {
  await fleet.down();
});

const reach = (host: string, ssh: Partial<SshSettings> = {}): Promise<HostConnection> =>
  connect(
    {
      name: host,
      address: fleet.hosts.find(({ name }) => name === host)?.address ?? '',
      ssh: {
        user: 'root',
        identityFile: fleet.identityFile,
        knownHosts: fleet.knownHostsFile,
        become: 'none',
        hostKeys: 'strict',
        transport: 'ssh2',
        ...ssh,
      },
    },
    options,
  );

describe.each(['ssh2', 'openssh'] as const)('%s on a real host', (transport) => {
  test('a connection becomes root by sudo, with hostile arguments and input intact', async () => {
    const hostile = `-n a'b"c $(id) \\ \n ü *`;
    const connection = await reach('h1', { user: 'ops', become: 'sudo', transport });
    const script = 'id -un; printf "%s" "$1"; cat';
    const argv = ['sh', '-c', script, 'sh', hostile];
    const { stdout } = await connection.exec({ argv, stdin: hostile, ...limit });
    expect(stdout.toString()).toBe(`root\n${hostile}${hostile}`);
    await connection.close();
  });

  test('a connection reports that sudo requires a password', async () => {
    const connection = await reach('h1', { user: 'nosudo', become: 'sudo', transport });
    const [problem] = await problemsOf(connection.exec({ argv: ['true'], ...limit }));
    expect(problem).toMatchObject({ code: 'sudo-password-needed', where: { in: 'host', host: 'h1' } });
    await connection.close();
  });

  test('a frozen host is reported by name and step and never delays another', async () => {
    const [frozen, healthy] = await Promise.all([reach('h1', { transport }), reach('h2', { transport })]);
    await fleet.freeze('h1');
    try {
      const hanging = problemsOf(frozen.exec({ argv: ['true'], ...limit }));
      expect((await healthy.exec({ argv: ['true'], ...limit })).status).toBe(0);
      const [problem] = await hanging;
      expect(problem).toMatchObject({ code: 'ssh-lost', where: { in: 'host', host: 'h1' } });
      expect(problem?.summary).toContain('restart the worker');
      expect(await problemsOf(reach('h1', { transport }))).toMatchObject([{ code: 'ssh-timeout' }]);
    } finally {
      await fleet.thaw('h1');
      await Promise.all([frozen.close(), healthy.close()]);
    }
    const again = await reach('h1', { transport });
    await again.close();
  });

  test('a host that was cut off silently is reported', async () => {
    const connection = await reach('h1', { transport });
    await fleet.cut('h1', 'drop');
    try {
      expect(await problemsOf(connection.exec({ argv: ['true'], ...limit }))).toMatchObject([
        { code: 'ssh-lost' },
      ]);
      // On the same wire the kernel may find out first that nobody answers for the address.
      expect(await problemsOf(reach('h1', { transport }))).toMatchObject([
        { code: expect.stringMatching(/^ssh-(?:timeout|unreachable)$/) },
      ]);
    } finally {
      await fleet.heal('h1');
      await connection.close();
    }
  });

  test('a power cut is reported, and the host is reached again after it', async () => {
    const connection = await reach('h2', { transport });
    const running = problemsOf(connection.exec({ argv: ['sleep', '600'], ...limit }));
    await fleet.kill('h2');
    expect(await running).toMatchObject([{ code: 'ssh-lost' }]);
    await connection.close();
    await fleet.start('h2');
    const again = await reach('h2', { transport });
    expect((await again.exec({ argv: ['hostname'], ...limit })).stdout.toString()).toBe('h2\n');
    await again.close();
  });

  test('an upload to a full disk reports it and leaves no file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sealctl-upload-'));
    const content = randomBytes(20_000_000);
    writeFileSync(join(folder, 'program'), content);
    const connection = await reach('h1', { user: 'ops', become: 'sudo', transport });
    const [problem] = await problemsOf(
      connection.upload({
        file: join(folder, 'program'),
        sha256: createHash('sha256').update(content).digest('hex'),
        path: '/srv/sealing/program',
        mode: '0755',
        timeoutMs: 60_000,
      }),
    );
    expect(problem?.code).toBe('upload-failed');
    expect(problem?.why).toContain('No space left on device');
    const { stdout } = await connection.exec({ argv: ['ls', '-A', '/srv/sealing'], ...limit });
    expect(stdout.toString()).toBe('');
    await connection.close();
    rmSync(folder, { recursive: true });
  });
});
