import { fail, type ProblemError } from '@sealctl/core/problem/problem';
import type { ExecResult } from './connection.ts';

/** The words before a program's arguments. The locale is C because sudo's failures are recognized by its English messages. */
export const sudo = ['env', 'LC_ALL=C', 'sudo', '-n', '--'] as const;

/** Returns the problem when sudo itself failed instead of the program. */
export function sudoProblem(host: string, user: string, result: ExecResult): ProblemError | undefined {
  const [line = ''] = result.stderr.split('\n').filter((text) => refusal.test(text) || absence.test(text));
  const where = { in: 'host', host } as const;
  if (result.status === 127 && absence.test(line)) {
    return fail({
      code: 'sudo-missing',
      summary: `${host} has no sudo, and ${user} is not root`,
      where,
      why: line,
      fix: 'install sudo there, log in as root, or manage the host without root (services: supervisor, ssh.become: none)',
    });
  }
  if (result.status !== 1 || !refusal.test(line)) return undefined;
  return fail({
    code: 'sudo-password-needed',
    summary: `${user} cannot run sudo on ${host} without a password`,
    where,
    why: line,
    fix: `allow it there: '${user} ALL=(ALL:ALL) NOPASSWD: ALL' in /etc/sudoers.d/sealctl; or log in as root, or manage the host without root (services: supervisor, ssh.become: none)`,
  });
}

const refusal =
  /^sudo: (?:a password is required|a terminal is required|sorry, )|^Sorry, user |is not in the sudoers file|may not run sudo/;
const absence = /^env: .*sudo.*No such file/;
