import type { Socket } from 'node:net';
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';
import { messageOf } from '@sealctl/core/problem/problem';

/** The keys an ssh-agent offers for logging in, and the agent that signs with them. */
export interface Agent {
  readonly keys: readonly ParsedKey[];
  /** Offers nothing but the given keys, in their order. */
  readonly offering: (keys: readonly ParsedKey[]) => BaseAgent;
}

/** An agent looks its keys up in memory; one that asks its user does so when it signs. */
const answerMs = 5_000;

/** Asks the agent that listens at `socket` for its keys; certificates are left out, for ssh2 cannot use them. */
export async function readAgent(socket: string): Promise<Agent | { readonly note: string }> {
  const agent = ssh2.createAgent(socket);
  const streams = streamsOf(agent);
  const timer = setTimeout(() => {
    for (const stream of streams)
      stream.destroy(new Error(`it has not answered within ${answerMs / 1_000} s`));
  }, answerMs);
  try {
    const keys = await new Promise<ParsedKey[]>((resolve, reject) => {
      agent.getIdentities((error, found = []) => {
        if (error instanceof Error) reject(error);
        else resolve(found.flatMap(usableKey));
      });
    });
    return { keys, offering: (offered) => new OfferingAgent(agent, offered) };
  } catch (thrown) {
    return { note: `the ssh-agent at ${socket} cannot be asked: ${messageOf(thrown)}` };
  } finally {
    clearTimeout(timer);
  }
}

type OpenStream = (answer: (error: Error | null, stream?: Socket) => void) => void;

/** The streams that ssh2 opens to an agent, from now on: none of them keeps the process alive, as one to a silent agent would forever. */
function streamsOf(agent: BaseAgent): ReadonlySet<Socket> {
  const streams = new Set<Socket>();
  const opening = agent as unknown as { getStream: OpenStream };
  const open = opening.getStream.bind(agent);
  opening.getStream = (answer) =>
    open((error, stream) => {
      if (stream !== undefined) {
        stream.unref();
        streams.add(stream);
        stream.once('close', () => streams.delete(stream));
      }
      answer(error, stream);
    });
  return streams;
}

/** An agent gives keys as objects of its own or in wire form. */
function usableKey(found: unknown): ParsedKey[] {
  const key = ssh2.utils.parseKey(found as Buffer);
  return key instanceof Error || key.type.includes('-cert-') ? [] : [key];
}

/** What ssh2 calls on an agent; its published types lag behind. */
interface AgentCalls {
  readonly sign: (...call: unknown[]) => void;
}

class OfferingAgent extends ssh2.BaseAgent {
  readonly #agent: AgentCalls;
  readonly #keys: readonly ParsedKey[];

  constructor(agent: BaseAgent, keys: readonly ParsedKey[]) {
    super();
    this.#agent = agent as unknown as AgentCalls;
    this.#keys = keys;
  }

  override getIdentities(answer: (error?: Error | null, keys?: ParsedKey[]) => void): void {
    answer(null, [...this.#keys]);
  }

  override sign(...call: unknown[]): void {
    this.#agent.sign(...call);
  }
}
