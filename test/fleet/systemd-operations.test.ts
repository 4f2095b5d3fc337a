import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServiceFact } from '../../src/sealctl/host/probe/facts.ts';
import type { Operation } from '../../src/sealctl/host/operations/operation.ts';
import { workerDaemon, type Daemon } from '../../src/sealctl/kinds/daemon/daemon.ts';
import { formatEnvironmentFile } from '../../src/sealctl/kinds/daemon/environment-file.ts';
import { unitText, type ServiceDefinition } from '../../src/sealctl/kinds/daemon/unit-text.ts';
import { resolveTemplate } from '../../src/core/secret/secret.ts';
import { hostSpec, workerSpec } from '../sealctl/model/spec.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { ScriptedHost } from './scripted-host.ts';

let fleet: Fleet;
let host: ScriptedHost;
beforeAll(async () => {
  fleet = await startFleet({ hosts: ['h1'] });
  host = new ScriptedHost(fleet, 'h1');
});
afterAll(async () => {
  await fleet.down();
});

const definition: ServiceDefinition = {
  description: 'a service of a test',
  tasks: [],
  nofile: 4096,
  gpus: [],
  mounts: [],
  stopTimeoutS: 3,
};

async function serviceOf({ serviceName }: Daemon): Promise<ServiceFact> {
  const facts = await host.probe([{ ask: 'service', manager: 'systemd', name: serviceName }]);
  const fact = facts.services.get(`service ${serviceName}`);
  if (fact === undefined) throw new Error('the probe does not answer for the unit');
  return fact;
}

/** A service whose program is a copy of the host's shell, with these words and this environment. */
async function install(
  name: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  changes: Partial<ServiceDefinition> = {},
): Promise<Daemon> {
  const worker = workerSpec('h1', name);
  const daemon = workerDaemon(hostSpec('h1', [worker]), host.layout, worker);
  const variables = Object.entries(environment).map(([key, value]) => ({ name: key, value: [value] }));
  const files: readonly [string, string][] = [
    [daemon.unitFile, unitText('id', daemon, { ...definition, ...changes }, words)],
    [daemon.environmentFile, resolveTemplate(formatEnvironmentFile('a test', variables), new Map()) ?? ''],
  ];
  for (const [path, content] of files) {
    const entry = { id: `h1/${path}`, kind: 'unit' };
    await host.run({
      do: 'write-file',
      path,
      content: [content],
      mode: '0600',
      entry,
      replaces: { absent: true },
    });
  }
  const link = 'mkdir -p "${1%/*}" && ln -s /bin/sh "$1"';
  await fleet.exec('h1', ['sh', '-c', link, 'sh', daemon.programLink]);
  await act(daemon, 'reload');
  return daemon;
}

const act = ({ serviceName }: Daemon, verb: 'start' | 'stop' | 'reload') =>
  host.run({ do: 'service', manager: 'systemd', name: serviceName, verb } satisfies Operation);

describe('a systemd service', () => {
  test('a systemd service gets its arguments and environment byte for byte, and none is run as a command', async () => {
    const hostile = [
      `it's`,
      '100% %n',
      '$HOME ${X} $$',
      '"q"',
      'a\\x41\\',
      'two\nlines\ttab',
      '',
      '-- -x',
      'ünï ☃',
    ];
    const environment = Object.fromEntries(hostile.map((value, index) => [`HOSTILE_${index}`, value]));
    const shown = '/tmp/words';
    const script = `{ printf '%s\\0' "$@"; env -0; } >${shown}; exec sleep 1000`;
    const daemon = await install('hostile', ['-c', script, 'sh', ...hostile], environment);
    await act(daemon, 'start');
    const { stdout } = await fleet.exec('h1', ['base64', '-w0', shown]);
    const seen = Buffer.from(stdout, 'base64').toString().split('\0');
    expect(seen.slice(0, hostile.length)).toEqual(hostile);
    const { process } = await serviceOf(daemon);
    for (const [name, value] of Object.entries(environment)) {
      expect(seen).toContain(`${name}=${value}`);
      expect(process?.environ.get(name)).toBe(value);
    }
    await act(daemon, 'stop');
  });

  test('starting, enabling, limiting, stopping and disabling a service can each be repeated', async () => {
    const daemon = await install('plain', ['-c', 'exec sleep 1000']);
    expect(await serviceOf(daemon)).toMatchObject({ known: true, enabled: false, state: 'inactive' });
    await act(daemon, 'start');
    const first = await serviceOf(daemon);
    expect(first).toMatchObject({ enabled: true, state: 'active', restarts: 0, needsReload: false });
    expect(first.process?.nofile).toEqual({ soft: 4096, hard: 4096 });
    expect(first.process?.environ.has('NODE_OPTIONS')).toBe(false);
    await act(daemon, 'start');
    expect((await serviceOf(daemon)).process?.pid).toBe(first.process?.pid);
    await act(daemon, 'stop');
    await act(daemon, 'stop');
    expect(await serviceOf(daemon)).toMatchObject({ enabled: false, state: 'inactive' });
  });

  test('systemd starts a service again when it exits, even without a failure', async () => {
    const daemon = await install('ending', ['-c', 'exec sleep 1000']);
    await act(daemon, 'start');
    const first = (await serviceOf(daemon)).process?.pid ?? 0;
    await fleet.exec('h1', ['kill', String(first)]);
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { process, restarts } = await serviceOf(daemon);
      if (process !== undefined && process.pid !== first) {
        expect(restarts).toBe(1);
        break;
      }
      if (Date.now() > deadline) throw new Error('it was not started again in time');
    }
    await act(daemon, 'stop');
  });

  test('the start of a service that does not stay up fails with the end of its log', async () => {
    const daemon = await install('failing', ['-c', 'echo the disk is on fire; exit 3']);
    await expect(act(daemon, 'start')).rejects.toMatchObject({
      problems: [{ code: 'start-failed', why: expect.stringContaining('the disk is on fire') as string }],
    });
    await act(daemon, 'stop');
  });

  test('a repaired service starts although its restart limit was reached', async () => {
    const switchFile = '/tmp/repaired';
    const daemon = await install('looping', ['-c', `[ -e ${switchFile} ] && exec sleep 1000; exit 3`]);
    await expect(act(daemon, 'start')).rejects.toMatchObject({ problems: [{ code: 'start-failed' }] });
    await fleet.exec('h1', ['touch', switchFile]);
    await act(daemon, 'start');
    expect(await serviceOf(daemon)).toMatchObject({ state: 'active', restarts: 0 });
    await act(daemon, 'stop');
  });

  test('a service whose program is missing fails to start', async () => {
    const daemon = await install('missing', []);
    await fleet.exec('h1', ['rm', daemon.programLink]);
    await expect(act(daemon, 'start')).rejects.toMatchObject({ problems: [{ code: 'start-failed' }] });
  });

  test('a service that ignores SIGTERM is killed after its stop timeout', async () => {
    const daemon = await install('stubborn', ['-c', `trap '' TERM; while :; do sleep 1; done`]);
    await act(daemon, 'start');
    const pid = (await serviceOf(daemon)).process?.pid ?? 0;
    await act(daemon, 'stop');
    expect(await fleet.exec('h1', ['test', '-e', `/proc/${pid}`])).toMatchObject({ exitCode: 1 });
  });

  test('a probe shows that systemd has not read a changed unit', async () => {
    const daemon = await install('changed', ['-c', 'exec sleep 1000']);
    await act(daemon, 'start');
    await fleet.exec('h1', ['sh', '-c', 'echo "# edited" >>"$1"; sync', 'sh', daemon.unitFile]);
    expect((await serviceOf(daemon)).needsReload).toBe(true);
    await act(daemon, 'reload');
    expect((await serviceOf(daemon)).needsReload).toBe(false);
    await act(daemon, 'stop');
  });
});

test('a probe of a systemd host reports the limits of its daemons', async () => {
  const facts = await host.probe([]);
  expect(facts).toMatchObject({ systemd: true, user: 'root', hostname: 'h1', missingLibraries: [] });
  const { stdout } = await fleet.exec('h1', ['sh', '-c', `awk '/Max open files/{print $5}' /proc/1/limits`]);
  expect(facts.nofileHard).toBeGreaterThanOrEqual(Number(stdout));
});
