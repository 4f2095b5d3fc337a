import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy in front of one daemon, at which connections can be slowed, cut and damaged. */
export interface FaultyProxy {
  /** `address:port` to be advertised in place of the daemon's own. */
  readonly address: string;
  /** Bytes a second towards who asks, on each connection; Infinity for no limit. */
  readonly slow: (bytesPerSecond: number) => void;
  /** Settles when one connection has carried so many bytes of an answer from now on. */
  readonly passed: (bytes: number) => Promise<void>;
  /** Breaks every connection and takes no new ones, until `heal`. */
  readonly cut: () => void;
  readonly heal: () => void;
  /** Turns one bit in the middle of the next large answer; settles when that is done. */
  readonly corrupt: () => Promise<void>;
  readonly close: () => void;
}

/** Bytes of an answer after which it is taken to be sector data. */
const largeAnswer = 2 ** 20;

/** A proxy on `address` in front of `target`, both as `host:port` without or with port. */
export async function faultyProxy(address: string, target: string): Promise<FaultyProxy> {
  const [targetHost = '', targetPort = ''] = target.split(':');
  const open = new Set<Socket>();
  let down = false;
  let rate = Infinity;
  let damage: (() => void) | undefined;
  const watchers = new Set<{ readonly bytes: number; readonly settle: () => void }>();

  const server = createServer((client) => {
    if (down) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(targetPort), targetHost);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    client.pipe(upstream);
    let answered = 0;
    // A request begins a new answer.
    client.on('data', () => {
      answered = 0;
    });
    upstream.on('data', (chunk: Buffer) => {
      answered += chunk.length;
      const damaged = damage !== undefined && answered > largeAnswer;
      client.write(damaged ? withOneBitTurned(chunk) : chunk);
      if (damaged) {
        damage?.();
        damage = undefined;
      }
      for (const watcher of watchers)
        if (answered >= watcher.bytes && watchers.delete(watcher)) watcher.settle();
      if (rate === Infinity) return;
      upstream.pause();
      setTimeout(() => upstream.resume(), (chunk.length / rate) * 1000);
    });
    upstream.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    address: `${address}:${(server.address() as AddressInfo).port}`,
    slow: (bytesPerSecond) => {
      rate = bytesPerSecond;
    },
    passed: (bytes) =>
      new Promise((settle) => {
        watchers.add({ bytes, settle });
      }),
    cut: () => {
      down = true;
      for (const socket of open) socket.resetAndDestroy();
    },
    heal: () => {
      down = false;
    },
    corrupt: () =>
      new Promise((settle) => {
        damage = settle;
      }),
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function withOneBitTurned(chunk: Buffer): Buffer {
  const damaged = Buffer.from(chunk);
  const middle = damaged.length >> 1;
  damaged[middle] = (damaged[middle] ?? 0) ^ 1;
  return damaged;
}
