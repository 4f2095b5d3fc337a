import type { Plain } from './plain.ts';

/** Thrown to hand the file over to the full parser; never seen outside. */
export class NotPlain extends Error {}

/** The characters that the plain reader looks at. */
export const char = {
  newline: 10,
  space: 32,
  doubleQuote: 34,
  hash: 35,
  singleQuote: 39,
  comma: 44,
  dash: 45,
  dot: 46,
  colon: 58,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  openBrace: 123,
  closeBrace: 125,
  end: -1,
} as const;

/** Characters that mean something else than themselves at the start of a plain scalar, or may. */
export const startsNoScalar = new Set(Array.from('!%&*>?@`|,[]{}#:"\'', (one) => one.charCodeAt(0)));

/** What may follow a dash or colon that is a sign rather than part of a word; NaN is the end of the text. */
export function isBreak(code: number, inFlow: boolean): boolean {
  return Number.isNaN(code) || code === char.space || code === char.newline || (inFlow && isFlowSign(code));
}

/** What separates or closes in a flow collection. */
export function isFlowSign(code: number): boolean {
  return (
    code === char.comma ||
    code === char.openBracket ||
    code === char.closeBracket ||
    code === char.openBrace ||
    code === char.closeBrace
  );
}

/** The value of a plain scalar in the core schema of YAML 1.2; forms of numbers that no cluster file needs are not plain. */
export function resolvePlain(text: string): Plain {
  const first = text.charCodeAt(0);
  const maybeNumber =
    (first >= 48 && first <= 57) || first === char.dash || first === char.dot || first === 43;
  if (maybeNumber) {
    if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
    if (/^(?:0[xo]|[-+]?\.(?:inf|nan)$)/i.test(text)) throw new NotPlain();
    return text;
  }
  switch (text) {
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return null;
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    default:
      return text;
  }
}
