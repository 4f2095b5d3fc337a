import { describe, expect, it } from 'vitest';
import { runFixtures } from './run-fixtures.ts';

describe('the project of pure tests', () => {
  it('fails a test that starts a process or thread, opens a socket or loads compiled code, caught or not', async () => {
    const tests = await runFixtures(['--project=impure']);
    const reason = 'belongs to the integration project: rename its file to *.integration.test.ts';
    const unnoticed = tests.filter(
      ({ status, failureMessages }) =>
        status !== 'failed' || !failureMessages.some((message) => message.includes(reason)),
    );
    expect(unnoticed).toEqual([]);
    expect(tests.map(({ title }) => title)).toEqual([
      'execFile',
      'spawnSync',
      'execa',
      'listen',
      'connect',
      'http',
      'fetch',
      'datagram',
      'thread',
      'addon',
      'swallowed',
    ]);
  });
});
