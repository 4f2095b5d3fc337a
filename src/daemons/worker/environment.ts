import type { Logger } from 'pino';
import { ProblemError } from '@sealctl/core/problem/problem';
import { resourceEnvIssues, withRewrittenDcNames, type Environment } from '@sealctl/core/lotus/resource-env';

/**
 * Checks the environment for the resource table. Throws all values that Lotus would read as 0; warns about names that Lotus would ignore.
 */
export function checkedEnvironment(env: Environment, log: Logger): Environment {
  const issues = resourceEnvIssues(env);
  const bad = issues.filter((issue) => issue.kind === 'bad-value');
  if (bad.length > 0)
    throw new ProblemError(
      bad.map(({ variable, value, reason, fix }) => ({
        code: 'bad-environment',
        severity: 'error',
        summary: `${variable}='${value}'`,
        why: reason,
        fix,
      })),
    );
  for (const { variable, reason, fix } of issues)
    log.warn({ variable, reason, fix }, 'variable without effect');
  const { env: rewritten, rewritten: names } = withRewrittenDcNames(env);
  for (const name of names)
    log.warn({ variable: name }, 'DC has no sector size; the variable applies to every size');
  return rewritten;
}
