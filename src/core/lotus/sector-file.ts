import { FormatError } from './format-error.ts';

/**
 * The kinds of file a sector has in a storage path: directory name, bit in a `SectorFileType` mask, and space it needs in tenths of the
 * sector size while sealing and when finalized. Source: docs/spec/lotus.md section 7.8.
 */
export const sectorFileTypes = [
  { name: 'unsealed', bit: 1, sealingTenths: 10, finalTenths: 10, directory: false },
  { name: 'sealed', bit: 2, sealingTenths: 10, finalTenths: 10, directory: false },
  { name: 'cache', bit: 4, sealingTenths: 141, finalTenths: 1, directory: true },
  { name: 'update', bit: 8, sealingTenths: 10, finalTenths: 10, directory: false },
  { name: 'update-cache', bit: 16, sealingTenths: 21, finalTenths: 1, directory: true },
  { name: 'piece', bit: 32, sealingTenths: 10, finalTenths: 10, directory: false },
] as const;

export type SectorFileTypeName = (typeof sectorFileTypes)[number]['name'];

/** Several kinds of sector file as one number: the sum of their bits. */
export type SectorFileMask = number;

/** A sector: the storage provider's actor number and the sector's own. */
export interface SectorId {
  readonly Miner: number;
  readonly Number: number;
}

/** The kinds in a mask, in Lotus's order. */
export function fileTypesIn(mask: SectorFileMask): SectorFileTypeName[] {
  return sectorFileTypes.filter((type) => (mask & type.bit) !== 0).map((type) => type.name);
}

/** The mask of some kinds. */
export function fileMaskOf(names: Iterable<SectorFileTypeName>): SectorFileMask {
  const wanted = new Set<string>(names);
  return sectorFileTypes.reduce((mask, type) => (wanted.has(type.name) ? mask | type.bit : mask), 0);
}

/** True for one of the six words. */
export function isSectorFileType(name: string): name is SectorFileTypeName {
  return sectorFileTypes.some((type) => type.name === name);
}

/** Bytes to reserve on one path for these kinds of file of one sector. */
export function sectorFileSpace(
  mask: SectorFileMask,
  sectorBytes: number,
  stage: 'sealing' | 'finalized',
): number {
  return sectorFileTypes
    .filter((type) => (mask & type.bit) !== 0)
    .reduce((sum, type) => {
      const tenths = stage === 'sealing' ? type.sealingTenths : type.finalTenths;
      return sum + Math.floor((tenths * sectorBytes) / 10);
    }, 0);
}

/**
 * The kinds a path admits: those of `allow` (all when it names none), without those of `deny`. Unknown words count for nothing, so a
 * list of unknown words alone admits everything, as in Lotus.
 */
export function admittedFileTypes(
  allow: readonly string[] | null | undefined,
  deny: readonly string[] | null | undefined,
): SectorFileMask {
  const allowed = fileMaskOf((allow ?? []).filter(isSectorFileType));
  const denied = fileMaskOf((deny ?? []).filter(isSectorFileType));
  return (allowed === 0 ? 63 : allowed) & ~denied;
}

/** The file or directory name of a sector, such as `s-t01000-17`; always `t0`, also on mainnet. */
export function sectorName(sector: SectorId): string {
  return `s-t0${sector.Miner}-${sector.Number}`;
}

/** The sector a name starts with, trailing text ignored as Lotus does; throws a `FormatError` for a name of another form. */
export function parseSectorName(name: string): SectorId {
  const match = /^s-[tf]0(?<miner>\d+)-(?<number>\d+)/.exec(name);
  if (match === null) throw new FormatError(`'${name}' is not a sector name such as s-t01000-17`);
  return { Miner: Number(match.groups?.['miner']), Number: Number(match.groups?.['number']) };
}
