import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { FleetHost } from '../../../src/sealctl/observe/fleet.ts';
import { openConnections } from '../../../src/sealctl/observe/ssh-fleet.ts';

it('connects to no more hosts at once than it may, and to each of the others in its turn', async () => {
  const waiting: Socket[] = [];
  let met = 0;
  const silent = createServer((socket) => {
    met += 1;
    socket.on('error', () => undefined);
    waiting.push(socket);
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const over = new AbortController();
  const ssh = { port, become: 'none', hostKeys: 'strict', transport: 'ssh2' } as const;
  const hostOf = (name: string): FleetHost => ({
    name,
    address: '127.0.0.1',
    services: 'supervisor',
    root: '/',
    ssh,
  });
  const environment = { HOME: '/nonexistent' };
  const connections = openConnections({
    configFile: 'none',
    environment,
    maxConnections: 2,
    signal: over.signal,
  });
  const asked = ['a', 'b', 'c', 'd', 'e'].map((name) => connections.connection(hostOf(name)));
  const settled = Promise.allSettled(asked);
  await expect.poll(() => met, { timeout: 10_000 }).toBe(2);
  // One that says it is no SSH server makes way for the next.
  waiting[0]?.end('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(100));
  await expect.poll(() => met, { timeout: 10_000 }).toBe(3);
  over.abort();
  await settled;
  expect(met).toBe(3);
  for (const socket of waiting) socket.destroy();
  silent.close();
});
