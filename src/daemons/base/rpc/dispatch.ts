import { z } from 'zod';
import type { Permission } from '@sealctl/core/lotus/permission';
import { rpcErrorCodes } from '@sealctl/core/lotus/rpc-error';
import type { Call, Method, Methods } from './method.ts';

/** An HTTP response: a status and a body, which is empty for notifications. */
export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

type RequestId = string | number;
type ErrorKind = keyof typeof rpcErrorCodes;

interface RpcRequest {
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: readonly unknown[];
}

type Outcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly kind: ErrorKind; readonly message: string };

const prefix = 'Filecoin.';

/** Go clients always send `meta`; it and every other unknown field are ignored. */
const requestSchema = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  method: z.string(),
  params: z.array(z.unknown()).nullish(),
});

/** Answers one HTTP body: a request or a batch. Statuses and codes: docs/spec/lotus.md section 8.5. */
export async function answerBody(methods: Methods, body: string, call: Call): Promise<HttpReply> {
  if (body.trim() === '') return errorReply(undefined, 'invalidRequest', 'Invalid request');
  const parsed = parseJson(body);
  if (parsed === undefined) return errorReply(undefined, 'parse', 'the request is not JSON');
  if (!Array.isArray(parsed.value)) return answerOne(methods, parsed.value, call);
  if (parsed.value.length === 0) return errorReply(undefined, 'invalidRequest', 'Invalid request');
  const replies = await Promise.all(
    parsed.value.map((request: unknown) => answerOne(methods, request, call)),
  );
  const bodies = replies.map((reply) => reply.body).filter((text) => text !== '');
  return { status: 200, body: bodies.length === 0 ? '' : `[${bodies.join(',')}]` };
}

/** Answers one request that is already parsed. */
export async function answerOne(methods: Methods, value: unknown, call: Call): Promise<HttpReply> {
  const request = readRequest(value);
  if (request === undefined) return errorReply(undefined, 'parse', 'the request is not a JSON-RPC request');
  const outcome = await run(methods, request, call);
  if (!outcome.ok) return errorReply(request.id, outcome.kind, outcome.message);
  if (request.id === undefined) return { status: 200, body: '' };
  return {
    status: 200,
    body: JSON.stringify({ jsonrpc: '2.0', id: request.id, result: outcome.result ?? null }),
  };
}

async function run(methods: Methods, request: RpcRequest, call: Call): Promise<Outcome> {
  const name = request.method.startsWith(prefix) ? request.method.slice(prefix.length) : '';
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined)
    return { ok: false, kind: 'methodNotFound', message: `method '${request.method}' not found` };
  const schemas: readonly z.ZodType[] =
    method.params === 'any' ? request.params.map(() => z.unknown()) : method.params;
  if (request.params.length !== schemas.length) {
    const message = `wrong param count (method '${request.method}'): ${request.params.length} != ${schemas.length}`;
    return { ok: false, kind: 'invalidParams', message };
  }
  if (!call.permissions.includes(method.permission))
    return { ok: false, kind: 'application', message: missingPermission(name, method.permission) };
  const params = decode(schemas, request);
  if (!params.ok) return params;
  try {
    return { ok: true, result: await invoke(method, params.result, call) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, kind: 'application', message };
  }
}

function decode(
  schemas: readonly z.ZodType[],
  request: RpcRequest,
): { readonly ok: true; readonly result: unknown[] } | Extract<Outcome, { ok: false }> {
  const result: unknown[] = [];
  for (const [index, schema] of schemas.entries()) {
    const decoded = schema.safeParse(request.params[index]);
    if (!decoded.success) {
      const message = `unmarshaling params for '${request.method}' (param: ${index}): ${z.prettifyError(decoded.error)}`;
      return { ok: false, kind: 'parse', message };
    }
    result.push(decoded.data);
  }
  return { ok: true, result };
}

function invoke(method: Method<never[], unknown>, params: unknown[], call: Call): unknown {
  // The parameters come from the schemas of the same method.
  return method.run(params as never[], call);
}

function missingPermission(name: string, permission: Permission): string {
  return `missing permission to invoke '${name}' (need '${permission}')`;
}

function readRequest(value: unknown): RpcRequest | undefined {
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return {
    id: parsed.data.id ?? undefined,
    method: parsed.data.method,
    params: parsed.data.params ?? [],
  };
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** An error response. As in go-jsonrpc, a failed notification gets one, too. */
export function errorReply(id: RequestId | undefined, kind: ErrorKind, message: string): HttpReply {
  const { code, status } = rpcErrorCodes[kind];
  return {
    status,
    body: JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } }),
  };
}
