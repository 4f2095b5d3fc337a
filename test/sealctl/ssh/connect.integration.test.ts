import { createServer } from 'node:http';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HostConnection } from '../../../src/sealctl/ssh/connection.ts';
import { connect } from '../../../src/sealctl/ssh/connect.ts';
import { problemsOf, targetOf } from './reach.ts';
import { sshdInstalled, startSshd, type Sshd } from './sshd.ts';

// Key files take their time on a busy machine.
vi.setConfig({ hookTimeout: 60_000, testTimeout: 60_000 });

const limit = { timeoutMs: 20_000, step: 'test' };

describe.skipIf(!sshdInstalled).each(['ssh2', 'openssh'] as const)('a %s connection to sshd', (transport) => {
  let sshd: Sshd;
  let connection: HostConnection;
  beforeAll(async () => {
    sshd = await startSshd();
    connection = await connect(targetOf(sshd, { transport }), {
      configFile: 'none',
      environment: process.env,
    });
  });
  afterAll(async () => {
    await connection.close();
    await sshd.stop();
  });

  it('passes standard input, both outputs and the exit status', async () => {
    const script = 'cat; echo bad >&2; exit 7';
    const result = await connection.exec({ argv: ['sh', '-c', script], stdin: 'in\0put', ...limit });
    expect(result).toEqual({ status: 7, stdout: Buffer.from('in\0put'), stderr: 'bad\n' });
  });

  it('says 128 plus the signal for a program that a signal ended', async () => {
    const { status } = await connection.exec({ argv: ['sh', '-c', 'kill -KILL $$'], ...limit });
    expect(status).toBe(128 + 9);
  });

  it('hands hostile arguments over byte for byte and executes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 50 }), async (words) => {
        const { stdout } = await connection.exec({
          argv: ['sh', '-c', `for word; do printf '%s\\0' "$word"; done`, 'sh', ...words],
          ...limit,
        });
        expect(stdout.toString().split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 15 },
    );
  });

  it('hands any bytes over on standard input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 20 }), async (pieces) => {
        const stdin = (async function* () {
          yield* pieces;
        })();
        const { stdout } = await connection.exec({ argv: ['cat'], stdin, ...limit });
        expect(stdout.equals(Buffer.concat(pieces))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('moves megabytes both ways', async () => {
    const bytes = Buffer.alloc(5_000_000, 'sector ');
    const { stdout } = await connection.exec({ argv: ['cat'], stdin: bytes, ...limit });
    expect(stdout.equals(bytes)).toBe(true);
  });

  it('judges a program that does not read its input by its status', async () => {
    const endless = (async function* () {
      for (;;) yield Buffer.alloc(65_536);
    })();
    const result = await connection.exec({ argv: ['sh', '-c', 'exit 3'], stdin: endless, ...limit });
    expect(result.status).toBe(3);
  });

  it('runs more programs at once than a server allows sessions', async () => {
    const results = await Promise.all(
      Array.from({ length: 25 }, (_, n) => connection.exec({ argv: ['echo', String(n)], ...limit })),
    );
    expect(results.map(({ stdout }) => stdout.toString().trim())).toEqual(
      Array.from({ length: 25 }, (_, n) => String(n)),
    );
  });

  it('gives up a step that hangs, names it, and goes on with others', async () => {
    const hanging = connection.exec({ argv: ['sleep', '600'], timeoutMs: 300, step: 'read the manifest' });
    const [problem] = await problemsOf(hanging);
    expect(problem).toMatchObject({ code: 'ssh-timeout', where: { in: 'host', host: 'worker-1' } });
    expect(problem?.summary).toContain('read the manifest');
    expect((await connection.exec({ argv: ['true'], ...limit })).status).toBe(0);
  });

  it('is broken off by the caller', async () => {
    const stop = new AbortController();
    const hanging = connection.exec({ argv: ['sleep', '600'], ...limit, signal: stop.signal });
    stop.abort();
    expect(await problemsOf(hanging)).toMatchObject([{ code: 'ssh-interrupted' }]);
  });

  it('ends all that runs on it when the whole command is broken off, except what has a signal of its own', async () => {
    const stop = new AbortController();
    const options = { configFile: 'none', signal: stop.signal };
    const other = await connect(targetOf(sshd, { transport }), options);
    const hanging = problemsOf(other.exec({ argv: ['sleep', '600'], ...limit }));
    const own = other.exec({ argv: ['echo', 'last words'], ...limit, signal: new AbortController().signal });
    stop.abort();
    expect(await hanging).toMatchObject([{ code: 'ssh-interrupted' }]);
    expect((await own).stdout.toString()).toBe('last words\n');
    const late = connect(targetOf(sshd, { transport }), options);
    expect(await problemsOf(late)).toMatchObject([{ code: 'ssh-interrupted' }]);
    await other.close();
  });

  it('ends a program that says too much', async () => {
    const flood = connection.exec({ argv: ['cat', '/dev/zero'], ...limit, maxOutputBytes: 1_000_000 });
    expect(await problemsOf(flood)).toMatchObject([{ code: 'ssh-output-too-long' }]);
  });

  it('keeps the end of a long error text', async () => {
    const script =
      'i=0; while [ $i -lt 20000 ]; do echo noise$i; i=$((i + 1)); done >&2; echo the reason >&2';
    const { stderr } = await connection.exec({ argv: ['sh', '-c', script], ...limit });
    expect(stderr.endsWith('the reason\n')).toBe(true);
    expect(stderr.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('opens streams to what listens on the host', async () => {
    const server = createServer((_request, response) => response.end('from the daemon'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const stream = await connection.forward({ host: '127.0.0.1', port, timeoutMs: 10_000 });
    stream.write('GET / HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const piece of stream) answer += String(piece);
    server.close();
    expect(answer).toContain('from the daemon');
  });

  it('says so when nothing listens there', async () => {
    const refused = connection.forward({ host: '127.0.0.1', port: 1, timeoutMs: 10_000 });
    expect(await problemsOf(refused)).toMatchObject([{ code: 'ssh-forward-refused' }]);
  });

  it('tells everyone who waits when the connection breaks, and fires `ended`', async () => {
    const other = await connect(targetOf(sshd, { transport }), { configFile: 'none' });
    const { stdout } = await other.exec({
      argv: [
        'sh',
        '-c',
        'p=$$; while :; do s=$(cut -d" " -f4 /proc/$p/stat); [ "$(cat /proc/$p/comm)" = sshd ] && break; p=$s; done; echo $p',
      ],
      ...limit,
    });
    const broken = problemsOf(other.exec({ argv: ['sleep', '600'], ...limit, step: 'restart the worker' }));
    process.kill(Number(stdout.toString()), 'SIGKILL');
    const [problem] = await broken;
    expect(problem).toMatchObject({ code: 'ssh-lost' });
    expect(problem?.summary).toContain('restart the worker');
    await vi.waitFor(() => expect(other.ended.aborted).toBe(true));
    expect(await problemsOf(other.exec({ argv: ['true'], ...limit }))).toMatchObject([{ code: 'ssh-lost' }]);
    await other.close();
  });
});

const hostile = fc.oneof(
  fc.constantFrom(
    '',
    "'",
    '"',
    '\\',
    '$(touch x)',
    '`id`',
    '-n',
    '--',
    'a\nb',
    '\n',
    '*',
    '~',
    '!1',
    'ü☃',
    '\r',
  ),
  fc
    .string({ unit: 'binary' })
    .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text),
);
