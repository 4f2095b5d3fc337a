import { FlagNotFoundError, text_en } from '@stricli/core';
import { closest } from '../../spec/suggest.ts';

/**
 * How near a flag or command must be for the parser to propose it, in letters left out, put in, replaced or swapped. It compares
 * `max-connections` with `maxConnections`, so that a flag of several words differs without a slip: `closest` decides in its place.
 */
export const proposalDistance = {
  threshold: 4,
  weights: { insertion: 1, deletion: 1, substitution: 1, transposition: 1 },
} as const;

/** Returns what is told of a flag that a command does not have: the flag that was probably meant, or where its flags are listed. */
export function unknownFlagText({ input, corrections }: FlagNotFoundError): string {
  // A slip seldom hits the first letter, and short words that differ there, such as "most" and "host", mean different things.
  const likely = corrections.filter((flag) => flag[0] === input[0]).map(kebabCase);
  const meant = closest(input, likely);
  if (meant !== undefined) return new FlagNotFoundError(input, [meant]).message;
  return `${new FlagNotFoundError(input, []).message}; --help lists the flags of the command`;
}

/** Returns what is told of a command that does not exist, with those of the parser's proposals that are near to it. */
export const unknownCommandText: typeof text_en.noCommandRegisteredForInput = (unknown) => {
  const isNear = (correction: string) =>
    closest(unknown.input, [correction.replaceAll('`', '')]) !== undefined;
  return text_en.noCommandRegisteredForInput({
    ...unknown,
    corrections: unknown.corrections.filter(isNear),
  });
};

function kebabCase(flag: string): string {
  return flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
