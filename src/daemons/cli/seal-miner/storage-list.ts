import { createColors } from 'picocolors';
import { goDurationText } from '@sealctl/core/lotus/go-value';
import type { FsStat, SectorDeclaration, StorageInfo } from '@sealctl/core/lotus/rpc-values';
import { admittedFileTypes, fileTypesIn, sectorFileTypes } from '@sealctl/core/lotus/sector-file';
import { sizeText } from '@sealctl/core/lotus/size-text';

const barColumns = 50;

/** One path of the listing, with its free space or why that is unknown. */
export interface ListedPath {
  readonly info: StorageInfo;
  readonly sectors: readonly SectorDeclaration[];
  readonly freeSpace: { readonly stat: FsStat; readonly latencyMs: number } | { readonly error: string };
  /** Set for the miner's own paths. */
  readonly localPath?: string;
}

type Colors = ReturnType<typeof createColors>;

/** The listing of `storage list`, in Lotus's layout: largest path first, then by ID. Source: docs/spec/lotus.md section 4.9. */
export function storageListText(paths: readonly ListedPath[], color: boolean): string {
  const colors = createColors(color);
  const capacity = (path: ListedPath): number =>
    'stat' in path.freeSpace ? path.freeSpace.stat.Capacity : 0;
  return paths
    .toSorted((a, b) => capacity(b) - capacity(a) || (a.info.ID < b.info.ID ? -1 : 1))
    .map((path) => pathText(path, colors))
    .join('');
}

function pathText(path: ListedPath, colors: Colors): string {
  const head = `${path.info.ID}:\n`;
  if ('error' in path.freeSpace) return `${head}\t${colors.red(`Error: ${path.freeSpace.error}`)}\n`;
  const { stat, latencyMs } = path.freeSpace;
  const lines = [
    fileSystemLine(stat, colors),
    ...limitLine(stat, colors),
    countsLine(path.sectors, stat.Reserved, colors),
    useLine(path.info, colors),
    ...settingLines(path.info),
    ...(path.localPath === undefined ? [] : [`Local: ${colors.green(path.localPath)}`]),
    ...(path.info.URLs ?? []).map((url, index) => {
      const measured = path.localPath === undefined && index === 0;
      return measured
        ? `URL: ${url} (latency: ${goDurationText(Math.trunc(latencyMs * 10) / 10)})`
        : `URL: ${url}`;
    }),
  ];
  return `${head}${lines.map((line) => `\t${line}\n`).join('')}\n`;
}

function fileSystemLine(stat: FsStat, colors: Colors): string {
  const used = stat.Capacity - stat.FSAvailable;
  const share = stat.Capacity > 0 ? Math.floor((used * 100) / stat.Capacity) : 0;
  return barLine(
    used,
    stat.Capacity,
    used - stat.Reserved,
    share,
    stat.Max > 0 ? ' (filesystem)' : '',
    colors,
  );
}

function limitLine(stat: FsStat, colors: Colors): string[] {
  if (stat.Max <= 0) return [];
  const share = Math.floor((stat.Used * 100) / stat.Max);
  return [barLine(stat.Used, stat.Max, stat.Used - stat.Reserved, share, ' (limit)', colors)];
}

function barLine(
  used: number,
  total: number,
  filled: number,
  share: number,
  suffix: string,
  colors: Colors,
): string {
  const columns = (part: number): number =>
    total > 0 ? Math.min(barColumns, Math.max(0, Math.trunc((part * barColumns) / total))) : 0;
  const set = columns(used);
  const solid = Math.min(set, columns(filled));
  const bar = `${'#'.repeat(solid)}${'*'.repeat(set - solid)}${' '.repeat(barColumns - set)}`;
  const paint = share > 98 ? colors.red : share > 90 ? colors.yellow : colors.green;
  return `[${paint(bar)}] ${sizeText(used)}/${sizeText(total)} ${paint(`${share}%`)}${suffix}`;
}

function countsLine(sectors: readonly SectorDeclaration[], reserved: number, colors: Colors): string {
  const count = (name: string): number => {
    const bit = sectorFileTypes.find((type) => type.name === name)?.bit ?? 0;
    return sectors.filter((sector) => (sector.SectorFileType & bit) !== 0).length;
  };
  return [
    colors.yellow(`Unsealed: ${count('unsealed')}`),
    colors.green(`Sealed: ${count('sealed')}`),
    colors.blue(`Caches: ${count('cache')}`),
    colors.green(`Updated: ${count('update')}`),
    colors.blue(`Update-caches: ${count('update-cache')}`),
    `Reserved: ${sizeText(reserved)}`,
  ].join('; ');
}

function useLine(info: StorageInfo, colors: Colors): string {
  if (!info.CanSeal && !info.CanStore) return colors.yellowBright('Use: ReadOnly');
  const seal = info.CanSeal ? colors.magenta('Seal ') : '';
  const store = info.CanStore ? colors.cyan('Store') : '';
  return `Weight: ${info.Weight}; Use: ${seal}${store}`;
}

function settingLines(info: StorageInfo): string[] {
  const line = (title: string, words: readonly string[] | null): string[] =>
    (words ?? []).length === 0 ? [] : [`${title} ${(words ?? []).join(', ')}`];
  const filtered = (info.AllowTypes ?? []).length > 0 || (info.DenyTypes ?? []).length > 0;
  const admitted = admittedFileTypes(info.AllowTypes, info.DenyTypes);
  return [
    ...line('Groups:', info.Groups),
    ...line('AllowTo:', info.AllowTo),
    ...(filtered ? line('Allow Types:', fileTypesIn(admitted)) : []),
    ...(filtered ? line('Deny Types:', fileTypesIn(63 & ~admitted)) : []),
    ...line('Allow Miners:', info.AllowMiners),
    ...line('Deny Miners:', info.DenyMiners),
  ];
}
