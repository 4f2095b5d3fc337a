import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { type HttpServer, startHttpServer } from '../../../src/daemons/base/http-server.ts';
import { type MethodsOf, servedMethods } from '../../../src/daemons/base/rpc/method.ts';
import { permissions, type Permission } from '../../../src/core/lotus/permission.ts';

type TestApi = {
  Add: { params: [left: number, right: number]; result: number };
  Fail: { params: []; result: null };
  Secret: { params: []; result: string };
  Wait: { params: []; result: string };
};

const started: HttpServer[] = [];
let waiting = 0;

const methods: MethodsOf<TestApi> = {
  Add: { permission: 'read', params: [z.number(), z.number()], run: ([left, right]) => left + right },
  Fail: {
    permission: 'read',
    params: [],
    run: () => {
      throw new Error('the disk is full');
    },
  },
  Secret: { permission: 'admin', params: [], run: () => 'told' },
  Wait: {
    permission: 'read',
    params: [],
    run: (_, { signal }) =>
      new Promise((resolve) => {
        waiting += 1;
        signal.addEventListener('abort', () => resolve('stopped'), { once: true });
      }),
  },
};

afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
  waiting = 0;
});

async function serve(): Promise<string> {
  const levels: Readonly<Record<string, readonly Permission[]>> = { all: permissions, reader: ['read'] };
  const server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    methods: servedMethods(methods),
    authenticate: async (token) => levels[token],
    headersTimeoutMs: 30_000,
    routes: (app, admit) => {
      app.get('/remote/x', async (request, reply) =>
        reply.code((await admit(request, 'admin')) ? 200 : 401).send(),
      );
    },
  });
  started.push(server);
  return `127.0.0.1:${server.port}`;
}

async function post(at: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`http://${at}/rpc/v0`, { method: 'POST', body: text, headers });
  const answer = await response.text();
  return { status: response.status, body: answer === '' ? '' : (JSON.parse(answer) as unknown) };
}

const add = { jsonrpc: '2.0', id: 7, method: 'Filecoin.Add', params: [1, 2], meta: { SpanContext: 'x' } };
const code = (number: number, id: unknown = 7) =>
  expect.objectContaining({ id, error: expect.objectContaining({ code: number }) });

describe('JSON-RPC over HTTP', () => {
  it('answers a request, whatever content type it names', async () => {
    const at = await serve();
    expect(await post(at, add)).toEqual({ status: 200, body: { jsonrpc: '2.0', id: 7, result: 3 } });
    expect((await post(at, add, { 'Content-Type': 'application/x-strange' })).body).toMatchObject({
      result: 3,
    });
  });

  it('has the statuses and codes of go-jsonrpc', async () => {
    const at = await serve();
    expect(await post(at, '')).toEqual({ status: 400, body: code(-32600, null) });
    expect(await post(at, '[]')).toEqual({ status: 400, body: code(-32600, null) });
    expect(await post(at, '{')).toEqual({ status: 500, body: code(-32700, null) });
    expect(await post(at, { ...add, params: ['1', 2] })).toEqual({ status: 500, body: code(-32700) });
    expect(await post(at, { ...add, params: [1] })).toEqual({ status: 500, body: code(-32602) });
    expect(await post(at, { ...add, method: 'Filecoin.Nope' })).toEqual({ status: 500, body: code(-32601) });
    expect(await post(at, { ...add, method: 'Filecoin.toString', params: [] })).toEqual({
      status: 500,
      body: code(-32601),
    });
    expect(await post(at, { ...add, method: 'Filecoin.Fail', params: null })).toEqual({
      status: 200,
      body: { jsonrpc: '2.0', id: 7, error: { code: 1, message: 'the disk is full' } },
    });
  });

  it('runs notifications and answers them with nothing', async () => {
    const at = await serve();
    expect(await post(at, { jsonrpc: '2.0', method: 'Filecoin.Add', params: [1, 2] })).toEqual({
      status: 200,
      body: '',
    });
  });

  it('answers batches in order', async () => {
    const at = await serve();
    const batch = [add, { ...add, id: 'b', params: [3, 4] }, { ...add, id: 9, method: 'Filecoin.Nope' }];
    expect(await post(at, batch)).toEqual({
      status: 200,
      body: [{ jsonrpc: '2.0', id: 7, result: 3 }, { jsonrpc: '2.0', id: 'b', result: 7 }, code(-32601, 9)],
    });
  });

  it('lets a caller without a token read, and refuses a bad token before looking at the call', async () => {
    const at = await serve();
    const secret = { ...add, method: 'Filecoin.Secret', params: [] };
    expect((await post(at, secret)).body).toEqual({
      jsonrpc: '2.0',
      id: 7,
      error: { code: 1, message: "missing permission to invoke 'Secret' (need 'admin')" },
    });
    expect((await post(at, secret, { Authorization: 'Bearer all' })).body).toMatchObject({ result: 'told' });
    expect(await post(at, secret, { Authorization: 'Bearer forged' })).toEqual({ status: 401, body: '' });
    expect(await post(at, secret, { Authorization: 'all' })).toEqual({ status: 401, body: '' });
    const byQuery = await fetch(`http://${at}/rpc/v0?token=all`, {
      method: 'POST',
      body: JSON.stringify(secret),
    });
    expect(await byQuery.json()).toMatchObject({ result: 'told' });
  });

  it('guards further routes by the same tokens', async () => {
    const at = await serve();
    const status = async (token: string) =>
      (await fetch(`http://${at}/remote/x`, { headers: { Authorization: `Bearer ${token}` } })).status;
    expect([await status('all'), await status('reader'), await status('forged')]).toEqual([200, 401, 401]);
  });

  it('stops calls that still run when it closes', async () => {
    const at = await serve();
    const answer = post(at, { ...add, method: 'Filecoin.Wait', params: [] });
    await expect.poll(() => waiting).toBe(1);
    await started.splice(0)[0]?.close();
    expect((await answer).body).toMatchObject({ result: 'stopped' });
  });

  it('says which address it could not bind', async () => {
    const port = Number((await serve()).split(':')[1]);
    const again = startHttpServer({
      listen: { host: '127.0.0.1', port },
      methods: {},
      authenticate: async () => undefined,
      headersTimeoutMs: 1000,
    });
    await expect(again).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
  });
});

describe('JSON-RPC over WebSocket', () => {
  async function open(
    at: string,
    token?: string,
  ): Promise<{ socket: WebSocket; next: () => Promise<unknown> }> {
    const socket = new WebSocket(
      `ws://${at}/rpc/v0`,
      token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
    );
    const messages: unknown[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return {
      socket,
      next: async () => {
        await expect.poll(() => messages.length).toBeGreaterThan(0);
        return messages.shift();
      },
    };
  }

  it('answers out of order and cancels a call', async () => {
    const { socket, next } = await open(await serve(), 'all');
    socket.send(JSON.stringify({ id: 1, method: 'Filecoin.Wait' }));
    await expect.poll(() => waiting).toBe(1);
    socket.send(JSON.stringify({ id: 2, method: 'Filecoin.Secret', params: [] }));
    expect(await next()).toMatchObject({ id: 2, result: 'told' });
    socket.send(JSON.stringify({ method: 'xrpc.cancel', params: [1] }));
    expect(await next()).toMatchObject({ id: 1, result: 'stopped' });
    socket.close();
  });

  it('refuses a bad token with 401 and knows no other path', async () => {
    const at = await serve();
    await expect(open(at, 'forged')).rejects.toThrow('401');
    const elsewhere = new WebSocket(`ws://${at}/rpc/v1`);
    await expect(new Promise((_, reject) => elsewhere.once('error', reject))).rejects.toThrow('404');
  });
});
