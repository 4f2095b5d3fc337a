import type { Hop } from '../route.ts';
import type { OpenHop } from './ssh2-hop.ts';

/** Opens a jump host. Calls `begun` with what must be destroyed at the end, and `onStep` with the name of each step. */
export type OpenJump = (how: {
  readonly begun: (open: OpenHop) => void;
  readonly onStep: (step: string) => void;
  /** Fires when no user waits for it any more. */
  readonly givenUp: AbortSignal;
}) => Promise<OpenHop>;

/** A jump host as one of its users has it. */
export interface Jump {
  readonly opened: Promise<OpenHop>;
  /** Call it once. The last user to leave ends the connection. */
  readonly leave: () => void;
}

/** The jump hosts of one command. Each has one login for all hosts reached through it, because bastions drop logins that come in crowds. */
export interface SharedJumps {
  /** Joins or opens the jump host at the end of `way`, which lists every hop to it. */
  readonly use: (way: readonly Hop[], open: OpenJump, onStep: (step: string) => void) => Jump;
}

interface Shared {
  readonly opened: Promise<OpenHop>;
  readonly begun: Set<OpenHop>;
  readonly givenUp: AbortController;
  readonly listeners: Set<(step: string) => void>;
  step: string | undefined;
  users: number;
}

/** Shares the jump hosts of one command. `end` closes a connection that has no user left. */
export function sharedJumps(end: (open: OpenHop) => void): SharedJumps {
  const known = new Map<string, Shared>();

  function begin(key: string, open: OpenJump): Shared {
    const begun = new Set<OpenHop>();
    const givenUp = new AbortController();
    const listeners: Shared['listeners'] = new Set();
    const opened = open({
      begun: (hop) => begun.add(hop),
      givenUp: givenUp.signal,
      onStep: (step) => {
        shared.step = step;
        for (const listener of listeners) listener(step);
      },
    });
    const shared: Shared = { opened, begun, givenUp, listeners, step: undefined, users: 0 };
    // A user that comes after its end opens it again.
    const forget = () => {
      if (known.get(key) === shared) known.delete(key);
    };
    opened.then(({ client }) => {
      // Every host reached through it listens for its end.
      client.setMaxListeners(0);
      client.once('close', forget);
    }, forget);
    known.set(key, shared);
    return shared;
  }

  return {
    use(way, open, onStep) {
      const key = JSON.stringify(way);
      const shared = known.get(key) ?? begin(key, open);
      shared.users += 1;
      if (shared.step !== undefined) onStep(shared.step);
      shared.listeners.add(onStep);
      return {
        opened: shared.opened,
        leave: () => {
          shared.listeners.delete(onStep);
          shared.users -= 1;
          if (shared.users > 0) return;
          if (known.get(key) === shared) known.delete(key);
          shared.givenUp.abort();
          for (const hop of shared.begun) end(hop);
        },
      };
    },
  };
}
