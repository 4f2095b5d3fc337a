import { readFileSync } from 'node:fs';

/** The content of a file of known answers. */
export function vectors(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), 'utf8'));
}

/** Plain bytes, so that comparisons see no Buffer. */
export function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
