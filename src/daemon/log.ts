import pino, { type Logger } from 'pino';

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
 * `error,advmgr=debug` the first word without a subsystem counts. Fields that could carry a token are blotted out.
 */
export function makeLog(name: string, golevel: string | undefined): Logger {
  const word = golevel?.split(',').find((part) => !part.includes('=')) ?? 'info';
  return pino(
    {
      name,
      level: levels[word.toLowerCase()] ?? 'info',
      redact: { paths: ['token', '*.token', 'authorization', '*.authorization'], censor: '(secret)' },
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
