import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';

/** HTTP over streams that somebody else opens; they are kept between calls, for opening one costs more than a question does. */
export class ForwardingAgent extends Agent {
  readonly #open: () => Promise<Duplex>;

  constructor(open: () => Promise<Duplex>) {
    super({ keepAlive: true });
    this.#open = open;
  }

  override createConnection(
    _options: ClientRequestArgs,
    created?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#open().then(
      (stream) => created?.(null, Object.assign(stream, whatSocketsCan)),
      (thrown: unknown) => created?.(thrown as Error, undefined as never),
    );
    return undefined;
  }
}

/** An agent also asks these of what it keeps. A stream over SSH neither times out by itself nor keeps the process alive. */
const whatSocketsCan = {
  setKeepAlive: () => undefined,
  setTimeout: () => undefined,
  ref: () => undefined,
  unref: () => undefined,
};
