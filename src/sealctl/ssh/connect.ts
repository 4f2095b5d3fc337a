import { homedir, userInfo } from 'node:os';
import { sleep } from '@sealctl/core/async/sleep';
import { ProblemError } from '@sealctl/core/problem/problem';
import type { HostConnection } from './connection.ts';
import { hostConnection } from './host-connection.ts';
import { hostKeyChecker } from './config/host-key.ts';
import { loginKeyFinder } from './ssh2/login-keys.ts';
import { openOpenssh } from './openssh/openssh-transport.ts';
import { routeOf, type Operator } from './route.ts';
import { configReader } from './config/ssh-config.ts';
import { interrupted, unreachable } from './ssh-problem.ts';
import { sharedJumps, type SharedJumps } from './ssh2/shared-jumps.ts';
import { openSsh2, closeHop } from './ssh2/ssh2-transport.ts';
import type { SshOptions, SshTarget } from './target.ts';
import { withLimit } from './time-limit.ts';

const defaultConnectTimeoutMs = 15_000;
const defaultKeepAliveMs = 10_000;

/**
 * Opens a host. Connections made with the same `options` object share what is read on this side (keys, agents, known_hosts,
 * ssh_config) and the jump hosts. Rejects with a `ProblemError` that names the host and, when time ran out, what it hung in: `ssh-unreachable`,
 * `ssh-timeout`, `ssh-auth-failed`, `host-key-unknown`, `host-key-changed`, `host-key-revoked`, `host-key-certificate` ...
 */
export async function connect(target: SshTarget, options: SshOptions): Promise<HostConnection> {
  const side = operatorSideOf(options);
  const { name, ssh } = target;
  const timeoutMs = options.connectTimeoutMs ?? defaultConnectTimeoutMs;
  const keepAliveMs = options.keepAliveMs ?? defaultKeepAliveMs;
  const givenUp = new AbortController();
  // Waiting for a passphrase is not the host's fault: keys are found before the clock starts.
  const hops = ssh.transport === 'ssh2' ? await routeOf(target, side.askConfig, side.operator) : [];
  for (const hop of hops) await side.loginKeys(hop);
  const user = hops.at(-1)?.user ?? (await loginUser(target, side));
  if (options.signal?.aborted === true) throw interrupted(name, 'connect');
  const limit = { host: name, step: 'connect', timeoutMs, signal: options.signal };
  const onStep = (step: string) => {
    limit.step = step;
  };
  const common = { keepAliveMs, onStep, givenUp: givenUp.signal };
  const opening =
    ssh.transport === 'ssh2'
      ? openSsh2(hops, { ...side, ...common, pause: sleep })
      : openOpenssh(target, {
          ...common,
          connectTimeoutMs: timeoutMs,
          configFile: options.configFile,
          operator: side.operator,
          accepted: (key) => options.hostKeyAccepted?.(key),
        });
  const transport = await withLimit(limit, opening, () => {
    givenUp.abort();
    // A connection that opens too late is closed.
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
  }).catch((thrown: unknown) => {
    throw thrown instanceof ProblemError ? thrown : unreachable(name, target.address, thrown);
  });
  const becomeRoot = ssh.become === 'sudo' && user !== 'root';
  return hostConnection({ host: name, user, becomeRoot }, transport, options.signal);
}

interface OperatorSide {
  readonly operator: Operator;
  readonly askConfig: ReturnType<typeof configReader>;
  readonly hostKeys: ReturnType<typeof hostKeyChecker>;
  readonly loginKeys: ReturnType<typeof loginKeyFinder>;
  readonly jumps: SharedJumps;
}

const sides = new WeakMap<SshOptions, OperatorSide>();

function operatorSideOf(options: SshOptions): OperatorSide {
  const known = sides.get(options);
  if (known !== undefined) return known;
  const environment = options.environment ?? process.env;
  const home = environment['HOME'] ?? homedir();
  const side: OperatorSide = {
    operator: { user: userInfo().username, home, environment },
    askConfig: configReader(options.configFile, home),
    hostKeys: hostKeyChecker((accepted) => options.hostKeyAccepted?.(accepted)),
    loginKeys: loginKeyFinder(options.passphrase ?? (() => Promise.resolve(undefined))),
    jumps: sharedJumps(closeHop),
  };
  sides.set(options, side);
  return side;
}

/** The user name that OpenSSH logs in with. */
async function loginUser(
  { address, ssh }: SshTarget,
  { askConfig, operator }: OperatorSide,
): Promise<string> {
  if (ssh.user !== undefined) return ssh.user;
  return (await askConfig({ address, port: ssh.port })).get('user')?.[0] ?? operator.user;
}
