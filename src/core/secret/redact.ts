import { ProblemError } from '../problem/problem.ts';
import { mask, maskTokens } from './literal.ts';
import { escapeInDoubleQuotes } from './secret.ts';

/** A shorter value is left alone: it would be found in the middle of harmless words, and is none that keeps anything safe. */
const minLength = 8;

/**
 * Masks the values of secrets in what is about to be shown, stored or sent, whoever put them there: a program that fails may well have
 * printed its whole environment. Beside the values themselves it knows them as JSON, shells and environment files quote them, in
 * base64, and line by line; and it masks everything that has the form of a token.
 */
export class Redactor {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  constructor(values: Iterable<string>) {
    this.learn(values);
  }

  /** Also masks these from now on. */
  readonly learn = (values: Iterable<string>): void => {
    const before = this.#forms.size;
    for (const value of values) for (const form of formsOf(value)) this.#forms.add(form);
    if (this.#forms.size === before) return;
    // Of alternatives that begin alike the first wins, and nothing of the longer one may be left over.
    const forms = [...this.#forms].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(
      forms.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'),
      'g',
    );
  };

  /** The text with every secret masked. */
  readonly text = (text: string): string => {
    if (text.length < minLength) return text;
    return maskTokens(this.#pattern === undefined ? text : text.replaceAll(this.#pattern, mask));
  };

  /** The same data with every secret masked in its texts; names of fields are left as they are. */
  readonly data = <Data>(data: Data): Data => this.#masked(data) as Data;

  /** Returns a thrown value with every secret masked in its texts. */
  readonly thrown = (thrown: unknown): unknown => {
    if (thrown instanceof ProblemError) return new ProblemError(this.data(thrown.problems));
    if (!(thrown instanceof Error)) return this.data(thrown);
    const message = this.text(thrown.message);
    return message === thrown.message ? thrown : new Error(message);
  };

  #masked(data: unknown): unknown {
    if (typeof data === 'string') return this.text(data);
    if (Array.isArray(data)) return data.map((entry) => this.#masked(entry));
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, this.#masked(value)]));
  }
}

/** The texts by which a value may be met. */
function formsOf(value: string): string[] {
  // Only a part of several lines may be met, such as the end of a log.
  const texts = [value, ...value.split(/\r?\n/)];
  return texts.filter((text) => text.length >= minLength).flatMap(quotedAndEncoded);
}

function quotedAndEncoded(text: string): string[] {
  const bytes = Buffer.from(text);
  // What follows the text decides on the digits of its last bytes.
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    escapeInDoubleQuotes(text),
    text.replaceAll("'", String.raw`'\''`),
    whole.toString('base64'),
    whole.toString('base64url'),
  ];
}
