import { readFile } from 'node:fs/promises';
import { fail } from '@sealctl/core/problem/problem';
import type { Environment } from '@sealctl/core/lotus/resource-env';

/** Lotus's lower bound for the soft limit of open files. Source: docs/spec/lotus.md section 3.4. */
const lotusBound = 100_000;
/** Environment variable that lowers the bound on a test machine. */
export const boundVariable = 'SEAL_WORKER_MIN_NOFILE';

/** Rejects with a problem when the limit of open files is too low: a proof reads thousands of files at once. */
export async function checkOpenFiles(env: Environment): Promise<void> {
  const bound = boundOf(env);
  const limit = softLimit(await readFile('/proc/self/limits', 'utf8'));
  if (limit === undefined || limit >= bound) return;
  throw fail({
    code: 'too-few-files',
    summary: `this process may open only ${limit} files; a worker needs ${bound}`,
    why: 'sealing and proving open thousands of files at once and would fail halfway',
    fix:
      'under systemd set LimitNOFILE=1048576 in the unit; in a shell run ulimit -n 1048576 as root first, or raise nofile in ' +
      `/etc/security/limits.d and log in again; for a lab set ${boundVariable}=${limit}`,
  });
}

/** The soft limit in the text of /proc/PID/limits; undefined when there is none. */
export function softLimit(procLimits: string): number | undefined {
  const text = /^Max open files\s+(\S+)/m.exec(procLimits)?.[1];
  return text === undefined || text === 'unlimited' ? undefined : Number(text);
}

function boundOf(env: Environment): number {
  const text = env[boundVariable];
  if (text === undefined || text === '') return lotusBound;
  if (!/^\d+$/.test(text))
    throw fail({
      code: 'bad-environment',
      summary: `${boundVariable}='${text}' is not a whole number`,
      fix: `write ${boundVariable}=1024, or leave it out for ${lotusBound}`,
    });
  return Number(text);
}
