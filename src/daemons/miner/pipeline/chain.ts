import { createHmac } from 'node:crypto';
import type { Randomness } from './sector.ts';

/**
 * The chain as the pipeline uses it: epochs, randomness, and messages that land after a while. The pipeline only ever waits for epochs,
 * so a real chain can take this place.
 */
export interface Chain {
  readonly head: (now: number) => number;
  /** Randomness that the ticket of a sector is taken from. */
  readonly ticket: (sector: number, epoch: number) => Randomness;
  /** Randomness that challenges a sector whose pre-commitment landed in an epoch; its epoch is when it exists. */
  readonly seed: (sector: number, landed: number) => Randomness;
  /** The epoch in which a message sent in one lands. */
  readonly landing: (sent: number) => number;
}

export interface LocalChainOptions {
  /** Start of epoch 0, in milliseconds. */
  readonly genesis: number;
  /** Milliseconds from one epoch to the next: 30 s on the main network. */
  readonly blockMs: number;
  /** Epochs from the pre-commitment to its challenge: 150 on the main network. */
  readonly seedDelay: number;
  /** Epochs until a message counts as landed. */
  readonly confidence: number;
  readonly miner: number;
  /** The randomness cannot be predicted without it. */
  readonly secret: Uint8Array;
}

/**
 * There is no chain here: epochs are counted by the clock, randomness is an HMAC of a secret of this miner, and every message lands.
 * Interface and delays are the chain's.
 */
export function localChain(options: LocalChainOptions): Chain {
  const { genesis, blockMs, seedDelay, confidence, miner, secret } = options;
  const draw = (purpose: string, sector: number, epoch: number): Randomness => {
    const bytes = createHmac('sha256', secret).update(`${purpose}:${miner}:${sector}:${epoch}`).digest();
    // A field element on the network, too: the two highest bits are clear.
    bytes[31] = (bytes[31] ?? 0) & 0x3f;
    return { value: bytes.toString('base64'), epoch };
  };
  return {
    head: (now) => Math.max(0, Math.floor((now - genesis) / blockMs)),
    ticket: (sector, epoch) => draw('ticket', sector, epoch),
    seed: (sector, landed) => draw('seed', sector, landed + seedDelay),
    landing: (sent) => sent + confidence,
  };
}
