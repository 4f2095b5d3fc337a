import { describe, expect, test } from 'vitest';
import { assertWritable, directoriesWritten } from '../../../src/sealctl/apply/executor/writable.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import type { Operation } from '../../../src/sealctl/host/operations/operation.ts';
import { tryWritingScript } from '../../../src/sealctl/host/operations/writable-script.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import type { ExecResult } from '../../../src/sealctl/ssh/connection.ts';
import { writing } from '../host/operations.ts';
import { recordedConnection, scriptFailure } from './recorded-connection.ts';

const layout = layoutOf({ services: 'systemd', root: '/' });
const { signal } = new AbortController();
const onHost = (operation: Operation): ExecutableStep => ({
  title: 'step',
  interrupts: true,
  on: 'host',
  operation,
});
const entry = { id: 'link', kind: 'release', path: '/opt/current', sha256: '-' };
const written = [
  onHost(writing('/etc/sealctl/a.env', 'a')),
  onHost(writing('/etc/sealctl/b.env', 'b')),
  onHost({ do: 'link', path: '/opt/current', target: '/opt/new', entry }),
];
const others: readonly ExecutableStep[] = [
  onHost({ do: 'ensure-directory', path: '/mnt/x/y', mode: '0755' }),
  { title: 'attach', interrupts: false, on: 'worker', operation: { do: 'attach', path: '/mnt/x/y' } },
];

async function check(steps: readonly ExecutableStep[], result: Partial<ExecResult> = {}) {
  const { connection, executed } = recordedConnection(result);
  await assertWritable(steps, connection, layout, { signal, progress: () => undefined });
  return executed;
}

describe('the directories that steps write into', () => {
  test('are those of files, links and the manifest, each once', () => {
    expect(directoriesWritten([...written, ...others], layout)).toEqual([
      '/var/lib/sealctl',
      '/etc/sealctl',
      '/opt',
    ]);
  });

  test('are none where no file is written: not even the manifest changes', () => {
    expect(directoriesWritten(others, layout)).toEqual([]);
  });
});

describe('before daemons are stopped', () => {
  test('a file is written into every directory, within a minute', async () => {
    const executed = await check(written);
    expect(executed).toEqual(
      ['/var/lib/sealctl', '/etc/sealctl', '/opt'].map((directory) => ({
        argv: ['sh', '-c', tryWritingScript(directory, layout).script],
        stdin: '',
        timeoutMs: 60_000,
        signal,
        step: `try to write in ${directory}`,
      })),
    );
    expect(executed[0]?.signal).toBe(signal);
  });

  test('a directory that takes no file is a problem', async () => {
    const steps = [onHost(writing(`${layout.state}/x`, ''))];
    await expect(check(steps, scriptFailure('disk-full', 'No space left on device'))).rejects.toMatchObject({
      problems: [
        {
          code: 'disk-full',
          severity: 'error',
          summary:
            'nothing can be written in /var/lib/sealctl: the file system is full; no daemon was stopped',
          where: { in: 'host', host: 'h', path: '/var/lib/sealctl' },
          why: 'No space left on device',
          fix: 'free space on the host and apply again; nothing half-written was left',
        },
      ],
    });
  });
});
