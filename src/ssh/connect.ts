import { userInfo } from 'node:os';
import type { HostConnection } from './connection.ts';
import { hostKeyChecker } from './host-key.ts';
import { resolveTarget } from './ssh-config.ts';
import { connectSsh2 } from './ssh2-transport.ts';
import type { SshOptions, SshTarget } from './target.ts';

const checker = hostKeyChecker(() => undefined);

/** Opens a host. Rejects with a `ProblemError` that names host and step. */
export async function connect(target: SshTarget, options: SshOptions): Promise<HostConnection> {
  const environment = { env: options.environment ?? process.env, user: userInfo().username };
  const resolved = await resolveTarget(target, environment);
  return connectSsh2(resolved, {
    environment,
    hostKeys: checker,
    askPassphrase: options.passphrase ?? (() => Promise.resolve(undefined)),
    connectTimeoutMs: options.connectTimeoutMs ?? 15_000,
  });
}
