import { buildCommand } from '@stricli/core';
import { secretKey, type SecretRef } from '../../../secret/secret.ts';
import type { HostSpec, Origin, Origins, Spec } from '../../../spec/spec.ts';
import { renderTable } from '../../../ui/table.ts';
import type { SealctlContext } from '../context.ts';
import {
  clusterAliases,
  clusterFlags,
  formatFlag,
  hostArgument,
  namedHost,
  type ClusterFlags,
  type FormatFlag,
} from '../flags.ts';
import { loadForCommand } from '../load.ts';

interface Flags extends ClusterFlags, FormatFlag {}

interface ShownValue {
  readonly key: string;
  readonly value: string;
  readonly layer: string;
  readonly from: string;
}

export const showCommand = buildCommand<Flags, [string], SealctlContext>({
  docs: {
    brief: 'show what a host gets, and where each value comes from',
    fullDescription: [
      'Every value after all layers: built-in, defaults, profile or task set, host, worker. Needs no cluster.',
      '',
      'EXAMPLES',
      '  sealctl show worker-1',
      '  sealctl show worker-1 --format json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...clusterFlags,
      ...formatFlag,
    },
    aliases: clusterAliases,
    positional: hostArgument,
  },
  func(flags, name) {
    const { spec } = loadForCommand(this, flags.file);
    const host = namedHost(spec, name);
    const sections = sectionsOf(spec, host);
    this.process.stdout.write(
      flags.format === 'json'
        ? `${JSON.stringify(Object.fromEntries(sections), undefined, 2)}\n`
        : sections.map(([title, values]) => sectionText(title, values, this.terminal.columns)).join('\n'),
    );
  },
});

function sectionsOf(spec: Spec, host: HostSpec): [title: string, values: ShownValue[]][] {
  const { workers, ...own } = host;
  return [
    [`host ${host.name}`, valuesOf(own, host.origins)],
    ...(spec.miner.host === host.name
      ? [['miner', valuesOf(spec.miner, spec.miner.origins)] satisfies [string, ShownValue[]]]
      : []),
    ...workers.flatMap((worker): [string, ShownValue[]][] => {
      const { storage, ...rest } = worker;
      return [
        [`worker ${worker.name}`, valuesOf(rest, worker.origins)],
        ...storage.map((path): [string, ShownValue[]] => [
          `worker ${worker.name}, storage ${path.path}`,
          valuesOf(path, path.origins),
        ]),
      ];
    }),
  ];
}

function valuesOf(object: object, origins: Origins): ShownValue[] {
  return leaves(object, '').map(([key, value]) => {
    const origin = originOf(key, origins);
    const range = origin?.range;
    return {
      key,
      value,
      layer: origin?.layer ?? 'built-in',
      from: range === undefined ? '' : `${range.file}:${range.line}:${range.column}`,
    };
  });
}

/** The origin of a key, or of the nearest thing around it that has one. */
function originOf(key: string, origins: Origins): Origin | undefined {
  for (let path = key; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('.')))) {
    const origin = origins[path] ?? origins[keyInFile(path)];
    if (origin !== undefined) return origin;
  }
  return origins[''];
}

/** cluster.yaml writes units with the value, so its keys lack the unit that a Spec has in its names. */
function keyInFile(path: string): string {
  return path.replace(/(?:Bytes|Ms)$/, '').replace(/^can(?:Seal|Store)$/, 'use');
}

function leaves(value: unknown, path: string): [key: string, value: string][] {
  if (isSecret(value)) return [[path, `(secret from ${secretKey(value)})`]];
  if (Array.isArray(value)) return [[path, value.length === 0 ? '(none)' : value.join(' ')]];
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'origins' ? [] : leaves(inner, path === '' ? key : `${path}.${key}`),
  );
}

function isSecret(value: unknown): value is SecretRef {
  return typeof value === 'object' && value !== null && 'from' in value && typeof value.from === 'string';
}

function sectionText(title: string, values: readonly ShownValue[], width: number): string {
  const rows = values.map(({ key, value, layer, from }) => [key, value, layer, from]);
  return `${title}\n${renderTable({ columns: ['key', 'value', 'layer', 'from'], rows, width })}`;
}
