import { fail } from '@sealctl/core/problem/problem';

/**
 * A layout in the two encodings of the reference: bincode 1.x with fixed-width little-endian integers, and serde's JSON
 * (docs/spec/sealing.md sections 13.3 and 13.4). Conversion creates no intermediate objects, so that it is cheap for proofs of many
 * megabytes.
 */
export interface Layout {
  /** Reads the next value of `from` and appends its JSON. */
  readonly toJson: (from: BinaryReader, to: string[]) => void;
  /** Appends the bytes of a parsed JSON value; `at` names the value in errors. */
  readonly toBinary: (value: unknown, at: string, to: BinaryWriter) => void;
}

/** Reads binary parts in order. Throws a problem `malformed-proof` with the offset for a missing part. */
export class BinaryReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  take(bytes: number): Uint8Array {
    const from = this.#advance(bytes);
    return this.#bytes.subarray(from, from + bytes);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A 64-bit number. Throws above the largest safe integer: no proof contains such a number. */
  u64(): number {
    const value = Number(this.#view.getBigUint64(this.#advance(8), true));
    if (!Number.isSafeInteger(value)) throw this.#malformed('a number is larger than any proof has');
    return value;
  }

  /** The count of elements that follow, each of at least one byte. */
  count(): number {
    const count = this.u64();
    if (count > this.#bytes.length - this.#at)
      throw this.#malformed(`a list of ${count} elements does not fit into the bytes that are left`);
    return count;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw this.#malformed('there are bytes after the end');
  }

  #advance(bytes: number): number {
    const from = this.#at;
    if (bytes > this.#bytes.length - from) throw this.#malformed('it ends too early');
    this.#at += bytes;
    return from;
  }

  #malformed(why: string) {
    return malformed(`${this.#what} at offset ${this.#at}`, why);
  }
}

/** Collects binary parts. */
export class BinaryWriter {
  #bytes = Buffer.alloc(1 << 16);
  #length = 0;

  bytes(bytes: ArrayLike<number>): void {
    const at = this.#grow(bytes.length); // may put larger bytes in place
    this.#bytes.set(bytes, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  u64(value: number): void {
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64LE(BigInt(value), at);
  }

  result(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #grow(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }
}

/** 32 bytes; an array of 32 numbers in JSON. */
export const node: Layout = {
  toJson(from, to) {
    const bytes = from.take(32);
    let text = `[${bytes[0]}`;
    for (let i = 1; i < 32; i += 1) text += `,${bytes[i]}`;
    to.push(`${text}]`);
  },
  toBinary(value, at, to) {
    const bytes = arrayOf(value, at);
    if (bytes.length !== 32) throw malformed(at, `it has ${bytes.length} bytes, not 32`);
    for (const [index, byte] of bytes.entries()) integerOf(byte, `${at}[${index}]`, 0xff);
    to.bytes(bytes as number[]);
  },
};

export const u32: Layout = {
  toJson: (from, to) => void to.push(String(from.u32())),
  toBinary: (value, at, to) => to.u32(integerOf(value, at, 0xffff_ffff)),
};

export const u64: Layout = {
  toJson: (from, to) => void to.push(String(from.u64())),
  toBinary: (value, at, to) => to.u64(integerOf(value, at, Number.MAX_SAFE_INTEGER)),
};

/** A marker type: `null` in JSON, nothing in binary. */
export const phantom: Layout = {
  toJson: (_, to) => void to.push('null'),
  toBinary(value, at) {
    if (value !== null) throw malformed(at, 'it is null in every proof');
  },
};

/** A list, preceded by its length. */
export function listOf(element: Layout): Layout {
  return {
    toJson(from, to) {
      const count = from.count();
      to.push('[');
      for (let i = 0; i < count; i += 1) {
        if (i > 0) to.push(',');
        element.toJson(from, to);
      }
      to.push(']');
    },
    toBinary(value, at, to) {
      const elements = arrayOf(value, at);
      to.u64(elements.length);
      for (const [index, each] of elements.entries()) element.toBinary(each, `${at}[${index}]`, to);
    },
  };
}

/** Fields in order. Every field is required, and no other is allowed. */
export function struct(fields: Readonly<Record<string, Layout>>): Layout {
  const entries = Object.entries(fields);
  return {
    toJson(from, to) {
      for (const [index, [name, field]] of entries.entries()) {
        to.push(`${index === 0 ? '{' : ','}"${name}":`);
        field.toJson(from, to);
      }
      to.push('}');
    },
    toBinary(value, at, to) {
      const members = membersOf(value, at);
      const extra = Object.keys(members).find((name) => !(name in fields));
      if (extra !== undefined) throw malformed(at, `it has no field '${extra}'`);
      for (const [name, field] of entries) {
        if (!(name in members)) throw malformed(`${at}.${name}`, 'it is missing');
        field.toBinary(members[name], `${at}.${name}`, to);
      }
    },
  };
}

/** One of several cases: its number as u32 in binary, an object with its name as the only key in JSON. */
export function oneOf(cases: Readonly<Record<string, Layout>>): Layout {
  const entries = Object.entries(cases);
  return {
    toJson(from, to) {
      const number = from.u32();
      const chosen = entries[number];
      if (chosen === undefined) throw malformed('proof', `there is no tree variant ${number}`);
      to.push(`{"${chosen[0]}":`);
      chosen[1].toJson(from, to);
      to.push('}');
    },
    toBinary(value, at, to) {
      const [key, ...others] = Object.entries(membersOf(value, at));
      const number = entries.findIndex(([name]) => name === key?.[0]);
      const chosen = entries[number];
      if (key === undefined || chosen === undefined || others.length > 0)
        throw malformed(at, `it is not one of ${Object.keys(cases).join(', ')}`);
      to.u32(number);
      chosen[1].toBinary(key[1], `${at}.${key[0]}`, to);
    },
  };
}

/** An object with one key, which the caller passes, around a layout. */
export function keyed(key: string, inner: Layout): Layout {
  return {
    toJson(from, to) {
      to.push(`{"${key}":`);
      inner.toJson(from, to);
      to.push('}');
    },
    toBinary(value, at, to) {
      const members = membersOf(value, at);
      const names = Object.keys(members);
      if (names.length !== 1 || names[0] !== key) throw malformed(at, `its only key is '${key}'`);
      inner.toBinary(members[key], `${at}.${key}`, to);
    },
  };
}

/** A problem with the text or the bytes of a proof. */
export function malformed(at: string, why: string) {
  return fail({
    code: 'malformed-proof',
    summary: `${at} is not valid in a proof`,
    why,
    fix: 'make the proof again; the file is truncated, changed, or of another kind',
  });
}

/** The members of a JSON object; a problem for any other value. */
export function membersOf(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(at, 'it is not an object');
  return value as Record<string, unknown>;
}

function arrayOf(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) throw malformed(at, 'it is not a list');
  return value;
}

function integerOf(value: unknown, at: string, largest: number): number {
  if (
    typeof value !== 'number' ||
    !Number.isInteger(value) ||
    value < 0 ||
    value > largest ||
    Object.is(value, -0)
  )
    throw malformed(at, `it is not a whole number from 0 to ${largest}`);
  return value;
}
