import { FormatError } from './format-error.ts';

const trueWords = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** A boolean in the words that Go's `strconv.ParseBool` accepts; undefined for any other text. */
export function parseGoBool(text: string): boolean | undefined {
  if (trueWords.has(text)) return true;
  return falseWords.has(text) ? false : undefined;
}

const millisecondsPer: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
};
const durationPattern = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const durationPart = /(?<number>\d+\.?\d*|\.\d+)(?<unit>ns|us|µs|μs|ms|s|m|h)/g;

/** Milliseconds of a duration in Go's form, such as `30s`, `1h30m` or `0`. Throws a `FormatError` for anything else. */
export function parseGoDuration(text: string): number {
  if (!durationPattern.test(text))
    throw new FormatError(`'${text}' is not a duration; write it like 30s, 5m or 1h30m`);
  let total = 0;
  for (const part of text.matchAll(durationPart))
    total += Number(part.groups?.['number']) * (millisecondsPer[part.groups?.['unit'] ?? ''] ?? 0);
  return text.startsWith('-') ? -total : total;
}

/** Milliseconds in the form Go's `Duration.String` prints: `1h12m44.1s`, `350ms`, `0s`. Finer than a millisecond is shown in `µs`. */
export function goDurationText(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const sign = milliseconds < 0 ? '-' : '';
  const ns = Math.round(Math.abs(milliseconds) * 1e6);
  if (ns < 1e3) return `${sign}${ns}ns`;
  if (ns < 1e6) return `${sign}${ns / 1e3}µs`;
  if (ns < 1e9) return `${sign}${ns / 1e6}ms`;
  const hours = Math.floor(ns / 3600e9);
  const minutes = Math.floor((ns % 3600e9) / 60e9);
  const seconds = (ns % 60e9) / 1e9;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${head}${seconds}s`;
}
