import { availableParallelism } from 'node:os';
import { FormatError } from '@sealctl/core/lotus/format-error';
import { bytesOfSizeText } from '@sealctl/core/lotus/size-text';
import { cpuSet } from '@sealctl/core/text/cpu-list';
import type { LabelThreads } from '../../proofs/native-addon.ts';
import type { OperationOptions } from '../../proofs/operation.ts';
import {
  registeredSealProof,
  sealProofNumberOf,
  type PorepFeature,
  type RegisteredSealProof,
} from '../../proofs/registered-proof.ts';
import { parentCacheDirOf } from '../../proofs/sealing.ts';
import type { Invocation } from '../../lotus-cli/app.ts';
import { usage, type Flag, type FlagValues } from '../../lotus-cli/flag.ts';
import { progressLine } from './progress-line.ts';

/** The flags of `lotus-bench simple` that describe the sector, and additions of our own. */
export const sectorFlags: readonly Flag[] = [
  {
    name: 'sector-size',
    type: 'string',
    default: '512MiB',
    usage: 'size of the sector, in powers of 1024: 2KiB, 8MiB, 512MiB, 32GiB, 64GiB',
  },
  { name: 'miner-addr', type: 'string', default: 't01000', usage: 'ID address of the miner' },
  { name: 'sector', type: 'int', default: 1, usage: 'number of the sector' },
  {
    name: 'ticket',
    type: 'string',
    default: '01'.repeat(32),
    usage: 'sealing randomness, 64 hexadecimal digits',
  },
  {
    name: 'seed',
    type: 'string',
    default: '01'.repeat(32),
    usage: 'challenge randomness, 64 hexadecimal digits',
  },
  {
    name: 'proof-type',
    type: 'int',
    default: -1,
    usage: 'registered seal proof, 0 to 19; -1: V1_1 of the sector size',
  },
];

/** The flags that select other variants of a proof, in the commands for which `lotus-bench simple` has them. */
export const variantFlags: readonly Flag[] = [
  { name: 'synthetic', type: 'bool', default: false, usage: 'seal with synthetic PoRep' },
  { name: 'non-interactive', type: 'bool', default: false, usage: 'seal with non-interactive PoRep' },
];

/** Flags for the number of threads and their CPUs. */
export const threadFlags: readonly Flag[] = [
  {
    name: 'threads',
    type: 'int',
    default: 0,
    usage: 'threads of the parallel phases; 0: as many as there are CPUs, or as --cpus names',
  },
  {
    name: 'cpus',
    type: 'string',
    default: '',
    usage: 'CPUs to run on, such as 0-3,8; labels are hashed on the first, its producers run on the others',
  },
];

/** Flag for the directory with the parents of a sector size's graph. */
export const parentCacheFlag: Flag = {
  name: 'parent-cache',
  type: 'string',
  default: '',
  usage:
    'directory of the parent caches, shared with other sealing software; default: FIL_PROOFS_PARENT_CACHE, or FIL_PROOFS_CACHE_DIR or /var/tmp/ followed by filecoin-parents',
};

/** The directory of the parent caches. */
export function parentCacheDir({ flags, env }: Invocation): string {
  return flags.text('parent-cache') || parentCacheDirOf(env);
}

/** The sector that a command works on, from its flags. */
export interface SectorSettings {
  readonly proof: RegisteredSealProof;
  readonly actorId: number;
  readonly sectorNumber: number;
  readonly ticket: Uint8Array;
  readonly seed: Uint8Array;
}

/** Reads the sector flags; flags that contradict each other are usage problems. */
export function sectorSettings({ flags }: Invocation, hasVariants: boolean): SectorSettings {
  return {
    proof: proofOf(flags, hasVariants),
    actorId: actorIdOf(flags.text('miner-addr')),
    sectorNumber: wholeNumber(flags, 'sector'),
    ticket: bytes32(flags, 'ticket'),
    seed: bytes32(flags, 'seed'),
  };
}

/** Converts threads, interruption and progress of a command to the options of the kernels. */
export function operationOptions(invocation: Invocation): OperationOptions {
  const { flags, signal, err, errTerminal } = invocation;
  const cpus = cpusOf(flags);
  const count = wholeNumber(flags, 'threads');
  return {
    threads: { count: count === 0 ? (cpus?.length ?? availableParallelism()) : count, ...(cpus && { cpus }) },
    ...(signal === undefined ? {} : { signal }),
    ...(errTerminal === true ? { onProgress: progressLine(err) } : {}),
  };
}

/** The threads of labeling. The hashing thread runs on the first CPU of the list, the threads that fetch parents run on the others. */
export function labelThreads({ flags }: Invocation): LabelThreads {
  const producers = wholeNumber(flags, 'producers');
  const [consumerCpu, ...others] = cpusOf(flags) ?? [];
  return {
    producers,
    ...(consumerCpu === undefined ? {} : { consumerCpu }),
    ...(producers === 0 || others.length === 0 ? {} : { producerCpus: others }),
  };
}

function cpusOf(flags: FlagValues): readonly number[] | undefined {
  const list = flags.text('cpus');
  if (list === '') return undefined;
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list))
    throw usage('--cpus', `--cpus: '${list}' is not a list of CPUs`, 'write it like --cpus=0-3,8');
  return [...cpuSet(list)];
}

/** A whole number of at least 0. */
export function wholeNumber(flags: FlagValues, name: string): number {
  const value = flags.number(name);
  if (value < 0 || !Number.isSafeInteger(value))
    throw usage(`--${name}`, `--${name}: ${value} is not a whole number of at least 0`, `write --${name}=1`);
  return value;
}

/** Bytes of a size flag, such as 2k or 32GiB. */
export function sizeFlag(flags: FlagValues, name: string): number {
  try {
    return bytesOfSizeText(flags.text(name));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw usage(`--${name}`, `--${name}: ${error.message}`, `write --${name}=2KiB`);
  }
}

function proofOf(flags: FlagValues, hasVariants: boolean): RegisteredSealProof {
  const synthetic = hasVariants && flags.bool('synthetic');
  const nonInteractive = hasVariants && flags.bool('non-interactive');
  if (synthetic && nonInteractive)
    throw usage(
      '--synthetic',
      '--synthetic and --non-interactive exclude each other',
      'use only one of them',
    );
  const feature: PorepFeature = synthetic ? 'synthetic' : nonInteractive ? 'non-interactive' : 'interactive';
  const number = flags.number('proof-type');
  const sectorBytes = sizeFlag(flags, 'sector-size');
  if (number === -1) return registeredSealProof(sealProofNumberOf(sectorBytes, feature));

  const proof = registeredSealProof(number);
  if (flags.isSet('sector-size') && proof.sectorBytes !== sectorBytes)
    throw usage(
      '--proof-type',
      `--proof-type ${number} is ${proof.name}, which does not match --sector-size ${flags.text('sector-size')}`,
      'leave out one of the two flags',
    );
  if ((synthetic || nonInteractive) && proof.feature !== feature)
    throw usage(
      '--proof-type',
      `--proof-type ${number} is ${proof.name}, which is not ${feature}`,
      'leave out one of the two flags',
    );
  return proof;
}

function actorIdOf(address: string): number {
  const id = Number(/^[tf]0(\d+)$/.exec(address)?.[1]);
  if (!Number.isSafeInteger(id))
    throw usage('--miner-addr', `--miner-addr: '${address}' is not an ID address`, 'write it like t01000');
  return id;
}

function bytes32(flags: FlagValues, name: string): Uint8Array {
  const text = flags.text(name);
  if (!/^[0-9a-fA-F]{64}$/.test(text))
    throw usage(
      `--${name}`,
      `--${name} has ${text.length} characters instead of 64 hexadecimal digits`,
      `write --${name}=${'01'.repeat(32)}`,
    );
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
