/**
 * Why a call failed. `unreachable`: no connection, or it broke. `timeout` and `aborted`: given up by this side. `unauthorized`: the token
 * was refused. `protocol`: the peer does not speak this JSON-RPC. `answer`: the peer ran the call and returned an error.
 */
export type RpcFailure = 'unreachable' | 'timeout' | 'aborted' | 'unauthorized' | 'protocol' | 'answer';

/** A failed call. No text of it holds the token. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly failure: RpcFailure;
  /** JSON-RPC error code, for `answer` and where a peer gave one with an HTTP error. */
  readonly code: number | undefined;

  constructor(failure: RpcFailure, message: string, options?: ErrorOptions & { code?: number }) {
    super(message, options);
    this.failure = failure;
    this.code = options?.code;
  }
}

/** JSON-RPC error codes as go-jsonrpc uses them, each with the HTTP status it travels under. */
export const rpcErrorCodes = {
  parse: { code: -32700, status: 500 },
  invalidRequest: { code: -32600, status: 400 },
  methodNotFound: { code: -32601, status: 500 },
  invalidParams: { code: -32602, status: 500 },
  crash: { code: 0, status: 500 },
  application: { code: 1, status: 200 },
} as const;
