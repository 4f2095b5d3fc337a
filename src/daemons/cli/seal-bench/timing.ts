import { goDurationText } from '@sealctl/core/lotus/go-value';
import { sizeText } from '@sealctl/core/lotus/size-text';

/** Runs a phase and writes its line as lotus-bench does: name, duration in Go's format, sector bytes per second. */
export async function timed<Result>(
  title: string,
  sectorBytes: number,
  out: (text: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const start = performance.now();
  const result = await work();
  const milliseconds = performance.now() - start;
  out(`${title} ${goDurationText(milliseconds)} (${rateText(sectorBytes, milliseconds)})\n`);
  return result;
}

/** Bytes per second in binary units, such as `79.26 KiB/s`. */
export function rateText(bytes: number, milliseconds: number): string {
  return `${sizeText(Math.floor((bytes * 1000) / milliseconds))}/s`;
}
