import { defaultResources } from '@sealctl/core/lotus/resource-table';
import {
  multicoreSdrVariable,
  resourceEnvIssues,
  resourceSuffixes,
  resourceVariables,
  sdrProducersVariable,
  type Environment,
} from '@sealctl/core/lotus/resource-env';
import { sectorSizes } from '@sealctl/core/lotus/sector-size';
import { taskTypes } from '@sealctl/core/lotus/task-type';
import type { Command } from '../../lotus-cli/app.ts';

/** `resources`: prints the resource variables of this environment, their defaults, or both. Makes no connection. */
export const resourcesCommand: Command = {
  name: 'resources',
  usage: 'print the resource variables that are set, or all',
  flags: [
    {
      name: 'all',
      type: 'bool',
      default: false,
      usage: 'print all, with defaults for those that are not set',
    },
    { name: 'default', type: 'bool', default: false, usage: 'print the defaults of all' },
  ],
  run: async ({ flags, env, out, err }) => {
    const values = flags.bool('default')
      ? defaults()
      : new Map([...(flags.bool('all') ? defaults() : []), ...present(env)]);
    for (const { variable, value, reason, fix } of flags.bool('default') ? [] : resourceEnvIssues(env))
      err(`WARNING: ${variable}='${value}': ${reason}; ${fix}\n`);
    const names = [...values.keys()].sort((a, b) => (a < b ? -1 : 1));
    out(names.map((name) => `${name}=${values.get(name) ?? ''}\n`).join(''));
  },
};

function present(env: Environment): Map<string, string> {
  const names = [...resourceVariables(), multicoreSdrVariable, sdrProducersVariable];
  return new Map(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** A size-less name shows the default of 32GiB sectors; in Lotus it is that of an arbitrary size. */
function defaults(): Map<string, string> {
  const values = new Map<string, string>();
  for (const { code } of taskTypes.filter((type) => type.table))
    for (const { suffix, field } of resourceSuffixes) {
      values.set(`${code}_${suffix}`, String(defaultResources(code, '32GiB')[field]));
      for (const size of sectorSizes)
        values.set(`${code}_${size.short}_${suffix}`, String(defaultResources(code, size.name)[field]));
    }
  return values;
}
