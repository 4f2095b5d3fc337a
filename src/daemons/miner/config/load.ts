import { parse, TomlError } from 'smol-toml';
import { messageOf, ProblemError, type Problem } from '@sealctl/core/problem/problem';
import { parseGoBool, parseGoDuration } from '@sealctl/core/lotus/go-value';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import { configVariable, eachConfigKey, type ConfigKey, type MinerConfig } from './keys.ts';

/** Sections of Lotus's own `config.toml` that concern parts this miner does not have; they are allowed in the file. */
const foreignSections = new Set([
  'Addresses',
  'Backup',
  'Common',
  'DAGStore',
  'Dealmaking',
  'Fees',
  'HarmonyDB',
  'IndexProvider',
  'Libp2p',
  'Logging',
  'Proving',
  'Pubsub',
  'Sealing',
  'Subsystems',
]);

export interface LoadedConfig {
  readonly config: MinerConfig;
  /** A warning for each setting in the file that has no effect. */
  readonly warnings: readonly string[];
}

/**
 * The configuration of a repo: defaults, then `config.toml`, then `LOTUS_<SECTION>_<KEY>` variables. Rejects every value of a wrong
 * type at once. `file` names the file in messages. Source: docs/spec/lotus.md section 4.4.
 */
export function loadConfig(text: string, file: string, env: Environment): LoadedConfig {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const table = parseToml(text, file);
  const result: Record<string, Record<string, unknown>> = {};
  for (const { section, name, key } of eachConfigKey()) {
    const values = (result[section] ??= {});
    values[name] = key.default;
    const variable = configVariable(section, name);
    const inFile = sectionOf(table, section)?.[name];
    const inEnv = env[variable];
    try {
      if (inFile !== undefined) values[name] = checked(key, inFile);
      if (inEnv !== undefined) values[name] = fromText(key, inEnv);
    } catch (error) {
      const place = inEnv === undefined ? `${file}: ${section}.${name}` : `environment variable ${variable}`;
      problems.push({
        code: 'bad-miner-config',
        severity: 'error',
        summary: `${place}: ${messageOf(error)}`,
      });
    }
  }
  if (problems.length > 0) throw new ProblemError(problems);
  for (const [section, content] of Object.entries(table)) {
    const known = result[section];
    if (known === undefined) {
      const foreign = foreignSections.has(section);
      warnings.push(`${file}: section [${section}] ${foreign ? 'is not used by this miner' : 'is unknown'}`);
    } else
      for (const name of Object.keys(sectionOf({ [section]: content }, section) ?? {}))
        if (!(name in known)) warnings.push(`${file}: ${section}.${name} is unknown`);
  }
  return { config: result as unknown as MinerConfig, warnings };
}

function parseToml(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    const at = error instanceof TomlError ? `:${error.line}:${error.column}` : '';
    const why = messageOf(error).split('\n')[0] ?? '';
    throw new ProblemError(
      [{ code: 'bad-miner-config', severity: 'error', summary: `${file}${at} is not TOML`, why }],
      { cause: error },
    );
  }
}

function sectionOf(
  table: Readonly<Record<string, unknown>>,
  section: string,
): Readonly<Record<string, unknown>> | undefined {
  const content = table[section];
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined;
  return content as Readonly<Record<string, unknown>>;
}

function checked(key: ConfigKey, value: unknown): unknown {
  switch (key.type) {
    case 'bool':
      if (typeof value !== 'boolean') throw new TypeError('must be true or false');
      return value;
    case 'int':
      if (typeof value !== 'number' || !Number.isSafeInteger(value))
        throw new TypeError('must be a whole number');
      return value;
    case 'string':
    case 'Duration':
      if (typeof value !== 'string') throw new TypeError('must be a string in quotes');
      return checkedText(key, value);
  }
}

/** Parses the value of an environment variable; as in Lotus, an empty one is an error for numbers and switches. */
function fromText(key: ConfigKey, text: string): unknown {
  switch (key.type) {
    case 'bool': {
      const value = parseGoBool(text);
      if (value === undefined) throw new TypeError(`'${text}' is not true or false`);
      return value;
    }
    case 'int':
      if (!/^[+-]?\d+$/.test(text)) throw new TypeError(`'${text}' is not a whole number`);
      return checked(key, Number(text));
    case 'string':
    case 'Duration':
      return checkedText(key, text);
  }
}

function checkedText(key: ConfigKey & { readonly type: 'string' | 'Duration' }, text: string): string {
  if (key.type === 'Duration') parseGoDuration(text);
  else if (key.oneOf !== undefined) {
    // Lotus takes an empty text as the first choice.
    if (text === '') return key.default;
    if (!key.oneOf.includes(text)) throw new TypeError(`'${text}' is not one of ${key.oneOf.join(', ')}`);
  }
  return text;
}
