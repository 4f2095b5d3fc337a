import { messageOf } from '@sealctl/core/problem/problem';
import { malformed } from './layout.ts';

/** The only key of an object's placeholder in an outline; its value is the object's index in `objects`. */
export const outlined = 'outlined';

/** A JSON text without its deeper objects. */
export interface JsonOutline {
  readonly outline: string;
  /** The bytes of the removed objects in text order; `{"outlined":N}` is the placeholder of `objects[N]`. */
  readonly objects: readonly Buffer[];
}

/**
 * Replaces the objects at nesting depth `depth` (objects and lists count) by placeholders, so that a JSON text that exceeds the maximum
 * length of a string can be parsed in parts. Every byte ends up in the outline or in one of the objects, so invalid JSON stays invalid.
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

/** Parses a JSON text. Throws a problem `malformed-proof` with the location `at` for invalid JSON. */
export function parsed(json: string, at: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw malformed(at, messageOf(error));
  }
}

const [openBrace, closeBrace, openBracket, closeBracket, quote, backslash] = Buffer.from('{}[]"\\');
