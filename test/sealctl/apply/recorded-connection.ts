import type {
  ExecRequest,
  ExecResult,
  HostConnection,
  UploadRequest,
} from '../../../src/sealctl/ssh/connection.ts';

/** A connection to host `h` that writes down what it is asked for; every program ends as `result` says. */
export function recordedConnection(result: Partial<ExecResult> = {}) {
  const executed: ExecRequest[] = [];
  const uploaded: UploadRequest[] = [];
  const connection: HostConnection = {
    host: 'h',
    exec: (request) => {
      executed.push(request);
      return Promise.resolve({ status: 0, stdout: Buffer.alloc(0), stderr: '', ...result });
    },
    forward: () => Promise.reject(new Error('nobody listens there')),
    upload: (request) => {
      uploaded.push(request);
      return Promise.resolve({ sent: true, bytes: 1 });
    },
    ended: new AbortController().signal,
    close: () => Promise.resolve(),
  };
  return { connection, executed, uploaded };
}

/** The end of a script that reports a failure. */
export function scriptFailure(code: string, detail: string): Partial<ExecResult> {
  return { status: 65, stderr: `sealctl-failed ${code} ${Buffer.from(detail).toString('base64')}\n` };
}
