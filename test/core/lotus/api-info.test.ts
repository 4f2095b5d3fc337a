import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  formatApiInfo,
  formatMultiaddr,
  formatHostPort,
  parseApiInfo,
  parseDialAddress,
  parseHostPort,
  parseMultiaddr,
  remoteUrl,
  rpcUrl,
} from '../../../src/core/lotus/api-info.ts';

describe('API info', () => {
  it('splits token and multiaddr', () => {
    const info = parseApiInfo('ey.J.x:/ip4/10.0.0.1/tcp/2345/http');
    expect(info.token).toBe('ey.J.x');
    expect(rpcUrl(info.address)).toBe('http://10.0.0.1:2345/rpc/v0');
  });

  it('accepts an address without a token, a URL, and a token before a URL', () => {
    expect(parseApiInfo('/dns4/miner/tcp/2345/http').token).toBeUndefined();
    expect(parseApiInfo('http://miner:2345').token).toBeUndefined();
    const both = parseApiInfo('secret:https://miner/sub/');
    expect(both.token).toBe('secret');
    expect(rpcUrl(both.address)).toBe('https://miner:443/sub/rpc/v0');
  });

  it('takes the first of several', () => {
    expect(parseApiInfo('t:/ip4/10.0.0.1/tcp/1,u:/ip4/10.0.0.2/tcp/2').address.host).toBe('10.0.0.1');
  });

  it('reads wss and tls as TLS', () => {
    expect(parseMultiaddr('/dns/m/tcp/443/wss').tls).toBe(true);
    expect(parseMultiaddr('/dns/m/tcp/443/tls/http').tls).toBe(true);
    expect(parseMultiaddr('/dns/m/tcp/443/http').tls).toBe(false);
  });

  it('never repeats the token in an error', () => {
    for (const text of ['hunter2:/ip4/10.0.0.1', 'hunter2:nonsense', 'hunter2:ftp://host'])
      expect(() => parseApiInfo(text)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
      );
  });

  it('survives a round trip for any host and port', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
        fc.integer({ min: 1, max: 65535 }),
        fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/), { nil: undefined }),
        (host, port, token) => {
          const address = { host, port, tls: false, path: '' };
          const info = token === undefined ? { address } : { token, address };
          expect(parseApiInfo(formatApiInfo(info))).toEqual(info);
          expect(parseHostPort(formatHostPort(address))).toEqual({ host, port });
        },
      ),
    );
  });

  it('writes addresses in the forms of the api file and of storage URLs', () => {
    expect(formatMultiaddr({ host: '10.0.0.7', port: 3456 })).toBe('/ip4/10.0.0.7/tcp/3456');
    expect(formatMultiaddr({ host: '::1', port: 1 }, '/http')).toBe('/ip6/::1/tcp/1/http');
    expect(formatMultiaddr({ host: 'miner', port: 1 })).toBe('/dns/miner/tcp/1');
    expect(remoteUrl({ host: '::1', port: 3456 })).toBe('http://[::1]:3456/remote');
  });

  it('refuses what is no address', () => {
    for (const text of ['/ip4/1.2.3.4/udp/5', '/ip4/1.2.3.4/tcp/0', '/ip4/1.2.3.4/tcp/5/quic', 'x'])
      expect(() => parseApiInfo(text)).toThrow(/address|reach/);
    expect(() => parseHostPort('3456')).toThrow('HOST:PORT');
  });

  it('an address to dial names a host and a port', () => {
    expect(parseDialAddress('10.0.0.2:2345')).toEqual({ host: '10.0.0.2', port: 2345 });
    expect(parseDialAddress('[fd00::2]:65535')).toEqual({ host: 'fd00::2', port: 65535 });
    for (const text of ['10.0.0.2', ':1', 'a:0', 'a:65536', 'fd00::2:1'])
      expect(parseDialAddress(text)).toBeUndefined();
  });
});
