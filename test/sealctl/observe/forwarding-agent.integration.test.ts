import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { makeRpcClient } from '../../../src/core/lotus/rpc-client.ts';
import type { WorkerApi } from '../../../src/core/lotus/worker-api.ts';
import { ForwardingAgent } from '../../../src/sealctl/observe/forwarding-agent.ts';

let end: () => void = () => undefined;
afterEach(() => end());

/** A daemon that answers every call with true, and a client that counts the streams it opens to it. */
async function daemon(options: { readonly closes?: boolean } = {}) {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (options.closes === true) response.setHeader('Connection', 'close');
      response.end('{"jsonrpc":"2.0","id":1,"result":true}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let opened = 0;
  const agent = new ForwardingAgent(async () => {
    opened += 1;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  });
  end = () => {
    agent.destroy();
    server.close();
  };
  const client = makeRpcClient<WorkerApi>({ url: `http://127.0.0.1:${port}/rpc/v0`, agent });
  return { client, opened: () => opened };
}

it('asks one question after the other over one stream', async () => {
  const { client, opened } = await daemon();
  for (let question = 0; question < 12; question += 1) expect(await client.call('Enabled', [])).toBe(true);
  expect(opened()).toBe(1);
});

it('opens another stream for a daemon that closes each', async () => {
  const { client, opened } = await daemon({ closes: true });
  for (let question = 0; question < 3; question += 1) expect(await client.call('Enabled', [])).toBe(true);
  expect(opened()).toBe(3);
});

it('says why no stream could be opened', async () => {
  const agent = new ForwardingAgent(() => Promise.reject(new Error('nothing listens there')));
  const client = makeRpcClient<WorkerApi>({ url: 'http://127.0.0.1:1/rpc/v0', agent });
  await expect(client.call('Enabled', [])).rejects.toThrow('nothing listens there');
});
