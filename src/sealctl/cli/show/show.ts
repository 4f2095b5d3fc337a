import { isOfKind } from '../../kinds/index.ts';
import { buildCommand } from '@stricli/core';
import { compile } from '../../kinds/compile.ts';
import type { DaemonEnvironment } from '../../kinds/daemon/environment-variables.ts';
import type { Resource } from '../../model/kind.ts';
import { originAt, type HostSpec, type Origin, type Origins, type Spec } from '../../spec/spec.ts';
import { renderTable } from '@sealctl/core/text/table';
import type { SealctlContext } from '../core/context.ts';
import {
  clusterAliases,
  clusterFlags,
  formatFlag,
  hostArgument,
  namedHost,
  type ClusterFlags,
  type FormatFlag,
} from '../core/flags.ts';
import { loadForCommand } from '../core/load.ts';
import { withoutSecrets, declaredKeys, declaredStorage, type DeclaredKey } from './declared-keys.ts';

interface Flags extends ClusterFlags, FormatFlag {}

/** A table of values with its title. */
type Section = readonly [title: string, values: readonly DisplayedKey[]];

interface DisplayedKey {
  readonly key: string;
  readonly value: string;
  readonly layer: string;
  readonly from: string;
}

export const showCommand = buildCommand<Flags, [string], SealctlContext>({
  docs: {
    brief: 'show what a host gets, and where each value comes from',
    fullDescription: [
      'Every value after all layers: built-in, defaults, task set, profile, host, worker; and the environment that the daemons get,',
      'with the source of a secret in place of its value. Needs no cluster.',
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
        : sections.map((section) => sectionText(section, this.terminal.columns)).join('\n'),
    );
  },
});

function sectionsOf(spec: Spec, host: HostSpec): Section[] {
  const { miner } = spec;
  const environments = (compile(spec).get(host.name) ?? []).filter(isEnvironment);
  const environmentOf = (title: string, id: string): Section[] =>
    environments
      .filter((resource) => resource.id === `${id}/env`)
      .map((resource) => [`${title}, environment`, variablesOf(resource, miner.origins['advertise'])]);
  const minerSections = (): Section[] => [
    ['miner', valuesOf(declaredKeys(miner), miner.origins)],
    ...environmentOf('miner', `${host.name}/miner`),
  ];
  return [
    [`host ${host.name}`, valuesOf(declaredKeys(host), host.origins)],
    ...(miner.host === host.name ? minerSections() : []),
    ...host.workers.flatMap((worker): Section[] => {
      const title = `worker ${worker.name}`;
      return [
        [title, valuesOf(declaredKeys(worker), worker.origins)],
        ...worker.storage.map((path): Section => [
          `${title}, storage ${path.path}`,
          valuesOf(declaredStorage(path), path.origins),
        ]),
        ...environmentOf(title, `${host.name}/worker/${worker.name}`),
      ];
    }),
  ];
}

function isEnvironment(resource: Resource): resource is Resource<DaemonEnvironment> {
  return isOfKind(resource, 'environment');
}

/** The variables of a daemon. Only the way to the miner comes from nothing the worker says itself. */
function variablesOf(
  { desired: { variables }, origins }: Resource<DaemonEnvironment>,
  minerOrigin: Origin | undefined,
): DisplayedKey[] {
  return variables.map(({ name, value, key }) =>
    displayedKey([name, withoutSecrets(value)], key === '' ? minerOrigin : originOf(key, origins)),
  );
}

function valuesOf(keys: readonly DeclaredKey[], origins: Origins): DisplayedKey[] {
  return keys.map((declared) => displayedKey(declared, originOf(declared[0], origins)));
}

function displayedKey([key, value]: DeclaredKey, origin: Origin | undefined): DisplayedKey {
  const range = origin?.range;
  const from = range === undefined ? '' : `${range.file}:${range.line}:${range.column}`;
  return { key, value, layer: origin?.layer ?? 'built-in', from };
}

/** The origin of a key, or of the nearest thing around it that has one. */
function originOf(key: string, origins: Origins): Origin | undefined {
  for (let path = key; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('.')))) {
    const origin = originAt(origins, path);
    if (origin !== undefined) return origin;
  }
  return origins[''];
}

function sectionText([title, values]: Section, width: number): string {
  const rows = values.map(({ key, value, layer, from }) => [key, value, layer, from]);
  return `${title}\n${renderTable({ columns: ['key', 'value', 'layer', 'from'], rows, width })}`;
}
