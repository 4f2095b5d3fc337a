import type { z } from 'zod';
import type { Permission } from '@sealctl/core/lotus/permission';
import type { MethodTable } from '@sealctl/core/lotus/rpc-client';

/** The caller of a method, and the signal that ends the call. */
export interface Call {
  readonly permissions: readonly Permission[];
  /** Aborted when the caller hangs up or cancels, and when the server closes. */
  readonly signal: AbortSignal;
}

/** One method a daemon serves. An exception of `run` reaches the caller as its message. */
export interface Method<Params extends unknown[], Result> {
  readonly permission: Permission;
  /** One schema for each positional parameter; `any` accepts any parameters. */
  readonly params: { readonly [Index in keyof Params]: z.ZodType<Params[Index]> } | 'any';
  readonly run: (params: Params, call: Call) => Result | Promise<Result>;
}

/** The implementation of a whole table such as `MinerApi`. */
export type MethodsOf<Api extends MethodTable> = {
  readonly [Name in keyof Api]: Method<Api[Name]['params'], Api[Name]['result']>;
};

/** Methods of any shape, by name without `Filecoin.`. */
export type Methods = Readonly<Record<string, Method<never[], unknown>>>;

/** Converts a typed table to the dispatcher's type. The schemas guarantee the types of the parameters. */
export function servedMethods<Api extends MethodTable>(methods: MethodsOf<Api>): Methods {
  return methods as unknown as Methods;
}
