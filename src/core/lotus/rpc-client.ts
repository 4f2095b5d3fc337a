import { request as httpRequest, type Agent, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { readAnswer } from './answer-schema.ts';
import { answerSchemas } from './answer-schemas.ts';
import { RpcError } from './rpc-error.ts';

/** Methods by name; `MinerApi` and `WorkerApi` are such tables. */
export type MethodTable = Record<string, { params: unknown[]; result: unknown }>;

export interface CallOptions {
  /** Milliseconds until the call is given up; the client's own limit when absent. `Infinity` waits for ever. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Calls the methods of one daemon. */
export interface RpcClient<Api extends MethodTable> {
  /** Rejects with an `RpcError`. */
  call<Name extends keyof Api & string>(
    method: Name,
    params: Api[Name]['params'],
    options?: CallOptions,
  ): Promise<Api[Name]['result']>;
}

export interface RpcClientOptions {
  /** `http://host:port/rpc/v0`; `rpcUrl` of api-info.ts makes it. */
  readonly url: string;
  readonly token?: string;
  /** Milliseconds for every call that names no limit of its own; 30 s when absent. */
  readonly timeoutMs?: number;
  /** Opens the byte stream to the daemon for one call, such as an SSH-forwarded one; plain TCP when absent. */
  readonly connect?: () => Promise<Duplex> | Duplex;
  /** Keeps TCP connections between calls; each call has its own when absent. */
  readonly agent?: Agent;
}

/** The largest answer that is read: a miner's `StorageList` of a big cluster is some tens of MiB. */
const maxAnswerBytes = 256 * 2 ** 20;
const defaultTimeoutMs = 30_000;

/** A JSON-RPC client over HTTP POST. It never retries, and no error of it holds the token. */
export function makeRpcClient<Api extends MethodTable>(options: RpcClientOptions): RpcClient<Api> {
  let id = 0;
  return {
    async call(method, params, { timeoutMs = options.timeoutMs ?? defaultTimeoutMs, signal } = {}) {
      id += 1;
      const body = JSON.stringify({ jsonrpc: '2.0', id, method: `Filecoin.${method}`, params });
      const ends = [
        ...(timeoutMs === Infinity ? [] : [AbortSignal.timeout(timeoutMs)]),
        ...(signal === undefined ? [] : [signal]),
      ];
      const until = AbortSignal.any(ends);
      try {
        until.throwIfAborted();
        return checked(method, resultOf(await post(options, body, until)));
      } catch (error) {
        throw failureOf(error, `${placeOf(options.url)}: ${method}`, options.token, until, timeoutMs);
      }
    },
  };
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

async function post(options: RpcClientOptions, body: string, signal: AbortSignal): Promise<HttpAnswer> {
  const url = new URL(options.url);
  const stream = options.connect === undefined ? undefined : await opened(options.connect, signal);
  const requestOptions: RequestOptions = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    method: 'POST',
    signal,
    agent: options.agent ?? false,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...(options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` }),
    },
    ...(stream === undefined ? {} : { createConnection: () => stream, agent: undefined }),
  };
  const send = url.protocol === 'https:' && stream === undefined ? httpsRequest : httpRequest;
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const request = send(requestOptions, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) request.destroy(new RpcError('protocol', 'the answer is too large'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  } finally {
    stream?.destroy();
  }
}

/** The stream, unless the call ends first; a stream that opens too late is closed. */
async function opened(
  connect: NonNullable<RpcClientOptions['connect']>,
  signal: AbortSignal,
): Promise<Duplex> {
  const opening = Promise.resolve(connect());
  let onAbort = (): void => {};
  const given = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('given up'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([opening, given]);
  } catch (error) {
    void opening.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface Envelope {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown } | null;
}

function resultOf({ status, body }: HttpAnswer): unknown {
  if (status === 401) throw new RpcError('unauthorized', 'the token was refused (401)');
  let envelope: unknown;
  try {
    envelope = JSON.parse(body);
  } catch {
    throw new RpcError('protocol', `HTTP ${status} without a JSON-RPC response; check the address`);
  }
  if (typeof envelope !== 'object' || envelope === null)
    throw new RpcError('protocol', `HTTP ${status} without a JSON-RPC response; check the address`);
  const { result, error } = envelope as Envelope;
  if (error !== undefined && error !== null) {
    const message = typeof error.message === 'string' ? error.message : 'an error without a message';
    throw new RpcError('answer', message, typeof error.code === 'number' ? { code: error.code } : {});
  }
  if (status !== 200) throw new RpcError('protocol', `HTTP ${status}`);
  // Void methods of older peers leave `result` out.
  return result ?? null;
}

/** The result, if it is what the readers of this method's answers rely on. */
function checked(method: string, result: unknown): never {
  const schema = answerSchemas[method];
  if (schema === undefined) return result as never;
  const failure = (problem: string) => new RpcError('protocol', `its answer: ${problem}`);
  return readAnswer(schema, result, failure) as never;
}

function failureOf(
  error: unknown,
  what: string,
  token: string | undefined,
  until: AbortSignal,
  timeoutMs: number,
): RpcError {
  const clean = (text: string): string =>
    token === undefined || token === '' ? text : text.replaceAll(token, '(token)');
  if (error instanceof RpcError) {
    const options = error.code === undefined ? {} : { code: error.code };
    return new RpcError(error.failure, clean(`${what}: ${error.message}`), options);
  }
  if (until.aborted) {
    const timedOut = until.reason instanceof DOMException && until.reason.name === 'TimeoutError';
    return timedOut
      ? new RpcError('timeout', `${what}: no answer within ${timeoutMs} ms`)
      : new RpcError('aborted', `${what}: given up`);
  }
  const reason =
    error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error);
  return new RpcError('unreachable', clean(`${what}: ${reason}`));
}

/** The URL as it may be shown: without user, password and query, any of which can hold a token. */
function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
