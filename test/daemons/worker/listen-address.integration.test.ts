import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { advertisedHost } from '../../../src/daemons/worker/listen-address.ts';

describe('the advertised address', () => {
  it('is the listen host, or the local end of a connection to the miner where that is every address', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const miner = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: false, path: '' };
    expect(await advertisedHost('10.0.0.7', miner, 1000)).toBe('10.0.0.7');
    for (const every of ['0.0.0.0', '', '::'])
      expect(await advertisedHost(every, miner, 1000)).toBe('127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
    await expect(advertisedHost('0.0.0.0', miner, 1000)).rejects.toThrow('cannot determine the address');
  });
});
