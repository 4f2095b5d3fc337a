import { execa } from 'execa';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fleet, runVariable, startFleet } from './fleet.ts';
import { remainsOf } from './sweep.ts';
import { until } from './until.ts';

const hosts = ['h1', 'h2', 'h3', 'h4'];
let fleet: Fleet;
let bootedInMs: number;

beforeAll(async () => {
  const began = performance.now();
  fleet = await startFleet({ hosts, disks: [{ path: '/srv/sealing', size: '16m' }] });
  bootedInMs = performance.now() - began;
});

afterAll(async () => {
  await fleet.down();
});

describe('a fleet that was started', () => {
  test('a fleet has four hosts up within twenty seconds', () => {
    expect(fleet.hosts.map(({ name }) => name)).toEqual(hosts);
    expect(bootedInMs).toBeLessThan(20_000);
  });

  test('every host of a fleet runs systemd without a failed unit', async () => {
    expect(await onEach(['systemctl', 'is-system-running'])).toEqual(hosts.map(() => 'running'));
  });

  test('each host of a fleet has an identity of its own', async () => {
    expect(await onEach(['hostname'])).toEqual(hosts);
    expect(new Set(await onEach(['cat', '/etc/machine-id'])).size).toBe(4);
  });

  test('hosts of a fleet have no Node, but all that the worker needs to run', async () => {
    const node = await fleet.exec('h1', ['sh', '-c', 'command -v node nodejs']);
    expect(node).toMatchObject({ exitCode: 127, stdout: '' });
    const libstdcxx = await fleet.exec('h1', ['ldconfig', '-p']);
    expect(libstdcxx.stdout).toContain('libstdc++.so.6');
  });

  test('a fleet accepts the same key for root, ops and nosudo', async () => {
    for (const user of ['root', 'ops', 'nosudo'] as const)
      expect(await fleet.exec('h1', ['id', '-un'], { user })).toMatchObject({ exitCode: 0, stdout: user });
  });

  test('ops can become root without a password, nosudo cannot', async () => {
    const sudo = ['sudo', '-n', 'id', '-un'];
    expect(await fleet.exec('h1', sudo, { user: 'ops' })).toMatchObject({ exitCode: 0, stdout: 'root' });
    expect(await fleet.exec('h1', sudo, { user: 'nosudo' })).toMatchObject({
      exitCode: 1,
      stderr: 'sudo: a password is required',
    });
  });

  test('a fleet passes arguments and input byte for byte', async () => {
    const hostile = `-n a'b"c $(id) \\ \n ü *`;
    expect((await fleet.exec('h1', ['printf', '%s', hostile])).stdout).toBe(hostile);
    expect((await fleet.exec('h1', ['cat'], { input: hostile })).stdout).toBe(hostile);
  });

  test('hosts of a fleet reach each other and the controller, and nothing else', async () => {
    const ping = (address: string): string[] => ['ping', '-c', '1', '-W', '1', address];
    expect((await fleet.exec('h1', ping(addressOf('h2')))).exitCode).toBe(0);
    expect((await fleet.exec('h1', ping(fleet.controllerAddress))).exitCode).toBe(0);
    expect((await fleet.exec('h1', ping('192.0.2.1'))).exitCode).not.toBe(0);
  });

  test('a fleet mounts a data disk of limited size, which fills up', async () => {
    const fill = ['dd', 'if=/dev/zero', 'of=/srv/sealing/filler', 'bs=1M', 'count=32'];
    const full = await fleet.exec('h4', fill);
    expect(full.exitCode).toBe(1);
    expect(full.stderr).toContain('No space left on device');
    expect((await fleet.exec('h4', ['mountpoint', '-q', '/srv/sealing'])).exitCode).toBe(0);
    expect((await fleet.exec('h4', ['rm', '/srv/sealing/filler'])).exitCode).toBe(0);
  });

  test('a fleet refuses a host that it does not have', async () => {
    await expect(fleet.kill('h9')).rejects.toThrow(/no host 'h9' in fleet .*: h1, h2, h3, h4/);
  });
});

describe('a frozen host', () => {
  test('a frozen host accepts connections without an answer, and continues once thawed', async () => {
    await fleet.freeze('h2');
    expect(fleet.power('h2')).toBe('frozen');
    const socket = connect(22, addressOf('h2'));
    await once(socket, 'connect');
    expect(await bannerWithin(socket, 1000)).toBeUndefined();
    await fleet.thaw('h2');
    expect(await bannerWithin(socket, 10_000)).toMatch(/^SSH-2\.0-OpenSSH/);
    socket.destroy();
  });
});

describe('a host that is cut off', () => {
  test('a host cut off by drop does not answer, keeps its carrier, and an open session survives', async () => {
    const watchCarrier =
      'touch /run/open; until [ -e /run/go ]; do cat /sys/class/net/host0/carrier; sleep 0.05; done';
    const session = fleet.exec('h3', ['sh', '-c', watchCarrier]);
    await until('the session', 10_000, async () =>
      (await fleet.exec('h3', ['test', '-e', '/run/open'])).exitCode === 0 ? true : undefined,
    );
    await fleet.cut('h3', 'drop');
    expect(await connectError('h3')).toBe('ETIMEDOUT');
    await fleet.heal('h3');
    expect(await connectError('h3')).toBeUndefined();
    await fleet.exec('h3', ['touch', '/run/go']);
    expect(new Set((await session).stdout.split('\n'))).toEqual(new Set(['1']));
  });

  test('a host cut off by link loses its carrier', async () => {
    const watcher = [
      'sh',
      '-c',
      'until grep -q 0 /sys/class/net/host0/carrier; do sleep 0.05; done; echo 1 > /run/saw',
    ];
    await fleet.exec('h3', ['systemd-run', '--quiet', ...watcher]);
    await fleet.cut('h3', 'link');
    expect(await connectError('h3')).not.toBeUndefined();
    await fleet.heal('h3');
    await until('the host saw its cable out', 10_000, async () =>
      (await fleet.exec('h3', ['cat', '/run/saw'])).stdout === '1' ? true : undefined,
    );
  });

  test('a host cut off by reset answers with a reset', async () => {
    await fleet.cut('h3', 'reset');
    expect(await connectError('h3')).toBe('ECONNREFUSED');
    await fleet.heal('h3');
    expect((await fleet.exec('h3', ['true'])).exitCode).toBe(0);
  });

  test('a host is slow while its rate is limited', async () => {
    const megabyte = new Uint8Array(1_000_000);
    await fleet.rate('h3', '4mbit');
    const began = performance.now();
    expect((await fleet.exec('h3', ['wc', '-c'], { input: megabyte })).stdout).toBe('1000000');
    expect(performance.now() - began).toBeGreaterThan(1500);
    await fleet.rate('h3', 'off');
    await fleet.rate('h3', 'off');
    const resumed = performance.now();
    await fleet.exec('h3', ['wc', '-c'], { input: megabyte });
    expect(performance.now() - resumed).toBeLessThan(1500);
  });
});

describe('the power of a host', () => {
  test('a host keeps its disks and loses its memory over a power cut', async () => {
    const write = 'echo kept > /root/file; echo kept > /srv/sealing/file; echo lost > /run/file; sync';
    expect((await fleet.exec('h4', ['sh', '-c', write])).exitCode).toBe(0);
    await fleet.kill('h4');
    expect(fleet.power('h4')).toBe('off');
    expect(await connectError('h4')).toBe('ECONNREFUSED');
    await fleet.start('h4');
    expect((await fleet.exec('h4', ['cat', '/root/file', '/srv/sealing/file'])).stdout).toBe('kept\nkept');
    expect((await fleet.exec('h4', ['test', '-e', '/run/file'])).exitCode).toBe(1);
  });

  test('a stopped host shuts down cleanly, as its journal shows', async () => {
    await fleet.stop('h4');
    expect(fleet.power('h4')).toBe('off');
    await fleet.start('h4');
    const journal = await fleet.exec('h4', ['journalctl', '--boot=-1', '--no-pager', '--output=cat']);
    expect(journal.stdout).toContain('Reached target poweroff.target');
  });

  test('a host keeps its power over a reboot from inside', async () => {
    const bootId = async (): Promise<string> =>
      (await fleet.exec('h4', ['systemctl', 'show', '--property=UserspaceTimestampMonotonic'])).stdout;
    const before = await bootId();
    await fleet.exec('h4', ['systemctl', 'reboot']);
    await until('the reboot', 60_000, async () => {
      const now = await bootId();
      return now !== '' && now !== before ? true : undefined;
    });
    await fleet.waitUntilRunning('h4');
    expect(await onEach(['systemctl', 'is-system-running'])).toEqual(hosts.map(() => 'running'));
  });
});

describe('what a fleet leaves behind', () => {
  test('a fleet that went down leaves nothing', async () => {
    const small = await startFleet({ hosts: ['a'], disks: [{ path: '/data', size: '8m' }] });
    const there = remainsOf(small.name);
    expect(there).toMatchObject({
      cgroups: [`sealctl-${small.name}-a`],
      namespaces: [`sealctl-${small.name}-a`],
      folders: [small.name],
    });
    expect(there.mounts).toHaveLength(2);
    expect(processesOf(small.name)).not.toEqual([]);
    await small.down();
    await expectNothingOf(small.name);
  });

  test('starting a fleet removes what a killed fleet left', async () => {
    const orphan = `${process.env[runVariable] ?? ''}.orphan`;
    const maker = execa('node', makerOf(orphan, ['b', 'c']), { reject: false });
    await until('a half-made fleet', 60_000, () => remainsOf(orphan).cgroups.length === 2 || undefined);
    maker.kill('SIGKILL');
    expect((await maker).signal).toBe('SIGKILL');
    expect(processesOf(orphan)).not.toEqual([]);
    const next = await startFleet({ hosts: ['d'] });
    await expectNothingOf(orphan);
    await next.down();
  });
});

async function onEach(argv: readonly string[]): Promise<string[]> {
  return Promise.all(hosts.map(async (host) => (await fleet.exec(host, argv)).stdout));
}

function addressOf(name: string): string {
  const host = fleet.hosts.find((host) => host.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host.address;
}

/** The error code of a TCP connection to the host's sshd, undefined when it connects; two seconds of silence are ETIMEDOUT. */
async function connectError(host: string): Promise<string | undefined> {
  const socket = connect({ port: 22, host: addressOf(host) });
  socket.setTimeout(2000, () => socket.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })));
  try {
    await once(socket, 'connect');
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
  }
}

async function bannerWithin(socket: Socket, ms: number): Promise<string | undefined> {
  try {
    const [data] = (await once(socket, 'data', { signal: AbortSignal.timeout(ms) })) as [Buffer];
    return data.toString();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  }
}

/** The argv of a process that starts a fleet of its own, to be killed while it does. */
function makerOf(name: string, hosts: readonly string[]): string[] {
  const code = `import { startFleet } from ${JSON.stringify(join(import.meta.dirname, 'fleet.ts'))};
    await startFleet(${JSON.stringify({ name, hosts })});`;
  return ['--import', 'tsx', '--input-type=module', '--eval', code];
}

async function expectNothingOf(name: string): Promise<void> {
  expect(remainsOf(name)).toEqual({ cgroups: [], mounts: [], namespaces: [], folders: [] });
  // Killed processes stay in the list until their parents have taken note.
  await until('no process left', 10_000, () => processesOf(name).length === 0 || undefined);
  const nspawn = readdirSync('/run/systemd/nspawn', { recursive: true, encoding: 'utf8' });
  expect(nspawn.filter((path) => path.includes(`sealctl-${name}-`))).toEqual([]);
}

/** The processes of this machine that name the fleet in their command line or are in its cgroups. */
function processesOf(name: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^[0-9]+$/.test(pid))
    .filter((pid) => ['cmdline', 'cgroup'].some((file) => readOf(pid, file).includes(`sealctl-${name}-`)));
}

/** A file of a process; nothing when the process went away meanwhile. */
function readOf(pid: string, file: string): string {
  try {
    return readFileSync(join('/proc', pid, file), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return '';
    throw error;
  }
}
