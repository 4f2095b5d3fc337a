import type { Logger } from 'pino';
import type { Methods } from './method.ts';

/** Wraps methods so that each call is logged at debug level, without parameters and results: both may be secret, or large. */
export function loggedMethods(methods: Methods, log: Pick<Logger, 'debug'>): Methods {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]): [string, Methods[string]] => [
      name,
      {
        ...method,
        async run(params, call) {
          const begunMs = performance.now();
          const told = () => ({ method: name, ms: Math.round(performance.now() - begunMs) });
          try {
            const result = await method.run(params, call);
            log.debug(told(), 'answered a call');
            return result;
          } catch (error) {
            log.debug({ ...told(), err: error }, 'refused a call');
            throw error;
          }
        },
      },
    ]),
  );
}
