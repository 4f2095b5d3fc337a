import type { SecretRef } from '@sealctl/core/secret/secret';
import { localFile, valueRange, type Loading } from './loading.ts';
import { parseDialAddress } from '@sealctl/core/lotus/api-info';
import { parseBytes, parseCpuList } from '@sealctl/core/text/units';

/** Reads an entry as bytes; reports a value that is not a whole number of bytes. */
export function readBytes<Key extends string>(
  loading: Loading,
  container: { readonly [K in Key]?: unknown },
  key: Key,
): number | undefined {
  const value = container[key];
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const bytes = parseBytes(value);
  if (bytes === undefined) {
    loading.report.add({
      code: 'bad-value',
      summary: `"${value}" is not a whole number of bytes below 8 PiB`,
      range: valueRange(loading, container, key),
      fix: 'write a size such as 64GiB',
    });
  } else if (bytes > 0 && bytes < 2 ** 20 && /^\d+$/.test(String(value).trim())) {
    loading.report.add({
      code: 'size-without-unit',
      summary: `"${key}: ${value}" would be ${value} bytes`,
      range: valueRange(loading, container, key),
      why: 'a plain number means bytes, which is too small here',
      fix: `write the unit, such as ${value}GiB, or ${value}B if bytes are meant`,
    });
  }
  return bytes;
}

/** Reads a memory limit in bytes; reports 0. */
export function readMemoryLimit(
  loading: Loading,
  container: { readonly memory?: unknown },
): number | undefined {
  const bytes = readBytes(loading, container, 'memory');
  if (bytes === 0) {
    loading.report.add({
      code: 'bad-value',
      summary: 'memory must be greater than 0',
      range: valueRange(loading, container, 'memory'),
      fix: 'write how much memory the worker may use, such as 256GiB, or remove the key for all of it',
    });
  }
  return bytes;
}

/** Reads host and port of an entry; reports a port above 65535. */
export function readHostPort(
  loading: Loading,
  container: object,
  key: string,
  value: string,
): { readonly host: string; readonly port: number } | undefined {
  const address = parseDialAddress(value);
  if (address === undefined) {
    loading.report.add({
      code: 'bad-value',
      summary: `"${value}" has no port between 1 and 65535`,
      range: valueRange(loading, container, key),
      fix: 'write HOST:PORT, such as 10.0.0.2:2345',
    });
  }
  return address;
}

/** Reads a CPU list as text. */
export function readCpus(
  loading: Loading,
  container: object,
  key: string,
  value: string | number,
): string | undefined {
  const list = String(value).replaceAll(/\s/g, '');
  const ranges = parseCpuList(list);
  const twice = ranges && cpuTwice(ranges);
  if (twice !== undefined) {
    loading.report.add({
      code: 'cpu-twice',
      summary: `"${value}" has CPU ${twice} twice`,
      range: valueRange(loading, container, key),
      fix: 'write ranges that do not overlap',
    });
  }
  if (ranges !== undefined) return list;
  loading.report.add({
    code: 'bad-value',
    summary: `"${value}" is not a list of CPUs`,
    range: valueRange(loading, container, key),
    why: 'expected CPU numbers or ranges (low-high), separated by commas',
    fix: 'write a list such as 0-31,64-95',
  });
  return undefined;
}

function cpuTwice(ranges: readonly { readonly first: number; readonly last: number }[]): number | undefined {
  const sorted = ranges.toSorted((a, b) => a.first - b.first);
  return sorted.find(({ first }, at) => at > 0 && first <= (sorted[at - 1]?.last ?? -1))?.first;
}

/** A reference to a secret in the file, whose form has been checked. */
export type SecretDraft = {
  readonly env?: string | undefined;
  readonly file?: string | undefined;
  readonly command?: readonly (string | undefined)[] | undefined;
};

/** Returns the reference with an absolute file path; undefined when it had an error. */
export function readSecret(loading: Loading, draft: SecretDraft): SecretRef | undefined {
  if (draft.env !== undefined) return { from: 'env', name: draft.env };
  if (draft.file !== undefined) return { from: 'file', path: localFile(loading, draft, 'file', draft.file) };
  if (draft.command === undefined) return undefined;
  return { from: 'command', argv: draft.command.filter((word) => word !== undefined) };
}
