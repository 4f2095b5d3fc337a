import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { gatheringSocket } from '../../../src/sealctl/ssh/ssh2/gathering-socket.ts';

it('sends what is written in one turn by one system call, in order, and what comes later too', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = gatheringSocket({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const one = vi.spyOn(socket, '_write');
  const [peer] = await accepted;
  let said = '';
  peer.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  socket.write('a');
  socket.write(Buffer.from('b'));
  await new Promise<void>((resolve) => {
    socket.write('c', () => resolve());
  });
  expect(one).not.toHaveBeenCalled();
  socket.write('d');
  socket.end();
  await once(peer, 'end');
  expect(said).toBe('abcd');
  server.close();
});
