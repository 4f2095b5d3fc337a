import { Socket } from 'node:net';

/**
 * Opens a TCP connection that sends what is written to it within one turn of the event loop in one system call. ssh2 writes every packet
 * in three parts, which without Nagle's algorithm would be three calls and three segments, each of which wakes the other side.
 */
export function gatheringSocket(to: { readonly host: string; readonly port: number }): Socket {
  const socket = new Socket();
  // Puts the usual `write` in place, so it comes first.
  socket.connect(to);
  const write = socket.write.bind(socket);
  let gathers = false;
  const gather = (...words: Parameters<Socket['write']>) => {
    if (!gathers) {
      gathers = true;
      socket.cork();
      setImmediate(() => {
        gathers = false;
        socket.uncork();
      });
    }
    return write(...words);
  };
  return Object.assign(socket, { write: gather });
}
