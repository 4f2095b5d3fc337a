import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHttpServer, type HttpServer } from '../../../src/daemons/base/http-server.ts';
import { makePushStreams, type PushStreams } from '../../../src/daemons/base/rpc/push-streams.ts';

let pushes: PushStreams;
let server: HttpServer;

beforeEach(async () => {
  pushes = makePushStreams();
  server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    methods: {},
    authenticate: async () => undefined,
    headersTimeoutMs: 5_000,
    routes: (app) => pushes.serve(app),
  });
});

afterEach(() => server.close());

const send = (uuid: string, init: RequestInit) =>
  fetch(`http://127.0.0.1:${server.port}/rpc/streams/v0/push/${uuid}`, init);
const signal = AbortSignal.timeout(20_000);

describe('a stream that belongs to a call', () => {
  it('is asked for once the call reads, needs no token, and is answered when it is drained', async () => {
    const asking = send('a', { method: 'HEAD' });
    const reading = pushes.expect('a').open(signal);
    expect((await asking).status).toBe(200);
    const sending = send('a', { method: 'POST', body: 'x'.repeat(300_000) });
    expect(await text(await reading)).toHaveLength(300_000);
    expect((await sending).status).toBe(200);
  });

  it('may come without being asked for, before its call', async () => {
    const sending = send('b', { method: 'POST', body: 'early' });
    expect(await text(await pushes.expect('b').open(signal))).toBe('early');
    expect((await sending).status).toBe(200);
  });

  it('that is not wanted is told so', async () => {
    const asking = send('c', { method: 'HEAD' });
    pushes.expect('c').close();
    expect((await asking).status).toBe(204);
  });
});
