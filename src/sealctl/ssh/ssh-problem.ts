import { fail, messageOf, type ProblemError } from '@sealctl/core/problem/problem';

/** The problem of a host that did not finish a step within its limit. */
export function timedOut(host: string, step: string, limitMs: number): ProblemError {
  return fail({
    code: 'ssh-timeout',
    summary: `${host} hung: ${step} took longer than ${seconds(limitMs)}`,
    where: { in: 'host', host },
    why: 'the machine is off, disconnected, frozen or overloaded, or one of its file systems hangs',
    fix: 'check the machine; run the same command again when it answers, or exclude the host',
  });
}

/** The problem of a connection that was lost during a step. */
export function lost(host: string, step: string, cause: unknown): ProblemError {
  return fail(
    {
      code: 'ssh-lost',
      summary: `the connection to ${host} was lost: ${step}`,
      where: { in: 'host', host },
      why: messageOf(cause),
      fix: 'check the machine and the network, then run the same command again to resume',
    },
    { cause },
  );
}

/** The problem of a step that the caller aborted. */
export function interrupted(host: string, step: string): ProblemError {
  return fail({
    code: 'ssh-interrupted',
    summary: `${step} on ${host} was interrupted`,
    where: { in: 'host', host },
    fix: 'run the same command again to resume',
  });
}

export function unreachable(host: string, place: string, cause: unknown): ProblemError {
  return fail(
    {
      code: 'ssh-unreachable',
      summary: `${host} cannot be reached`,
      where: { in: 'host', host },
      why: `${place}: ${messageOf(cause)}`,
      fix: 'check address, port and network; try ssh by hand',
    },
    { cause },
  );
}

export function authFailed(host: string, user: string, why: readonly string[]): ProblemError {
  return fail({
    code: 'ssh-auth-failed',
    summary: `${host} rejects the login of ${user}`,
    where: { in: 'host', host },
    why: why.join('; '),
    fix: "put the operator's public key into authorized_keys there, load the key into ssh-agent, or set ssh.user and ssh.identityFile (certificates need ssh.transport: openssh)",
  });
}

/** A length of time as messages show it. */
export function seconds(ms: number): string {
  return `${ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000)} s`;
}
