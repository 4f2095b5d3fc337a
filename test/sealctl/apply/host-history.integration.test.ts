import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readHostHistory, recordOnHost } from '../../../src/sealctl/apply/journal/host-history.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import type { HistoryLine } from '../../../src/sealctl/host/lock/history-script.ts';
import type { FleetHost } from '../../../src/sealctl/observe/fleet.ts';
import { localConnection } from './local-connection.ts';

let host: FleetHost;
let file: string;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'host-history-'));
  const ssh = { become: 'none', hostKeys: 'strict', transport: 'ssh2' } as const;
  host = { name: 'worker-1', address: '127.0.0.1', services: 'supervisor', root, ssh };
  file = layoutOf(host).history;
});
afterEach(() => rmSync(host.root, { recursive: true }));

const line = (who: string): HistoryLine => ({
  when: '2026-11-02T08:00:00.000Z',
  who,
  operation: 'apply',
  plan: 'a1b2c3',
  outcome: 'failed',
  stepsDone: 3,
  steps: 5,
  failure: `start: it's "down" 50 % ü`,
});

describe('the history on a host', () => {
  test('has what was done there, the newest last, of which the latest lines are read', async () => {
    const { connection, requests } = localConnection('worker-1');
    for (const who of ['ana', 'ben', 'cleo']) await recordOnHost(host, connection, line(who));
    expect(await readHostHistory(host, connection, 2)).toEqual([line('ben'), line('cleo')]);
    expect(requests.map(({ step, timeoutMs }) => [step, timeoutMs])).toEqual([
      ['write the history', 30_000],
      ['write the history', 30_000],
      ['write the history', 30_000],
      ['read the history', 30_000],
    ]);
  });

  test('keeps what a line is made of, and nothing else that the caller knows', async () => {
    const { connection } = localConnection('worker-1');
    const more = { ...line('ana'), token: 'secret' };
    await recordOnHost(host, connection, more);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(line('ana'));
  });

  test('keeps the latest thousand lines, the added one among them', async () => {
    const { connection } = localConnection('worker-1');
    mkdirSync(dirname(file));
    const kept = Array.from({ length: 1001 }, (_, index) => `${JSON.stringify(line(`who-${index}`))}\n`);
    writeFileSync(file, kept.join(''));
    await recordOnHost(host, connection, line('ana'));
    const lines = await readHostHistory(host, connection, 2000);
    expect([lines.length, lines[0]?.who, lines.at(-1)?.who]).toEqual([1000, 'who-2', 'ana']);
  });

  test('is empty on a host where nothing was done yet', async () => {
    const { connection } = localConnection('worker-1');
    expect(await readHostHistory(host, connection, 2)).toEqual([]);
  });
});
