import { createHash } from 'node:crypto';

/** The physical limits of this machine, measured in the same run as the phases. Bytes per second. */
export interface MachineSpeeds {
  /** OpenSSL's SHA-256 on one core, in 16 KiB blocks: no label chain can be hashed faster. */
  readonly sha256OneCore: number;
  /** One thread copying memory: what encoding would cost if it only moved its bytes. */
  readonly memoryCopy: number;
}

const minMilliseconds = 300;

/** Measures the speeds; takes about a second. */
export function measureMachineSpeeds(): MachineSpeeds {
  const block = Buffer.alloc(16 * 1024, 7);
  const hash = createHash('sha256');
  const from = Buffer.alloc(64 * 1024 * 1024, 1);
  const to = Buffer.alloc(from.length);
  return {
    sha256OneCore: rateOf(64 * block.length, () => {
      for (let i = 0; i < 64; i += 1) hash.update(block);
    }),
    memoryCopy: rateOf(from.length, () => from.copy(to)),
  };
}

/** The median of three measurements, each long enough to trust the clock. */
function rateOf(bytes: number, work: () => void): number {
  const rates = [0, 1, 2].map(() => {
    const start = performance.now();
    let done = 0;
    while (performance.now() - start < minMilliseconds / 3) {
      work();
      done += bytes;
    }
    return (done * 1000) / (performance.now() - start);
  });
  return rates.sort((a, b) => a - b)[1] ?? 0;
}
