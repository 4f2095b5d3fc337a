import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { defaultResources } from '../../../src/core/lotus/resource-table.ts';
import { resourceSuffixes } from '../../../src/core/lotus/resource-env.ts';
import { sectorFileTypes } from '../../../src/core/lotus/sector-file.ts';
import { sectorSizes } from '../../../src/core/lotus/sector-size.ts';
import { taskByCode, taskTypes } from '../../../src/core/lotus/task-type.ts';

/** The page that comments of `src/core/lotus` cite as their source. */
const page = readFileSync('docs/spec/lotus.md', 'utf8');

test('section 6.1 lists the task types of the code', () => {
  const written = tableOf('6.1').map(([code, name, order, , resources, toggle]) => ({
    code,
    name: name?.replaceAll('`', ''),
    order: Number(order),
    toggle: toggle === 'yes',
    table: resources !== 'none',
  }));
  expect(written).toEqual(taskTypes);
});

test('section 6.3 lists the resources of the code', () => {
  const sizes = headerOf('6.3').slice(1);
  expect(sizes.map((size) => size.replace(' ', ''))).toEqual(
    sectorSizes.map(({ name }) => name).toReversed(),
  );
  const written = tableOf('6.3').flatMap(([codes = '', ...cells]) =>
    codes
      .split(', ')
      .map((code) => ({ code, cells: cells.map((cell) => (cell === 'same' ? cells[0] : cell)) })),
  );
  const inCode = written.map(({ code }) => ({
    code,
    cells: sectorSizes.map(({ name }) => cellOf(code, name)).toReversed(),
  }));
  expect(written).toEqual(inCode);
  const withResources = taskTypes.filter(({ table }) => table).map(({ code }) => code);
  expect(written.map(({ code }) => code).toSorted()).toEqual(withResources.toSorted());
});

test('section 5.2 lists the suffixes of resource variables', () => {
  const written = tableOf('5.2').map(([suffix]) => suffix?.replaceAll('`', '') ?? '');
  expect(written.toSorted()).toEqual(resourceSuffixes.map(({ suffix }) => suffix).toSorted());
});

test('section 7.8 lists the space that sector files need', () => {
  const written = tableOf('7.8').map(([name, sealing, final]) => [name, Number(sealing), Number(final)]);
  const inCode = sectorFileTypes.map((type) => [type.name, type.sealingTenths, type.finalTenths]);
  expect(written).toEqual(inCode);
});

function cellOf(code: string, size: (typeof sectorSizes)[number]['name']): string {
  const type = taskByCode(code);
  if (type === undefined) throw new Error(`no task type has the code ${code}`);
  const of = defaultResources(type.code, size);
  const memory = [of.MinMemory, of.MaxMemory, of.BaseMinMemory].map(memoryText).join('/');
  return `${memory}; ${of.MaxParallelism}; ${of.MaxParallelismGPU}; ${of.GPUUtilization}`;
}

/** `56G`, `1.5G`, `768M`, `2K`: in the largest unit of which there is at least one. */
function memoryText(bytes: number): string {
  const units = { G: 2 ** 30, M: 2 ** 20, K: 2 ** 10 };
  const unit = Object.entries(units).find(([, size]) => bytes >= size);
  return unit === undefined ? String(bytes) : `${bytes / unit[1]}${unit[0]}`;
}

/** The rows of the first table of a section. */
function tableOf(section: string): string[][] {
  return linesOf(section).slice(2);
}

function headerOf(section: string): string[] {
  return linesOf(section)[0] ?? [];
}

function linesOf(section: string): string[][] {
  const start = page.indexOf(`\n### ${section} `);
  const end = page.indexOf('\n#', start + 1);
  const lines = page.slice(start, end).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const after = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  const cells = lines.slice(first, after).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  if (start < 0 || cells.length < 3) throw new Error(`section ${section} of the page has no table`);
  return cells;
}
