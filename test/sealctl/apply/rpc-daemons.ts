import { createServer } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

/** The answers of one daemon by method; a method that is not there is answered with an error. */
export type Answers = Readonly<Record<string, (...params: readonly unknown[]) => unknown>>;

/** JSON-RPC daemons in memory, by port, whose clients' streams `forward` opens. */
export function rpcDaemons(daemons: ReadonlyMap<number, Answers>) {
  const called: string[] = [];
  const tokens = new Set<string | undefined>();
  return {
    /** `port method(params)` of every call, in order. */
    called,
    /** The Authorization headers of all calls. */
    tokens,
    forward: ({ port }: { readonly port: number }): Promise<Duplex> => {
      const answers = daemons.get(port);
      if (answers === undefined) return Promise.reject(new Error(`nobody listens at ${port}`));
      const server = createServer((request, response) => {
        tokens.add(request.headers.authorization);
        void text(request).then((body) => {
          const { id, method, params } = JSON.parse(body) as {
            readonly id: number;
            readonly method: string;
            readonly params: readonly unknown[];
          };
          const name = method.replace('Filecoin.', '');
          called.push(`${port} ${name}(${params.map((param) => JSON.stringify(param)).join(', ')})`);
          const answer = answers[name];
          const error = { code: -32601, message: `method '${method}' not found` };
          const outcome = answer === undefined ? { error } : { result: answer(...params) ?? null };
          response.end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
        });
      });
      const [mine, theirs] = duplexPair();
      server.emit('connection', theirs);
      return Promise.resolve(mine);
    },
  };
}
