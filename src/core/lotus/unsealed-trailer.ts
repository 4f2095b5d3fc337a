import { FormatError } from './format-error.ts';

/** A range of a file's bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

/** The longest trailer that is read. Source: docs/spec/lotus.md section 7.7. */
export const maxTrailerBytes = 2 ** 20;

/**
 * The trailer after the data of an unsealed sector file: which ranges of the padded data are there, run-length encoded (RLE+), and four
 * bytes of its length, little-endian. Source: docs/spec/lotus.md section 7.7.
 */
export function encodeTrailer(present: readonly ByteRange[]): Buffer {
  const bits = new BitWriter();
  bits.put(0, 2); // version
  const runs = runsOf(joinedRanges(present));
  bits.put(runs[0]?.present === true ? 1 : 0, 1);
  for (const { length } of runs) putRun(bits, length);
  const encoded = bits.result();
  const trailer = Buffer.alloc(encoded.length + 4);
  encoded.copy(trailer);
  trailer.writeUInt32LE(encoded.length, encoded.length);
  return trailer;
}

/** The ranges that a trailer lists; `encoded` is the trailer without its last four bytes. Throws a `FormatError`. */
export function decodeRuns(encoded: Uint8Array): ByteRange[] {
  if (encoded.length === 0) return [];
  const bits = new BitReader(encoded);
  if (bits.take(2) !== 0) throw new FormatError('the trailer of the unsealed file has an unknown version');
  const present: ByteRange[] = [];
  let isPresent = bits.take(1) === 1;
  let offset = 0;
  while (!bits.atEnd()) {
    const size = takeRun(bits);
    if (isPresent && size > 0) present.push({ offset, size });
    offset += size;
    isPresent = !isPresent;
  }
  return present;
}

/** The same bytes as few ranges: in order, none empty, none touching another. */
export function joinedRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ranges.filter(({ size }) => size > 0).toSorted((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    if (last === undefined || range.offset > last.offset + last.size) joined.push(range);
    else {
      const end = Math.max(last.offset + last.size, range.offset + range.size);
      joined[joined.length - 1] = { offset: last.offset, size: end - last.offset };
    }
  }
  return joined;
}

/** Whether every byte of `range` is in one of `present`. */
export function coversRange(present: readonly ByteRange[], range: ByteRange): boolean {
  const end = range.offset + range.size;
  return (
    range.size === 0 ||
    joinedRanges(present).some(({ offset, size }) => offset <= range.offset && end <= offset + size)
  );
}

interface Run {
  readonly present: boolean;
  readonly length: number;
}

function runsOf(ranges: readonly ByteRange[]): Run[] {
  const runs: Run[] = [];
  let at = 0;
  for (const { offset, size } of ranges) {
    if (offset > at) runs.push({ present: false, length: offset - at });
    runs.push({ present: true, length: size });
    at = offset + size;
  }
  return runs;
}

/** A run of one is `1`, a short one `01` and four bits, any other `00` and a varint. */
function putRun(bits: BitWriter, length: number): void {
  if (length === 1) return bits.put(1, 1);
  if (length < 16) {
    bits.put(2, 2);
    return bits.put(length, 4);
  }
  bits.put(0, 2);
  let rest = length;
  while (rest >= 128) {
    bits.put((rest % 128) + 128, 8);
    rest = Math.floor(rest / 128);
  }
  bits.put(rest, 8);
}

function takeRun(bits: BitReader): number {
  if (bits.take(1) === 1) return 1;
  if (bits.take(1) === 1) return bits.take(4);
  let length = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bits.take(8);
    length += (byte % 128) * scale;
    if (!Number.isSafeInteger(length)) throw new FormatError('a run of the unsealed file is too long');
    if (byte < 128) return length;
  }
}

/** Bits into bytes, lowest first. */
class BitWriter {
  readonly #bytes: number[] = [];
  #used = 0;

  put(value: number, count: number): void {
    for (let bit = 0; bit < count; bit += 1) {
      if (this.#used % 8 === 0) this.#bytes.push(0);
      const last = this.#bytes.length - 1;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (((value >> bit) & 1) << (this.#used % 8));
      this.#used += 1;
    }
  }

  result(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit += 1) {
      const byte = this.#bytes[Math.floor(this.#at / 8)];
      if (byte === undefined) throw new FormatError('the trailer of the unsealed file is cut off');
      value |= ((byte >> (this.#at % 8)) & 1) << bit;
      this.#at += 1;
    }
    return value;
  }

  /** True when nothing but the zeros that fill the last byte is left. */
  atEnd(): boolean {
    const first = Math.floor(this.#at / 8);
    if (first >= this.#bytes.length) return true;
    if (first < this.#bytes.length - 1) return false;
    return (this.#bytes[first] ?? 0) >> (this.#at % 8) === 0;
  }
}
