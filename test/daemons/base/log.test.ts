import { describe, expect, it } from 'vitest';
import { makeLog } from '../../../src/daemons/base/log.ts';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJBbGxvdyI6WyJhZG1pbiJd.c2lnbmF0dXJlLW9mLWl0';

/** A log of the highest level, and what it has written. */
function logOf(env: Record<string, string>) {
  const lines: string[] = [];
  const log = makeLog(
    'seal-worker',
    { GOLOG_LOG_LEVEL: 'debug', ...env },
    { write: (line) => lines.push(line) },
  );
  return { log, lines };
}

describe("a daemon's log", () => {
  it('a log is JSON lines of the configured level', () => {
    const { log, lines } = logOf({ GOLOG_LOG_LEVEL: 'error,advmgr=debug' });
    log.info('not told');
    log.error({ why: 'it burns' }, 'told');
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { level: 'error', name: 'seal-worker', why: 'it burns', msg: 'told' },
    ]);
  });

  it('a log contains no secret of the environment, in any field', () => {
    const { log, lines } = logOf({
      MINER_API_INFO: 'marked-token:/ip4/10.0.0.2/tcp/2345/http,second-token:http://10.0.0.3:2345',
      WORKER_API_INFO: 'http://unmarked-host:3456',
      BUCKET_PASSWORD: 'quo"ted pass\\word',
    });
    log.debug({ env: { any: 'quo"ted pass\\word' } }, 'started with marked-token');
    log.error({ err: new Error('second-token was refused') });
    log
      .child({ token: 'short' })
      .info({ headers: { authorization: 'Bearer short' } }, 'http://unmarked-host:3456');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toMatch(/marked-token|second-token|ted pass|"short"|Bearer/);
    expect(lines.join('')).toContain('started with ********');
    expect(lines.join('')).toContain('http://unmarked-host:3456');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ name: 'seal-worker' });
  });

  it('a log contains no token, even one that it does not know', () => {
    const { log, lines } = logOf({});
    log.warn({ why: `GET /remote: Bearer ${jwt}` }, `${jwt} is refused`);
    expect(lines.join('')).toMatch(/\*{8} is refused/);
    expect(lines.join('')).not.toContain(jwt.slice(-10));
  });
});
