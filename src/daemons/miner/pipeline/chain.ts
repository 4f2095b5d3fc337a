import { createHmac } from 'node:crypto';
import type { Randomness } from './sector.ts';

/**
 * The chain as the pipeline uses it: epochs, randomness, and messages that land some epochs later. The pipeline waits only for epochs, so a
 * real chain can implement this interface.
 */
export interface Chain {
  readonly head: (now: number) => number;
  /** The randomness for a sector's ticket. */
  readonly ticket: (sector: number, epoch: number) => Randomness;
  /**
   * The randomness for the challenges of a sector whose pre-commitment landed in an epoch. Its own epoch is the one from which it exists.
   */
  readonly seed: (sector: number, landed: number) => Randomness;
  /** The epoch in which a message lands that is sent in epoch `sent`. */
  readonly landing: (sent: number) => number;
}

export interface LocalChainOptions {
  /** Start of epoch 0, in milliseconds. */
  readonly genesis: number;
  /** Duration of an epoch in milliseconds: 30 s on the main network. */
  readonly blockMs: number;
  /** Epochs from the pre-commitment to its challenge: 150 on the main network. */
  readonly seedDelay: number;
  /** Epochs until a message counts as landed. */
  readonly confidence: number;
  readonly miner: number;
  /** The secret without which the randomness cannot be predicted. */
  readonly secret: Uint8Array;
}

/**
 * A simulation of the chain: the clock determines epochs, randomness is an HMAC with a secret of this miner, and every message lands.
 * Interface and delays are those of the chain.
 */
export function localChain(options: LocalChainOptions): Chain {
  const { genesis, blockMs, seedDelay, confidence, miner, secret } = options;
  const draw = (purpose: string, sector: number, epoch: number): Randomness => {
    const bytes = createHmac('sha256', secret).update(`${purpose}:${miner}:${sector}:${epoch}`).digest();
    // As on the network, the randomness is a field element: the two highest bits are clear.
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
