/**
 * The sector sizes of the network: as Lotus prints them, as resource variables spell them (`PC1_32G_MAX_CONCURRENT`), in bytes, and
 * their place in each block of five proof numbers. Source: docs/spec/lotus.md section 6.2.
 */
export const sectorSizes = [
  { name: '2KiB', short: '2K', bytes: 2 ** 11, index: 0 },
  { name: '8MiB', short: '8M', bytes: 2 ** 23, index: 1 },
  { name: '512MiB', short: '512M', bytes: 2 ** 29, index: 2 },
  { name: '32GiB', short: '32G', bytes: 2 ** 35, index: 3 },
  { name: '64GiB', short: '64G', bytes: 2 ** 36, index: 4 },
] as const;

export type SectorSize = (typeof sectorSizes)[number]['name'];

/** Everything about one size. */
export function sectorSize(name: SectorSize): (typeof sectorSizes)[number] {
  const size = sectorSizes.find((candidate) => candidate.name === name);
  if (size === undefined) throw new RangeError(`no sector size is called ${name}`);
  return size;
}
