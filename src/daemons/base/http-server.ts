import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { AddressInfo } from 'node:net';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import { formatHostPort } from '@sealctl/core/lotus/api-info';
import type { Permission } from '@sealctl/core/lotus/permission';
import { type Authenticate, authenticateRequest } from './rpc/authenticate.ts';
import { answerBody, errorReply } from './rpc/dispatch.ts';
import type { Methods } from './rpc/method.ts';
import { maxMessageBytes, serveWebSocket } from './rpc/websocket.ts';

/** A daemon's HTTP server: JSON-RPC on `/rpc/v0` over POST and WebSocket, and further routes. */
export interface HttpServer {
  /** The bound port; it differs from the requested one when that is 0. */
  readonly port: number;
  /** Aborts running calls, waits briefly for responses to be sent, and closes every connection. */
  readonly close: () => Promise<void>;
}

export interface HttpServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly methods: Methods;
  readonly authenticate: Authenticate;
  /** Milliseconds a client may take to send its request headers. */
  readonly headersTimeoutMs: number;
  /** Further routes, such as `/remote/stat/:id`. */
  readonly routes?: (app: FastifyInstance, admit: Admit) => void;
}

/** Whether the sender of a request holds a permission. */
export type Admit = (request: FastifyRequest, permission: Permission) => Promise<boolean>;

const rpcPath = '/rpc/v0';
/** Time that running responses may take when the server closes. */
const closeGraceMs = 1_000;

/** Starts serving. Rejects with a problem when the address cannot be bound. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const closing = new AbortController();
  // Request logging stays off: a URL may hold a token in its query.
  const app = fastify({
    logger: false,
    bodyLimit: maxMessageBytes,
    forceCloseConnections: 'idle',
    http: { headersTimeout: options.headersTimeoutMs },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const { status, body } = errorReply(undefined, 'parse', error.message);
    void reply.code(status).type('application/json').send(body);
  });
  const permissionsOf = (request: FastifyRequest) => authenticateRequest(request.raw, options.authenticate);

  app.all(rpcPath, async (request, reply) => {
    const permissions = await permissionsOf(request);
    if (permissions === undefined) return reply.code(401).send();
    const hangUp = new AbortController();
    reply.raw.once('close', () => hangUp.abort());
    const signal = AbortSignal.any([hangUp.signal, closing.signal]);
    const body = typeof request.body === 'string' ? request.body : '';
    const answer = await answerBody(options.methods, body, { permissions, signal });
    return reply.code(answer.status).type('application/json').send(answer.body);
  });
  options.routes?.(app, async (request, permission) => {
    return (await permissionsOf(request))?.includes(permission) ?? false;
  });
  serveWebSocket(app.server, {
    path: rpcPath,
    methods: options.methods,
    authenticate: options.authenticate,
    signal: closing.signal,
  });
  await listen(app, options.listen);
  return {
    port: (app.server.address() as AddressInfo).port,
    async close() {
      closing.abort();
      const force = setTimeout(() => app.server.closeAllConnections(), closeGraceMs);
      await app.close();
      clearTimeout(force);
    },
  };
}

async function listen(app: FastifyInstance, { host, port }: HttpServerOptions['listen']): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw fail(
      {
        code: 'cannot-listen',
        summary: `cannot listen on ${formatHostPort({ host, port })}`,
        why: messageOf(error),
        fix: 'choose a free port and an address of this host',
      },
      { cause: error },
    );
  }
}
