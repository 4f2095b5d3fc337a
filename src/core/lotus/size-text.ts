import { FormatError } from './format-error.ts';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB'] as const;

/** Bytes as Lotus prints them: four significant digits, a space, the unit; `0 B` for zero. Source: docs/spec/lotus.md section 2.6. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toPrecision(4))} ${units[unit]}`;
}

const sizePattern = /^(?<number>\d+(?:\.\d+)?) *(?<prefix>[KMGTPE]?)I?B?$/;

/**
 * Bytes of a human size with base-1024 units in any case, as `storage attach --max-storage` takes it: `1TiB`, `1T` and `1tb` are all
 * 2^40. Throws a `FormatError` for anything else.
 */
export function bytesOfSizeText(text: string): number {
  const match = sizePattern.exec(text.trim().toUpperCase());
  const power = 'KMGTPE'.indexOf(match?.groups?.['prefix'] ?? '');
  const prefix = match?.groups?.['prefix'] ?? '';
  const bytes = Number(match?.groups?.['number']) * 1024 ** (prefix === '' ? 0 : power + 1);
  if (match === null || !Number.isSafeInteger(Math.floor(bytes)))
    throw new FormatError(`'${text}' is not a size; write a number with a unit such as 512MiB or 1TiB`);
  return Math.floor(bytes);
}
