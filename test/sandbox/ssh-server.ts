import { createServer, connect, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type ParsedKey, type ServerChannel, type Session } from 'ssh2';
import { runCommand } from './run-command.ts';

/** The SSH server of one host of a sandbox. */
export interface SshServer {
  readonly port: number;
  /** Takes part in nothing any more, as a machine that hangs: connections stay, new ones are taken, and no byte moves. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Breaks every connection with a reset. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

export interface SshServerOptions {
  /** Any free port instead when it is 0 or taken. */
  readonly port: number;
  readonly hostKey: string;
  readonly user: string;
  readonly authorizedKey: ParsedKey;
  /** The whole environment of what the host runs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly root: string;
}

/** Serves exec, shell and TCP forwarding to whoever holds the key; listens on loopback only. */
export async function serveSsh(options: SshServerOptions): Promise<SshServer> {
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey] }, (client) => {
    client.on('authentication', (context) => authenticate(context, options));
    client.on('session', (accept) => serveSession(accept(), options));
    client.on('tcpip', (accept, reject, info) => {
      const socket = connect({ host: info.destIP, port: info.destPort, noDelay: true });
      socket.once('error', () => reject());
      socket.once('connect', () => join(socket, accept()));
    });
    // The peer may vanish at any moment; its channels end with it.
    client.on('error', () => undefined);
  });
  const sockets = new Set<Socket>();
  const unserved = new Set<Socket>();
  let frozen = false;
  const serve = (socket: Socket) => {
    unserved.delete(socket);
    // ssh2 reads once its cryptography is ready: what a socket resumed here receives before is lost, and the client waits for ever.
    ssh.injectSocket(socket);
  };
  const listener = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      unserved.delete(socket);
    });
    socket.on('error', () => undefined);
    if (frozen) unserved.add(socket);
    else serve(socket);
  });
  const port = await listen(listener, options.port);
  return {
    port,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) {
        socket.pause();
        socket.cork();
      }
    },
    thaw: () => {
      frozen = false;
      for (const socket of sockets) {
        socket.uncork();
        if (unserved.has(socket)) serve(socket);
        else socket.resume();
      }
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function authenticate(context: AuthContext, { user, authorizedKey }: SshServerOptions): void {
  if (context.method !== 'publickey' || context.username !== user) return context.reject(['publickey']);
  const { key, signature, blob, hashAlgo } = context;
  if (!key.data.equals(authorizedKey.getPublicSSH())) return context.reject(['publickey']);
  // Without a signature the client only asks whether the key would do.
  if (signature === undefined || blob === undefined) return context.accept();
  // An error object is what ssh2 returns for a signature it cannot read.
  const verified: unknown = authorizedKey.verify(blob, signature, hashAlgo);
  return verified === true ? context.accept() : context.reject(['publickey']);
}

function serveSession(session: Session, { environment, root }: SshServerOptions): void {
  const command: { signal: (name: string) => void } = { signal: () => undefined };
  const run = (accept: () => ServerChannel, text: string) => {
    command.signal = runCommand(accept(), text, { environment, directory: root });
  };
  session.on('exec', (accept, _reject, info) => run(accept, info.command));
  session.on('shell', (accept) => run(accept, 'exec sh -i'));
  session.on('signal', (accept, _reject, info) => {
    command.signal(info.name);
    accept?.();
  });
}

function join(socket: Socket, channel: ServerChannel): void {
  socket.removeAllListeners('error');
  socket.on('error', () => channel.destroy());
  channel.on('error', () => socket.destroy());
  channel.on('close', () => socket.destroy());
  socket.pipe(channel).pipe(socket);
}

function listen(server: NetServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && port !== 0) resolve(listen(server, 0));
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the listener has no port'));
      else resolve(address.port);
    });
  });
}
