import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { layers, top } from './layers.ts';

const importPattern =
  /^[ \t]*(?:import|export)\b[^;]*?from\s+'(?<from>[^']+)'|\bimport\(\s*'(?<dynamic>[^']+)'\s*\)/gm;

/** Every import in src/ that points against the data flow of `layers`, as `file:line: reason`. */
export function importsAgainstTheFlow(root: string): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort((a, b) => a.localeCompare(b))
    .flatMap((name) => wrongImportsOf(`src/${name}`, readFileSync(join(root, 'src', name), 'utf8')));
}

function wrongImportsOf(file: string, text: string): string[] {
  const folder = folderOf(file);
  const allowed = folder === top ? [...Object.keys(layers), top] : [...(layers[folder] ?? []), folder];
  if (folder !== top && layers[folder] === undefined)
    return [`${file}:1: folder src/${folder} is not in scripts/layers.ts`];
  return [...text.matchAll(importPattern)].flatMap((match) => {
    const specifier = match.groups?.['from'] ?? match.groups?.['dynamic'] ?? '';
    if (!specifier.startsWith('.')) return [];
    const path = posix.join(posix.dirname(file), specifier);
    if (path === 'package.json') return [];
    const line = text.slice(0, match.index).split('\n').length;
    if (!path.startsWith('src/'))
      return [`${file}:${line}: src may not import ${path}, which is outside src`];
    const target = folderOf(path);
    if (allowed.includes(target)) return [];
    return [
      `${file}:${line}: src/${folder} may not import src/${target} (scripts/layers.ts lists: ${allowed.join(', ')})`,
    ];
  });
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}
