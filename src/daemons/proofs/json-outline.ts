import { messageOf } from '@sealctl/core/problem/problem';
import { malformed } from './layout.ts';

/** The only key of what stands for an object in an outline; its value is the object's place among those left out. */
export const outlined = 'outlined';

/** A JSON text without its deeper objects. */
export interface JsonOutline {
  readonly outline: string;
  /** Their bytes, in the order of the text; `{"outlined":N}` stands for the N-th. */
  readonly objects: readonly Buffer[];
}

/**
 * Takes the objects that lie within `depth` others, lists counted, out of a JSON text, so that a text longer than a string can be is
 * parsed part by part. What is no JSON stays none: every byte is in the outline or in one of the objects.
 */
export function outlineOf(json: Uint8Array, depth: number): JsonOutline {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const kept: string[] = [];
  const objects: Buffer[] = [];
  let open = 0;
  let inString = false;
  let inObject = false;
  let from = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBrace || byte === openBracket) {
      if (open === depth && byte === openBrace) {
        kept.push(bytes.toString('utf8', from, at));
        from = at;
        inObject = true;
      }
      open += 1;
    } else if (byte === closeBrace || byte === closeBracket) {
      open -= 1;
      if (open === depth && inObject) {
        kept.push(`{"${outlined}":${objects.length}}`);
        objects.push(bytes.subarray(from, at + 1));
        from = at + 1;
        inObject = false;
      }
    }
  }
  kept.push(bytes.toString('utf8', from));
  return { outline: kept.join(''), objects };
}

/** The value of a JSON text; a problem `malformed-proof` that names it for anything else. */
export function parsed(json: string, at: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw malformed(at, messageOf(error));
  }
}

const [openBrace, closeBrace, openBracket, closeBracket, quote, backslash] = Buffer.from('{}[]"\\');
