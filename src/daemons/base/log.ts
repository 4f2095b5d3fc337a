import pino, { type DestinationStream, type Logger } from 'pino';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import { mask } from '@sealctl/core/secret/literal';
import { Redactor } from '@sealctl/core/secret/redact';
import { secretsInEnvironment } from './environment-secrets.ts';

const levels: Readonly<Record<string, string>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  dpanic: 'fatal',
  panic: 'fatal',
  fatal: 'fatal',
};

/**
 * A daemon's log: one JSON line an event on stderr, where journald keeps it. The level comes from GOLOG_LOG_LEVEL as in Lotus; of
 * `error,advmgr=debug` the first word without a subsystem counts. Masked are fields that carry a token by their name, the secrets of the
 * environment wherever they stand, and whatever looks like a token.
 */
export function makeLog(
  name: string,
  env: Environment,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  const golevel = env['GOLOG_LOG_LEVEL'];
  const word = golevel?.split(',').find((part) => !part.includes('=')) ?? 'info';
  return pino(
    {
      name,
      level: levels[word.toLowerCase()] ?? 'info',
      redact: { paths: ['token', '*.token', 'authorization', '*.authorization'], censor: mask },
      hooks: { streamWrite: new Redactor(secretsInEnvironment(env)).text },
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
