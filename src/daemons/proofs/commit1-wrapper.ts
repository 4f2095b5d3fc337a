import { malformed, membersOf } from './layout.ts';
import { parsed } from './json-outline.ts';

/** The JSON document with which Lotus and Curio pass a C1 output to a prover. */
export interface Commit1Wrapper {
  readonly sectorNumber: number;
  readonly sectorBytes: number;
  /** The C1 output's JSON. */
  readonly phase1Output: Uint8Array;
}

/** The wrapper's JSON, as Go's encoder writes it, in parts. */
export function* commit1WrapperParts(
  sector: Pick<Commit1Wrapper, 'sectorNumber' | 'sectorBytes'>,
  phase1Output: Iterable<string>,
): Generator<string> {
  yield `{"SectorNum":${sector.sectorNumber},"Phase1Out":"`;
  let rest = Buffer.alloc(0);
  for (const part of phase1Output) {
    const bytes = Buffer.concat([rest, Buffer.from(part)]);
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    yield bytes.toString('base64', 0, whole);
  }
  yield `${rest.toString('base64')}","SectorSize":${sector.sectorBytes}}`;
}

/** Reads a wrapper. Throws a problem `malformed-proof` for anything else. */
export function parseCommit1Wrapper(json: Uint8Array): Commit1Wrapper {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  // The base64 can exceed the maximum length of a string, so the rest is parsed without it.
  const key = '"Phase1Out"';
  const keyAt = bytes.indexOf(key);
  const from = keyAt === -1 ? -1 : bytes.indexOf('"', keyAt + key.length);
  const to = from === -1 ? -1 : bytes.indexOf('"', from + 1);
  if (to === -1) throw noWrapper();
  const rest = bytes.toString('utf8', 0, from + 1) + bytes.toString('utf8', to);
  const members = membersOf(parsed(rest, 'C1 file'), 'C1 file');
  const { SectorNum: sectorNumber, Phase1Out: output, SectorSize: sectorBytes } = members;
  if (!Number.isSafeInteger(sectorNumber) || !Number.isSafeInteger(sectorBytes) || output !== '')
    throw noWrapper();
  return {
    sectorNumber: Number(sectorNumber),
    sectorBytes: Number(sectorBytes),
    phase1Output: fromBase64(bytes.subarray(from + 1, to)),
  };
}

function fromBase64(text: Buffer): Buffer {
  const bytes = Buffer.alloc(text.length - Math.floor(text.length / 4));
  let length = 0;
  for (let at = 0; at < text.length; at += chunk)
    length += bytes.write(text.toString('latin1', at, at + chunk), length, 'base64');
  return bytes.subarray(0, length);
}

function noWrapper() {
  return malformed('C1 file', 'it is not an object of SectorNum, Phase1Out and SectorSize');
}

/** Characters of base64 per chunk; a multiple of four. */
const chunk = 1 << 22;
