import { describe, expect, test } from 'vitest';
import { runOperation } from '../../../src/sealctl/apply/executor/run-operation.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import {
  operationScript,
  type ScriptedOperation,
} from '../../../src/sealctl/host/operations/operation-script.ts';
import type { Operation } from '../../../src/sealctl/host/operations/operation.ts';
import type { ExecResult } from '../../../src/sealctl/ssh/connection.ts';
import { writing } from '../host/operations.ts';
import { recordedConnection, scriptFailure } from './recorded-connection.ts';

const layout = layoutOf({ services: 'systemd', root: '/' });
const secrets = new Map([['env KEY', 'value']]);
const { signal } = new AbortController();

async function carryOut(operation: Operation, result: Partial<ExecResult> = {}) {
  const { connection, executed, uploaded } = recordedConnection(result);
  const told: string[] = [];
  const context = { signal, progress: (text: string) => told.push(text) };
  await runOperation(operation, { connection, layout, secrets }, context);
  return { executed, uploaded, told };
}

describe('an operation on a host', () => {
  test.each<[ScriptedOperation, string, number]>([
    [writing('/etc/x', '', { content: ['KEY=', { from: 'env', name: 'KEY' }] }), 'write /etc/x', 120_000],
    [
      { do: 'service', manager: 'systemd', name: 'sealctl-miner', verb: 'stop' },
      'stop sealctl-miner',
      900_000,
    ],
    [{ do: 'run', argv: ['/opt/seal-miner', 'init'], env: {}, timeoutMs: 5 }, 'run /opt/seal-miner', 120_005],
    [{ do: 'ensure-directory', path: '/var/x', mode: '0700' }, 'ensure directory', 120_000],
    [{ do: 'clear-hold' }, 'clear hold', 120_000],
  ])('is a script with a name and a limit: %o', async (operation, step, timeoutMs) => {
    const { executed } = await carryOut(operation);
    const { script, stdin } = operationScript(operation, layout, secrets);
    expect(executed).toEqual([{ argv: ['sh', '-c', script], stdin, timeoutMs, signal, step }]);
    expect(executed[0]?.signal).toBe(signal);
  });

  test('whose script fails is a problem of the host', async () => {
    const operation: Operation = { do: 'ensure-directory', path: '/var/x', mode: '0700' };
    await expect(carryOut(operation, scriptFailure('read-only', 'mkdir: /var/x'))).rejects.toMatchObject({
      problems: [
        {
          code: 'read-only',
          severity: 'error',
          summary: '/var/x: the file system is read-only',
          where: { in: 'host', host: 'h', path: '/var/x' },
          why: 'mkdir: /var/x',
          fix: 'check the kernel log for disk errors, remount it writable, and apply again',
        },
      ],
    });
  });
});

describe('the upload of a program', () => {
  const operation: Operation = {
    do: 'upload-program',
    source: '/build/seal-worker',
    sha256: 'abc',
    program: 'seal-worker',
  };

  test('makes the directory of the release first, and has an hour', async () => {
    const { executed, uploaded } = await carryOut(operation);
    const directory = `${layout.releases}/abc`;
    const { script } = operationScript(
      { do: 'ensure-directory', path: directory, mode: '0755' },
      layout,
      secrets,
    );
    expect(executed.map(({ argv }) => argv)).toEqual([['sh', '-c', script]]);
    expect(uploaded).toEqual([
      {
        file: '/build/seal-worker',
        sha256: 'abc',
        path: `${directory}/seal-worker`,
        mode: '0755',
        timeoutMs: 3_600_000,
        signal,
        onProgress: expect.any(Function) as unknown,
      },
    ]);
    expect(uploaded[0]?.signal).toBe(signal);
  });

  test('is told in tenths, and at its end', async () => {
    const { uploaded, told } = await carryOut(operation);
    const totalBytes = 30 * 2 ** 20;
    for (const percent of [0, 9, 10, 19, 20, 29.9, 95, 100])
      uploaded[0]?.onProgress?.({ sentBytes: (totalBytes * percent) / 100, totalBytes });
    expect(told).toEqual(['10 % of 30 MiB', '20 % of 30 MiB', '95 % of 30 MiB', '100 % of 30 MiB']);
  });
});
