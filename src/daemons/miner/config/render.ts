import { configVariable, eachConfigKey, type ConfigKey } from './keys.ts';

/**
 * Renders `config.toml` in Lotus's layout, with every key commented out at its default. Without comments the keys are not commented out, as
 * `config default --no-comment` prints them.
 */
export function renderDefaultConfig(comments: boolean): string {
  const lines: string[] = [];
  let current = '';
  for (const { section, name, key } of eachConfigKey()) {
    if (section !== current) lines.push(...(current === '' ? [] : ['']), `[${section}]`);
    current = section;
    const assignment = `${name} = ${tomlValue(key)}`;
    if (!comments) lines.push(`  ${assignment}`);
    else lines.push(...commented(section, name, key).map((line) => `  #${line}`), `  #${assignment}`, '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function commented(section: string, name: string, key: ConfigKey): string[] {
  const choice = key.type === 'string' && key.oneOf !== undefined ? [` One of: ${key.oneOf.join(', ')}`] : [];
  return [` ${key.doc}`, ...choice, '', ` type: ${key.type}`, ` env var: ${configVariable(section, name)}`];
}

function tomlValue(key: ConfigKey): string {
  return typeof key.default === 'string' ? JSON.stringify(key.default) : String(key.default);
}
