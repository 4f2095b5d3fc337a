import { sectorSize, sectorSizes } from '@sealctl/core/lotus/sector-size';
import { taskByCode, taskTypes, type TaskCode } from '@sealctl/core/lotus/task-type';
import { secretName } from '@sealctl/core/secret/literal';
import type { SecretRef } from '@sealctl/core/secret/secret';
import type { Picked } from './layers.ts';
import { valueRange, type Loading } from './loading.ts';
import type { Finding } from './report.ts';
import { closest } from './suggest.ts';
import { readTaskName } from './task-names.ts';
import { parseBytes } from '@sealctl/core/text/units';

/** An environment variable of a worker or of the miner, with its place in the file. */
export type EnvEntry = Pick<Picked<unknown>, 'container' | 'key'> & { readonly value: string | SecretRef };

/** Variables that sealctl writes from other keys, with which a value in `env` would conflict. */
/** A map, because a variable may be called `constructor`. */
const managed: ReadonlyMap<string, string> = new Map(
  Object.entries({
    MINER_API_INFO: '"miner.token" and "miner.advertise"',
    STORAGE_API_INFO: '"miner.token" and "miner.advertise"',
    LOTUS_WORKER_PATH: '"repo"',
    WORKER_PATH: '"repo"',
    LOTUS_WORKER_NAME: '"label"',
    LOTUS_WORKER_LISTEN: '"listen"',
    LOTUS_WORKER_NO_DEFAULT: '"tasks"',
    LOTUS_WORKER_NO_LOCAL_STORAGE: '"storage"',
    LOTUS_WORKER_ADDPIECE: '"tasks"',
    LOTUS_WORKER_PRECOMMIT1: '"tasks"',
    LOTUS_WORKER_PRECOMMIT2: '"tasks"',
    LOTUS_WORKER_UNSEAL: '"tasks"',
    LOTUS_WORKER_COMMIT: '"tasks"',
    LOTUS_WORKER_REPLICA_UPDATE: '"tasks"',
    LOTUS_WORKER_PROVE_REPLICA_UPDATE2: '"tasks"',
    LOTUS_WORKER_REGEN_SECTOR_KEY: '"tasks"',
    LOTUS_WORKER_SECTOR_DOWNLOAD: '"tasks"',
    LOTUS_WORKER_WINDOWPOST: '"tasks"',
    LOTUS_WORKER_WINNINGPOST: '"tasks"',
    CUDA_VISIBLE_DEVICES: '"gpus"',
    NVIDIA_VISIBLE_DEVICES: '"gpus"',
    LOTUS_MINER_PATH: '"miner.repo"',
  }),
);

/** Reports variables that Lotus or the proofs libraries would ignore, misread or refuse. */
export function checkEnvEntry(loading: Loading, name: string, entry: EnvEntry): void {
  const key = loading.marks.keyRange(entry.container, entry.key);
  const value = valueRange(loading, entry.container, entry.key);
  for (const finding of findings(loading, name, entry.value)) {
    const { at, ...rest } = finding;
    loading.report.add({ ...rest, range: at === 'key' ? key : value });
  }
}

type Rule = Omit<Finding, 'range'> & { readonly at: 'key' | 'value' };

function findings(loading: Loading, name: string, value: string | SecretRef): Rule[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return [
      {
        code: 'bad-name',
        at: 'key',
        summary: `"${name}" cannot be the name of an environment variable`,
        why: 'such names have letters, digits and "_", and do not start with a digit',
        fix: 'correct the name',
      },
    ];
  }
  if (typeof value === 'string' && holdsSecret(name, value)) return [writtenOut(name)];
  const key = managed.get(name);
  if (key !== undefined) {
    return [
      {
        code: 'managed-variable',
        at: 'key',
        summary: `${name} is written by sealctl`,
        why: `its value comes from ${key}`,
        fix: `take it out and set ${key}`,
      },
    ];
  }
  if (typeof value !== 'string') return [];
  return [
    ...resourceFindings(loading, name, value),
    ...proofsFindings(name, value),
    ...emptyFindings(name, value),
  ];
}

/** True for a value that contains a token. An API info does unless it begins with the address. */
function holdsSecret(name: string, value: string): boolean {
  if (name.endsWith('API_INFO')) return !/^(?:\/|https?:|wss?:|$)/.test(value);
  return secretName.test(name) && value !== '';
}

function writtenOut(name: string): Rule {
  return {
    code: 'literal-secret',
    at: 'value',
    summary: `the value of ${name} is written out here`,
    why: 'cluster.yaml is shared and kept in version control; secrets in it reach whoever reads it',
    fix: !managed.has(name)
      ? 'replace it by a reference: {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}'
      : `take it out: sealctl writes ${name} from ${managed.get(name)}`,
  };
}

const suffixes: Readonly<Record<string, 'bytes' | 'count' | 'number'>> = {
  MIN_MEMORY: 'bytes',
  MAX_MEMORY: 'bytes',
  BASE_MIN_MEMORY: 'bytes',
  GPU_UTILIZATION: 'number',
  MAX_PARALLELISM_GPU: 'count',
  MAX_PARALLELISM: 'count',
  MAX_CONCURRENT: 'count',
};
const resourceName =
  /^(?<task>[A-Za-z0-9]+)(?:_(?<size>[A-Za-z0-9]+))?_(?<suffix>BASE_MIN_MEMORY|MIN_MEMORY|MAX_MEMORY|GPU_UTILIZATION|MAX_PARALLELISM_GPU|MAX_PARALLELISM|MAX_CONCURRENT)$/;

/** Checks variables of Lotus's resource table. Lotus silently ignores a wrong name and reads an invalid value as 0. */
function resourceFindings(loading: Loading, name: string, value: string): Rule[] {
  const match = resourceName.exec(name)?.groups;
  if (match === undefined) return [];
  const { task = '', size, suffix = '' } = match;
  const code = taskOf(task, size);
  // A variable of another program, such as MY_APP_MAX_MEMORY.
  if (code === undefined) return [];
  const right = `${code}_${shortSize(loading, size)}_${suffix}`;
  if (taskByCode(code)?.table === false) {
    return [ignored(name, `Lotus keeps no resource table for ${code}`, 'take it out')];
  }
  if (task !== code || (size !== undefined && !sectorSizes.some((known) => known.short === size))) {
    const why =
      task === code ? `Lotus spells the size ${shortSize(loading, size)}` : `Lotus spells the task ${code}`;
    return [ignored(name, `${why} and silently ignores other spellings`, `write ${right}`)];
  }
  if (size !== undefined && size !== sectorSize(loading.sectorSize).short) {
    return [
      {
        ...ignored(name, `the cluster seals ${loading.sectorSize} sectors`, `write ${right}`),
        severity: 'warning',
      },
    ];
  }
  return valueFindings(name, value, suffix);
}

function valueFindings(name: string, value: string, suffix: string): Rule[] {
  const wanted = suffixes[suffix];
  const readable = wanted === 'number' ? /^\d+(\.\d+)?$/ : wanted === 'bytes' ? /^\d+$/ : /^(-1|\d+)$/;
  if (!readable.test(value)) {
    const bytes = wanted === 'bytes' ? parseBytes(value) : undefined;
    return [
      {
        code: 'read-as-zero',
        at: 'value',
        summary: `Lotus would read "${value}" as 0`,
        why: `${name} takes a plain number${wanted === 'bytes' ? ' of bytes' : ''}; Lotus silently reads anything else as 0`,
        fix:
          bytes === undefined
            ? 'write a plain number'
            : `write "${bytes}", or set it under "resources", which takes units`,
      },
    ];
  }
  if (suffix === 'MAX_CONCURRENT' && Number(value) < 1) {
    return [
      {
        code: 'bad-limit',
        at: 'value',
        summary: `${name} cannot be ${value}`,
        why: 'Lotus takes 0 for "no limit", not for "none"',
        fix: 'take it out for no limit; for none take the task out of "tasks"',
      },
    ];
  }
  return [];
}

function ignored(name: string, why: string, fix: string): Rule {
  return { code: 'ignored-by-lotus', at: 'key', summary: `Lotus ignores ${name}`, why, fix };
}

/** The task that a variable's first part names. With a size after it, common misspellings are recognized, too. */
function taskOf(part: string, size: string | undefined): TaskCode | undefined {
  const read = readTaskName(part)?.code;
  if (read !== undefined || part.length < 3 || !/^\d+[KMG]/i.test(size ?? '')) return read;
  const longCodes = taskTypes.map((type) => type.code).filter((code) => code.length > 2);
  return longCodes.find((code) => code === closest(part, longCodes));
}

function shortSize(loading: Loading, written: string | undefined): string {
  const meant = sectorSizes.find((size) => written?.toUpperCase().startsWith(size.short));
  return (meant ?? sectorSize(loading.sectorSize)).short;
}

const proofsBooleans: ReadonlySet<string> = new Set([
  'FIL_PROOFS_USE_MULTICORE_SDR',
  'FIL_PROOFS_USE_GPU_TREE_BUILDER',
  'FIL_PROOFS_USE_GPU_COLUMN_BUILDER',
  'FIL_PROOFS_VERIFY_CACHE',
  'FIL_PROOFS_VERIFY_PRODUCTION_PARAMS',
]);

/** Settings of the proofs libraries. Source: docs/spec/lotus.md section 5.3. */
function proofsFindings(name: string, value: string): Rule[] {
  if (name === 'FIL_PROOFS_USE_GPU_COLUMN_BUILDER') {
    return [
      {
        code: 'ignored-by-proofs',
        severity: 'warning',
        at: 'key',
        summary: `${name} has no effect`,
        why: 'the proofs library asks FIL_PROOFS_USE_GPU_TREE_BUILDER for columns as well',
        fix: 'take it out and set FIL_PROOFS_USE_GPU_TREE_BUILDER',
      },
    ];
  }
  if (proofsBooleans.has(name) && !/^(?:1|0|true|false|on|off|yes|no)$/i.test(value)) {
    return [
      {
        code: 'bad-value',
        at: 'value',
        summary: `${name} cannot be "${value}"`,
        why: 'the proofs library ends the process at first use for anything but 1, true, on, yes, 0, false, off and no',
        fix: 'write "1" or "0"',
      },
    ];
  }
  if (name === 'FIL_PROOFS_USE_MULTICORE_SDR' && /^(?:true|on|yes)$/i.test(value)) {
    return [
      {
        code: 'uncounted-cores',
        severity: 'warning',
        at: 'value',
        summary: 'Lotus would count PC1 as one core',
        why: `the proofs library reads "${value}" as on, but Lotus counts several cores only for the text 1`,
        fix: 'write "1"',
      },
    ];
  }
  if (name === 'GOLOG_LOG_LEVEL' && /^(?:error|dpanic|panic|fatal)$/i.test(value)) {
    return [
      {
        code: 'silent-failures',
        severity: 'warning',
        at: 'value',
        summary: 'the worker would not log why it fails to start',
        why: 'Lotus logs the reason of a failed start at level warn and exits with code 0',
        fix: 'write warn, or raise single systems, such as "warn,rpc=error"',
      },
    ];
  }
  return [];
}

/** Checks empty values. Lotus reads an empty boolean flag as false, and rejects an empty number or boolean of config.toml. */
function emptyFindings(name: string, value: string): Rule[] {
  if (value !== '' || !name.startsWith('LOTUS_')) return [];
  return [
    {
      code: 'empty-variable',
      at: 'value',
      summary: `${name} is empty`,
      why: 'Lotus reads empty text as a value: false for a flag, an error for a number of config.toml',
      fix: 'write the value, or take the variable out',
    },
  ];
}
