import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { WorkerApi } from '../../../src/core/lotus/worker-api.ts';
import { readerOver } from '../../../src/sealctl/observe/daemon-rpc.ts';
import type { FleetHost } from '../../../src/sealctl/observe/fleet.ts';
import { openConnections } from '../../../src/sealctl/observe/ssh-fleet.ts';

const host: FleetHost = {
  name: 'worker-1',
  address: '127.0.0.1',
  services: 'supervisor',
  root: '/',
  ssh: { become: 'none', hostKeys: 'strict', transport: 'ssh2' },
};
let end: () => void = () => undefined;
afterEach(() => end());

it('opens no connection that nobody would close', async () => {
  const connections = openConnections({ configFile: 'none' });
  await connections.close();
  await expect(connections.reader(host)).rejects.toThrow(`worker-1 is asked for after the command's end`);
});

it('asks a silent daemon nothing more, however many questions still waited for their turn', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const streams: Socket[] = [];
  const forward = async () => {
    const stream = connect(port, '127.0.0.1');
    streams.push(stream);
    await once(stream, 'connect');
    return stream;
  };
  end = () => {
    for (const stream of streams) stream.destroy();
    silent.close();
  };
  const fleet = {
    reader: () => Promise.resolve({ forward, probe: () => Promise.reject(new Error('not asked')) }),
  };
  const reader = readerOver<WorkerApi>(fleet, host, { host: '127.0.0.1', port }, 'token');
  const questions = Array.from({ length: 8 }, () => reader.client.call('Enabled', [], { timeoutMs: 100 }));
  await expect(Promise.all(questions)).rejects.toThrow('no answer within 100 ms');
  const opened = streams.length;
  reader.end();
  await Promise.allSettled(questions);
  expect(streams).toHaveLength(opened);
});
