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
 * A daemon's log: one JSON line per event on stderr, which journald stores. GOLOG_LOG_LEVEL sets the level as in Lotus; in
 * `error,advmgr=debug` the first word without a subsystem counts. The log masks fields whose name marks a token, secrets of the environment
 * anywhere in a text, and everything that looks like a token.
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
