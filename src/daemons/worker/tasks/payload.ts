import { Readable } from 'node:stream';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import type { PushedStream, PushStreams } from '../../base/rpc/push-streams.ts';
import type { ReaderOfTask } from './values.ts';

/** The bytes of a piece: a number of zeros, which are not transferred, or a stream that is opened on demand. */
export type Payload =
  { readonly kind: 'zeros'; readonly bytes: number } | ({ readonly kind: 'stream' } & PushedStream);

/** Resolves a reader parameter. For a pushed stream, the worker expects the upload from now on. Source: docs/spec/lotus.md section 8.7. */
export function payloadOf({ Type, Info }: ReaderOfTask, pushes: PushStreams): Payload {
  switch (Type) {
    case 'null':
      if (!/^\d+$/.test(Info)) throw new Error(`a null reader has a number of bytes, not '${Info}'`);
      return { kind: 'zeros', bytes: Number(Info) };
    case 'push':
      return { kind: 'stream', ...pushes.expect(Info) };
    case 'http':
      return { kind: 'stream', open: (signal) => fetched(Info, signal), close: () => undefined };
  }
}

async function fetched(url: string, signal: AbortSignal): Promise<Readable> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw fail(
      {
        code: 'piece-unreachable',
        summary: 'cannot reach the source of the piece',
        why: messageOf((error as Error).cause ?? error),
        fix: 'check the connection from this host to the source',
      },
      { cause: error },
    );
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw fail({
      code: 'piece-unreachable',
      summary: `the source of the piece answered HTTP ${response.status}`,
      fix: 'it must answer a plain GET with 200 and the bytes',
    });
  }
  return Readable.fromWeb(response.body);
}
