import { describe, expect, it } from 'vitest';
import type { HostSpec, Spec } from '../../../src/sealctl/spec/spec.ts';
import type { ModelFleet } from '../model/fleet.ts';
import { fleetOf, found, oneWorker, planned, steps, textOf } from './planned.ts';

const dropIn = '/etc/systemd/journald.conf.d/90-sealctl.conf';
const restart = 'restart journald to load its limits';
const record = `record that journald read ${dropIn}`;
const mib = 2 ** 20;

function withLogs(maxSizeBytes: number, keep: number, host: Partial<HostSpec> = {}): Spec {
  return oneWorker({}, { logs: { maxSizeBytes, keep }, ...host });
}

const supervised = { services: 'supervisor', root: '/srv/sealctl' } as const;
const limitsFile = '/srv/sealctl/services/log-limits';

/** What a plan would do after its first `count` steps were carried out and the rest was not. */
async function afterSteps(fleet: ModelFleet, spec: Spec, count: number): Promise<string[]> {
  await fleet.apply(fleet.plan(spec), count);
  return steps(fleet.plan(spec));
}

describe('the rotation of logs on a systemd host', () => {
  it('limits the journal, wherever it is kept', async () => {
    const [, ...lines] = textOf(await fleetOf(withLogs(256 * mib, 3)), dropIn).split('\n');
    expect(lines).toEqual([
      '[Journal]',
      'SystemMaxUse=1073741824',
      'SystemMaxFileSize=268435456',
      'SystemMaxFiles=3',
      'RuntimeMaxUse=1073741824',
      'RuntimeMaxFileSize=268435456',
      'RuntimeMaxFiles=3',
      '',
    ]);
  });

  it('changes without a restart of a daemon, and journald reads the change', async () => {
    const fleet = await fleetOf(withLogs(64 * mib, 1));
    const plan = fleet.plan(withLogs(64 * mib, 4));
    expect(planned(plan)).toEqual(['logs keep: 1 -> 4 (live, change)']);
    expect(steps(plan)).toEqual([`write ${dropIn}`, restart, record]);
    expect(planned(fleet.plan(withLogs(128 * mib, 1)))).toEqual([
      'logs maxSize: "64MiB" -> "128MiB" (live, change)',
    ]);
  });

  it('is not left unread by journald when an apply is interrupted', async () => {
    const fleet = await fleetOf(withLogs(64 * mib, 1));
    const next = withLogs(64 * mib, 4);
    expect(await afterSteps(fleet, next, 1)).toEqual([restart, record]);
    expect(await afterSteps(fleet, next, 1)).toEqual([restart, record]);
    expect(await afterSteps(fleet, next, 2)).toEqual([]);
  });

  it('gives journald back its defaults when it is taken out of cluster.yaml', async () => {
    const fleet = await fleetOf(withLogs(64 * mib, 1));
    const plan = fleet.plan(oneWorker());
    expect(planned(plan)).toEqual([`logs : "${dropIn}" -> null (live, change)`]);
    expect(steps(plan)).toEqual([`write ${dropIn}`, restart, `remove ${dropIn}`]);
    await fleet.apply(plan, 1);
    expect(textOf(fleet, dropIn)).toBe('# Left by sealctl: the defaults of journald apply.\n');
    const rest = fleet.plan(oneWorker());
    expect(steps(rest)).toContain(restart);
    await fleet.apply(rest);
    expect(fleet.host('worker-1').files.has(dropIn)).toBe(false);
    expect(planned(fleet.plan(oneWorker()))).toEqual([]);
  });

  it('is restored when somebody edits or deletes the file, and not taken over from somebody else', async () => {
    const spec = withLogs(64 * mib, 1);
    const fleet = await fleetOf(spec);
    fleet.host('worker-1').edit(dropIn, '[Journal]\nSystemMaxFileSize=1048576\nSystemMaxFiles=1\n');
    expect(planned(fleet.plan(spec))).toEqual(['logs maxSize: "1MiB" -> "64MiB" (live, drift)']);
    fleet.host('worker-1').delete(dropIn);
    expect(planned(fleet.plan(spec))).toEqual([
      'logs maxSize: null -> "64MiB" (live, drift)',
      'logs keep: null -> 1 (live, drift)',
    ]);
    fleet.host('worker-1').manifest = [];
    fleet.host('worker-1').edit(dropIn, '[Journal]\n');
    expect(found(fleet.plan(spec))).toContain('error foreign-file');
  });
});

describe('the rotation of logs under the supervisor', () => {
  it('is a file that the supervisors of the host read, and only that', async () => {
    const fleet = await fleetOf(withLogs(64 * mib, 1, supervised));
    expect(textOf(fleet, limitsFile).split('\n').slice(1)).toEqual(['max_bytes=67108864', 'keep=1', '']);
    const plan = fleet.plan(withLogs(8 * mib, 5, supervised));
    expect(planned(plan)).toEqual([
      'logs maxSize: "64MiB" -> "8MiB" (live, change)',
      'logs keep: 1 -> 5 (live, change)',
    ]);
    expect(steps(plan)).toEqual([`write ${limitsFile}`]);
  });

  it('ends with the file', async () => {
    const fleet = await fleetOf(withLogs(64 * mib, 1, supervised));
    expect(steps(fleet.plan(oneWorker({}, supervised)))).toEqual([`remove ${limitsFile}`]);
  });
});

describe('a host whose cluster.yaml does not mention logs', () => {
  it('keeps the limits it has', async () => {
    const fleet = await fleetOf(oneWorker());
    expect([...fleet.host('worker-1').files.keys()].filter((path) => path.includes('journald'))).toEqual([]);
  });
});
