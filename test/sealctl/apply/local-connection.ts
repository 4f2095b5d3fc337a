import type { ExecRequest, HostConnection } from '../../../src/sealctl/ssh/connection.ts';
import { shell } from '../host/real-host.ts';

/** A connection to `host` that runs its programs on this machine, and what it was asked to run. */
export function localConnection(host: string): {
  readonly connection: HostConnection;
  readonly requests: ExecRequest[];
} {
  const requests: ExecRequest[] = [];
  const refuse = () => Promise.reject(new Error('only programs are run'));
  return {
    requests,
    connection: {
      host,
      exec: (request) => {
        requests.push(request);
        return shell(request.argv, '');
      },
      forward: refuse,
      upload: refuse,
      ended: new AbortController().signal,
      close: () => Promise.resolve(),
    },
  };
}
