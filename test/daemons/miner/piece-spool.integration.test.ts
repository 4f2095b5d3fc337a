import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHttpServer, type HttpServer } from '../../../src/daemons/base/http-server.ts';
import { makePieceSpool, type PieceSpool } from '../../../src/daemons/miner/piece-spool.ts';

let home: string;
let spool: PieceSpool;
let server: HttpServer;
const signal = new AbortController().signal;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'spool-'));
  spool = makePieceSpool(home, randomUUID);
  server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    methods: {},
    authenticate: async () => undefined,
    headersTimeoutMs: 5_000,
    routes: (app) => spool.serve(app),
  });
});
afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true });
});

const push = (id: string, bytes: number) =>
  fetch(`http://127.0.0.1:${server.port}/rpc/streams/v0/push/${id}`, {
    method: 'POST',
    body: Buffer.alloc(bytes, 7),
    headers: { 'Content-Type': 'application/octet-stream' },
  });

describe('the spool', () => {
  it('keeps a pushed piece whole, or nothing of it', async () => {
    const [name, response] = await Promise.all([
      spool.take({ Type: 'push', Info: 'a' }, 254, signal),
      push('a', 254),
    ]);
    expect(response.status).toBe(200);
    expect(await readFile(join(home, name))).toEqual(Buffer.alloc(254, 7));
    const short = spool.take({ Type: 'push', Info: 'b' }, 254, signal);
    await expect(Promise.all([short, push('b', 127)])).rejects.toThrow('ended after 127 of 254');
    expect(await readdir(home)).toEqual([name]);
  });

  it('deletes at the start what broke off and what no sector took, and nothing else', async () => {
    const [used, unused] = [randomUUID(), randomUUID()];
    for (const name of [used, unused, `${randomUUID()}.part`, 'notes']) await writeFile(join(home, name), '');
    await spool.tidy(new Set([used]));
    expect((await readdir(home)).sort()).toEqual([used, 'notes'].sort());
  });
});
