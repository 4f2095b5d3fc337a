import { createServer, connect as connectTcp, type Server, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** Bytes that went to the server so far. */
  readonly carried: () => number;
  /** From now on every byte is lost, and connections stay open. */
  readonly freeze: () => void;
  /** Breaks all connections with a reset. */
  readonly reset: () => void;
  /** Hangs up on so many of the next connections. */
  readonly drop: (connections: number) => void;
  readonly close: () => Promise<void>;
}

/** A wire between a client and a server that can fail in the ways wires do. */
export async function relayTo(port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let drops = 0;
  let carried = 0;
  // A peer that has fallen silent does not answer the end of a connection either.
  const server: Server = createServer({ allowHalfOpen: true }, (near) => {
    if (drops > 0) {
      drops--;
      near.destroy();
      return;
    }
    const far = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    near.on('data', (data) => {
      carried += data.length;
      if (!frozen) far.write(data);
    });
    far.on('data', (data) => frozen || near.write(data));
    near.on('end', () => frozen || far.end());
    far.on('end', () => frozen || near.end());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    carried: () => carried,
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    freeze: () => {
      frozen = true;
    },
    drop: (connections) => {
      drops = connections;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
