import { ProblemError } from '../../../src/core/problem/problem.ts';
import type { SshSettings, SshTarget } from '../../../src/sealctl/ssh/target.ts';
import type { Sshd } from './sshd.ts';

/** How `sshd` is reached when everything is right. */
export function targetOf(sshd: Sshd, ssh: Partial<SshSettings>): SshTarget {
  return {
    name: 'worker-1',
    address: '127.0.0.1',
    ssh: {
      user: sshd.user,
      port: sshd.port,
      identityFile: sshd.identity,
      knownHosts: sshd.knownHosts,
      become: 'none',
      hostKeys: 'strict',
      transport: 'ssh2',
      ...ssh,
    },
  };
}

/** The problems that a call rejects with; anything else it does is an error. */
export async function problemsOf(promise: Promise<unknown>): Promise<ProblemError['problems']> {
  const outcome = await promise.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (!(outcome instanceof ProblemError)) throw outcome;
  return outcome.problems;
}
