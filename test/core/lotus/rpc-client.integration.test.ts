import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { MinerApi } from '../../../src/core/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient, type RpcClientOptions } from '../../../src/core/lotus/rpc-client.ts';
import { RpcError } from '../../../src/core/lotus/rpc-error.ts';

const token = 'hunter2.token';
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function daemon(listener: RequestListener): Promise<{ port: number; url: string }> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/rpc/v0` };
}

function answering(status: number, body: string): RequestListener {
  return (request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(status).end(body));
  };
}

function client(options: Partial<RpcClientOptions> & { url: string }): RpcClient<MinerApi> {
  return makeRpcClient<MinerApi>({ token, ...options });
}

async function failure(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RpcError);
  expect(`${String(error)} ${(error as RpcError).stack}`).not.toContain(token);
  return error as RpcError;
}

describe('an RPC client', () => {
  it('posts the method with positional parameters and the token, and returns the result', async () => {
    let seen: unknown;
    let authorization: string | undefined;
    const { url } = await daemon((request, response) => {
      authorization = request.headers.authorization;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen = JSON.parse(Buffer.concat(chunks).toString());
        response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: 34359738368 }));
      });
    });
    await expect(client({ url }).call('ActorSectorSize', ['f01000'])).resolves.toBe(34359738368);
    expect(seen).toEqual({ jsonrpc: '2.0', id: 1, method: 'Filecoin.ActorSectorSize', params: ['f01000'] });
    expect(authorization).toBe(`Bearer ${token}`);
  });

  it('takes a missing result as null', async () => {
    const { url } = await daemon(answering(200, '{"jsonrpc":"2.0","id":1}'));
    await expect(client({ url }).call('Shutdown', [])).resolves.toBeNull();
  });

  it('speaks over any stream it is given, and closes it', async () => {
    const { port } = await daemon(answering(200, '{"jsonrpc":"2.0","id":1,"result":"f01000"}'));
    const streams: ReturnType<typeof connect>[] = [];
    const through = client({
      url: 'http://unreachable.invalid:1/rpc/v0',
      connect: async () => {
        const stream = connect(port, '127.0.0.1');
        streams.push(stream);
        await new Promise((resolve) => stream.once('connect', resolve));
        return stream;
      },
    });
    await expect(through.call('ActorAddress', [])).resolves.toBe('f01000');
    expect(streams.map((stream) => stream.destroyed)).toEqual([true]);
  });

  it('tells apart why a call failed, without ever showing the token', async () => {
    const { url: refusing } = await daemon(answering(401, ''));
    expect((await failure(client({ url: refusing }).call('Session', []))).failure).toBe('unauthorized');

    const { url: saysNo } = await daemon(
      answering(200, `{"error":{"code":1,"message":"no such path for ${token}"}}`),
    );
    const no = await failure(client({ url: saysNo }).call('StorageInfo', ['x']));
    expect([no.failure, no.code]).toEqual(['answer', 1]);
    expect(no.message).toContain('StorageInfo: no such path for (token)');

    const { url: web } = await daemon(answering(404, '<html>'));
    expect((await failure(client({ url: `${web}?token=${token}` }).call('Session', []))).failure).toBe(
      'protocol',
    );

    const { port } = await daemon(answering(200, ''));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const unreachable = await failure(client({ url: `http://127.0.0.1:${port}/rpc/v0` }).call('Session', []));
    expect(unreachable.failure).toBe('unreachable');
    expect(unreachable.message).toContain('ECONNREFUSED');
  });

  it('gives up when its time is over or its caller stops it', async () => {
    const { url } = await daemon(() => undefined);
    const slow = await failure(client({ url }).call('Session', [], { timeoutMs: 30 }));
    expect([slow.failure, slow.message]).toEqual(['timeout', `${url}: Session: no answer within 30 ms`]);
    const stop = new AbortController();
    const call = client({ url }).call('Session', [], { signal: stop.signal });
    stop.abort();
    expect((await failure(call)).failure).toBe('aborted');
  });

  it('gives up on a stream that never opens', async () => {
    const never = client({
      url: 'http://127.0.0.1:1/rpc/v0',
      connect: () => new Promise(() => undefined),
      timeoutMs: 20,
    });
    expect((await failure(never.call('Session', []))).failure).toBe('timeout');
  });
});
