import { goDurationText } from '@sealctl/core/lotus/go-value';
import { sizeText } from '@sealctl/core/lotus/size-text';
import { renderTable } from '@sealctl/core/text/table';
import { rateText } from '../timing.ts';
import type { MachineSpeeds } from './machine-speeds.ts';
import type { PhaseTime } from './phases.ts';

/** Everything that `seal-bench sealing` measured; its JSON is this object with computed `rows`. */
export interface SealingReport {
  readonly sectorBytes: number;
  readonly proof: string;
  readonly threads: number;
  readonly cpu: string;
  readonly cpuFeatures: readonly string[];
  readonly machineSpeeds: MachineSpeeds;
  readonly phases: readonly PhaseTime[];
}

/** The report as one JSON object. Rates are sector bytes per second; `ofLimit` is 1 for a phase that runs at its bound. */
export function reportJson({ phases, ...report }: SealingReport): string {
  const rows = phases.map(({ phase, milliseconds, sectors, limit }) => ({
    phase,
    milliseconds,
    sectors,
    bytesPerSecond: (sectors * report.sectorBytes * 1000) / milliseconds,
    ...(limit && {
      limit: limit.name,
      limitBytesPerSecond: (sectors * report.sectorBytes * 1000) / limit.milliseconds,
      ofLimit: limit.milliseconds / milliseconds,
    }),
  }));
  return `${JSON.stringify({ ...report, phases: rows }, undefined, 2)}\n`;
}

/** The report as a table for people. */
export function reportTable({
  sectorBytes,
  proof,
  threads,
  cpu,
  cpuFeatures,
  machineSpeeds,
  phases,
}: SealingReport): string {
  const rows = phases.map(({ phase, milliseconds, sectors, limit }) => [
    phase,
    goDurationText(Math.round(milliseconds * 1e3) / 1e3),
    rateText(sectors * sectorBytes, milliseconds),
    limit === undefined ? '-' : rateText(sectors * sectorBytes, limit.milliseconds),
    limit === undefined ? '-' : `${((100 * limit.milliseconds) / milliseconds).toFixed(1)} %`,
    limit === undefined ? '' : limitNames[limit.name],
  ]);
  const right = (title: string) => ({ title, align: 'right' }) as const;
  return [
    `${sizeText(sectorBytes)} sector, ${proof}, ${threads} threads, ${cpu} (${cpuFeatures.join(', ') || 'no special instructions'})\n`,
    `SHA-256 on one core ${sizeText(Math.floor(machineSpeeds.sha256OneCore))}/s, memory copy ${sizeText(Math.floor(machineSpeeds.memoryCopy))}/s\n`,
    '\n',
    renderTable({
      columns: ['Phase', right('Time'), right('Throughput'), right('Limit'), right('Of limit'), 'Bound by'],
      rows,
      width: 120,
    }),
  ].join('');
}

const limitNames: Readonly<Record<keyof MachineSpeeds, string>> = {
  sha256OneCore: 'SHA-256',
  memoryCopy: 'memory copy',
};
