import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer, type RawData } from 'ws';
import type { Authenticate } from './authenticate.ts';
import { authenticateRequest } from './authenticate.ts';
import { answerOne, errorReply } from './dispatch.ts';
import type { Methods } from './method.ts';

/** The maximum message size in bytes, as for HTTP bodies. */
export const maxMessageBytes = 100 * 2 ** 20;
/** Lotus's clients drop a connection that is silent for 30 s; a ping counts as activity. */
const pingIntervalMs = 5_000;

/**
 * Serves JSON-RPC over WebSocket on `path` of an HTTP server: requests of one connection run at the same time, and
 * `xrpc.cancel` [id] aborts one. Source: docs/spec/lotus.md section 8.3.
 */
export function serveWebSocket(
  server: Server,
  options: {
    readonly path: string;
    readonly methods: Methods;
    readonly authenticate: Authenticate;
    readonly signal: AbortSignal;
  },
): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    void accept(request).then(
      (permissions) => {
        if (typeof permissions === 'number') return refuse(stream, permissions);
        sockets.handleUpgrade(request, stream, head, (socket) =>
          talk(socket, options.methods, permissions, options.signal),
        );
      },
      () => refuse(stream, 500),
    );
  });
  options.signal.addEventListener('abort', () => {
    for (const socket of sockets.clients) socket.terminate();
  });

  async function accept(request: IncomingMessage) {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== options.path) return 404;
    return (await authenticateRequest(request, options.authenticate)) ?? 401;
  }
}

function refuse(stream: Duplex, status: number): void {
  stream.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function talk(
  socket: WebSocket,
  methods: Methods,
  permissions: Awaited<ReturnType<Authenticate>> & object,
  signal: AbortSignal,
): void {
  const running = new Map<unknown, AbortController>();
  const ping = setInterval(() => socket.ping(), pingIntervalMs);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearInterval(ping);
    for (const call of running.values()) call.abort();
  });
  socket.on('message', (data) => void answer(textOf(data)));

  async function answer(text: string): Promise<void> {
    const message = readMessage(text);
    if (message === undefined) return reply(errorReply(undefined, 'parse', 'the request is not JSON').body);
    if (message.method === 'xrpc.cancel') return running.get(message.params?.[0])?.abort();
    const stop = new AbortController();
    running.set(message.id, stop);
    const call = { permissions, signal: AbortSignal.any([stop.signal, signal]) };
    try {
      reply((await answerOne(methods, message, call)).body);
    } finally {
      running.delete(message.id);
    }
  }

  function reply(body: string): void {
    if (body !== '' && socket.readyState === socket.OPEN) socket.send(body);
  }
}

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: readonly unknown[];
}

function readMessage(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}
