import {
  buildResourceTable,
  defaultResources,
  type Resources,
  type ResourceTable,
} from './resource-table.ts';
import { sectorSize, sectorSizes, type SectorSize } from './sector-size.ts';
import { taskByCode, taskTypes, type TaskCode } from './task-type.ts';

/** An environment, as `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables that override the resource table: suffix of the name, field it sets, kind of number. Values are plain base-10 numbers;
 * Lotus turns any other text into 0 without a word. Source: docs/spec/lotus.md section 5.2.
 */
export const resourceSuffixes = [
  { suffix: 'MIN_MEMORY', field: 'MinMemory', number: 'uint' },
  { suffix: 'MAX_MEMORY', field: 'MaxMemory', number: 'uint' },
  { suffix: 'GPU_UTILIZATION', field: 'GPUUtilization', number: 'float' },
  { suffix: 'MAX_PARALLELISM', field: 'MaxParallelism', number: 'int' },
  { suffix: 'MAX_PARALLELISM_GPU', field: 'MaxParallelismGPU', number: 'int' },
  { suffix: 'BASE_MIN_MEMORY', field: 'BaseMinMemory', number: 'uint' },
  { suffix: 'MAX_CONCURRENT', field: 'MaxConcurrent', number: 'int' },
] as const satisfies readonly {
  readonly suffix: string;
  readonly field: keyof Resources;
  readonly number: 'uint' | 'int' | 'float';
}[];

export type ResourceSuffix = (typeof resourceSuffixes)[number]['suffix'];
type NumberKind = (typeof resourceSuffixes)[number]['number'];

/** Switch and producer count of multicore SDR, which the thread default of PC1 and UNS follows. */
export const multicoreSdrVariable = 'FIL_PROOFS_USE_MULTICORE_SDR';
export const sdrProducersVariable = 'FIL_PROOFS_MULTICORE_SDR_PRODUCERS';

/** A resource variable that does not do what its writer meant. */
export interface ResourceEnvIssue {
  readonly variable: string;
  readonly value: string;
  /** `bad-value`: Lotus reads it as 0 or clamps it. `ignored-name`: Lotus never looks at this name. */
  readonly kind: 'bad-value' | 'ignored-name';
  readonly reason: string;
  readonly fix: string;
}

/**
 * The name that sets a field for a task and sector size, such as `PC1_32G_MAX_CONCURRENT`. DC is scheduled without a sector, so only
 * its size-less name works and that is what comes back for it.
 */
export function resourceVariable(code: TaskCode, size: SectorSize, suffix: ResourceSuffix): string {
  return code === 'DC' ? `DC_${suffix}` : `${code}_${sectorSize(size).short}_${suffix}`;
}

/** Every name Lotus looks at, sized and size-less, sorted. */
export function resourceVariables(): string[] {
  const codes = taskTypes.filter((type) => type.table).map((type) => type.code);
  return codes
    .flatMap((code) =>
      resourceSuffixes.flatMap(({ suffix }) => [
        `${code}_${suffix}`,
        ...sectorSizes.map((size) => `${code}_${size.short}_${suffix}`),
      ]),
    )
    .sort((a, b) => (a < b ? -1 : 1));
}

/** The table a worker with this environment reports, read exactly as Lotus reads it: sized name, then size-less, then default. */
export function resourceTableOf(env: Environment): ResourceTable {
  const sdrThreads = sdrThreadsOf(env);
  return buildResourceTable((code, size) => {
    const entry: Record<string, number> = { ...defaultResources(code, size, sdrThreads) };
    for (const { suffix, field, number } of resourceSuffixes) {
      const text = env[`${code}_${sectorSize(size).short}_${suffix}`] ?? env[`${code}_${suffix}`];
      if (text !== undefined) entry[field] = readAsLotus(text, number);
    }
    return entry as unknown as Resources;
  });
}

/** Threads of one PC1: 1, or 1 plus the producers when multicore SDR is switched on with the literal text `1`. */
export function sdrThreadsOf(env: Environment): number {
  if (env[multicoreSdrVariable] !== '1') return 1;
  const producers = env[sdrProducersVariable];
  return 1 + (producers === undefined || !isPlainNumber(producers, 'uint') ? 3 : Number(producers));
}

/**
 * Environment with Lotus's rewriting of `DC_32GiB_<SUFFIX>` (sizes in their long spelling) to `DC_<SUFFIX>`, and what was rewritten.
 * Source: docs/spec/lotus.md section 3.4.
 */
export function withRewrittenDcNames(env: Environment): {
  readonly env: Environment;
  readonly rewritten: readonly string[];
} {
  const copy: Record<string, string | undefined> = { ...env };
  const rewritten: string[] = [];
  for (const size of sectorSizes)
    for (const { suffix } of resourceSuffixes) {
      const name = `DC_${size.name}_${suffix}`;
      if (env[name] === undefined) continue;
      copy[`DC_${suffix}`] = env[name];
      rewritten.push(name);
    }
  return { env: copy, rewritten };
}

const resourceLike = new RegExp(
  `^(?<code>[A-Z][A-Z0-9]*?)_(?:(?<size>[0-9]+[KMG](?:i?B)?)_)?(?<suffix>${resourceSuffixes
    .map(({ suffix }) => suffix)
    .sort((a, b) => b.length - a.length)
    .join('|')})$`,
);

/** Everything about resource variables in this environment that Lotus would swallow silently. */
export function resourceEnvIssues(env: Environment): ResourceEnvIssue[] {
  const issues: ResourceEnvIssue[] = [];
  for (const [variable, value] of Object.entries(env)) {
    const match = resourceLike.exec(variable);
    if (match === null || value === undefined) continue;
    const { code = '', size, suffix = '' } = match.groups ?? {};
    if (taskByCode(code) === undefined && code !== misprintedPr2) continue;
    const issue = nameIssue(code, size, suffix) ?? valueIssue(value, suffix);
    if (issue !== undefined) issues.push({ variable, value, ...issue });
  }
  const producers = env[sdrProducersVariable];
  if (producers !== undefined && !isPlainNumber(producers, 'uint'))
    issues.push({
      variable: sdrProducersVariable,
      value: producers,
      kind: 'bad-value',
      reason: 'it is not a whole number',
      fix: `set ${sdrProducersVariable}=3 or another count of threads`,
    });
  return issues;
}

/** The name of PR2 in Lotus's public documentation. */
const misprintedPr2 = 'PRU2';

type Issue = Omit<ResourceEnvIssue, 'variable' | 'value'>;

function nameIssue(code: string, size: string | undefined, suffix: string): Issue | undefined {
  const ignored = (reason: string, name: string | undefined): Issue => ({
    kind: 'ignored-name',
    reason,
    fix: name === undefined ? 'remove it' : `write ${name}`,
  });
  const sized = size === undefined ? '' : `${size}_`;
  if (code === misprintedPr2)
    return ignored(
      `the task's code is PR2; Lotus's public documentation misprints it`,
      `PR2_${sized}${suffix}`,
    );
  const type = taskByCode(code);
  if (type === undefined) return undefined;
  if (!type.table) return ignored(`${code} has no resource settings`, undefined);
  if (size === undefined) return undefined;
  if (code === 'DC')
    return sectorSizes.some((known) => known.name === size)
      ? undefined
      : ignored('DC is scheduled without a sector size', `DC_${suffix}`);
  if (sectorSizes.some((known) => known.short === size)) return undefined;
  const meant = sectorSizes.find((known) => known.short === size.replace(/i?B$/, ''));
  return ignored(
    `${size} is not a sector size as Lotus spells it here: ${sectorSizes.map((known) => known.short).join(', ')}`,
    meant && `${code}_${meant.short}_${suffix}`,
  );
}

function valueIssue(value: string, suffix: string): Issue | undefined {
  const known = resourceSuffixes.find((candidate) => candidate.suffix === suffix);
  if (known === undefined || isPlainNumber(value, known.number)) return undefined;
  const unit = suffix.endsWith('MEMORY') ? ' of bytes, without a unit' : '';
  return {
    kind: 'bad-value',
    reason: `it is not a plain ${known.number === 'float' ? '' : 'whole '}number, so Lotus reads ${readAsLotus(value, known.number)}`,
    fix: `write a plain ${known.number === 'float' ? '' : 'whole '}number${unit}`,
  };
}

const patterns: Readonly<Record<NumberKind, RegExp>> = {
  uint: /^\d+$/,
  int: /^[+-]?\d+$/,
  float: /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
};
/** The largest integers a JSON number of ours can carry that still fit Go's uint64 and int64. */
const largest: Readonly<Record<NumberKind, number>> = {
  uint: 2 ** 64 - 2048,
  int: 2 ** 63 - 1024,
  float: Number.MAX_VALUE,
};

function isPlainNumber(text: string, kind: NumberKind): boolean {
  return patterns[kind].test(text) && Math.abs(Number(text)) <= largest[kind];
}

function readAsLotus(text: string, kind: NumberKind): number {
  if (!patterns[kind].test(text)) return 0;
  return Math.max(-largest[kind], Math.min(largest[kind], Number(text)));
}
