import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { layers } from './layers.ts';

const importPattern =
  /^[ \t]*(?:import|export)\b[^;]*?from\s+'(?<from>[^']+)'|\bimport\(\s*'(?<dynamic>[^']+)'\s*\)/gm;

/** Every import in src/ that its room's package.json or `layers` does not allow, as `file:line: reason`. */
export function importsAgainstTheFlow(root: string): string[] {
  return Object.entries(layers).flatMap(([room, folders]) => [
    ...foldersNotThere(root, room, Object.keys(folders)),
    ...importsOfRoom(root, room, folders),
  ]);
}

/** An entry that outlived its folder would say nothing wrong and mislead whoever reads the table. */
function foldersNotThere(root: string, room: string, folders: readonly string[]): string[] {
  return folders
    .filter((folder) => !existsSync(join(root, 'src', room, folder)))
    .map((folder) => `scripts/layers.ts:1: src/${room}/${folder} does not exist`);
}

interface Room {
  readonly name: string;
  readonly folders: Readonly<Record<string, readonly string[]>>;
  /** What its package.json lists. */
  readonly packages: readonly string[];
}

function importsOfRoom(root: string, name: string, folders: Room['folders']): string[] {
  const manifest = join(root, 'src', name, 'package.json');
  if (!existsSync(manifest)) return [`src/${name}/package.json:1: does not exist`];
  const room: Room = { name, folders, packages: packagesOf(readFileSync(manifest, 'utf8')) };
  return readdirSync(join(root, 'src', name), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('dist/'))
    .sort((a, b) => a.localeCompare(b))
    .flatMap((file) =>
      wrongImportsOf(room, `src/${name}/${file}`, readFileSync(join(root, 'src', name, file), 'utf8')),
    );
}

function packagesOf(manifest: string): string[] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(manifest) as Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
  return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
}

function wrongImportsOf(room: Room, file: string, text: string): string[] {
  const folder = folderOf(file);
  if (folder !== undefined && room.folders[folder] === undefined)
    return [`${file}:1: folder src/${room.name}/${folder} is not in scripts/layers.ts`];
  return [...text.matchAll(importPattern)].flatMap((match) => {
    const specifier = match.groups?.['from'] ?? match.groups?.['dynamic'] ?? '';
    const wrong = specifier.startsWith('.')
      ? wrongFolder(room, file, specifier)
      : wrongPackage(room, specifier);
    if (wrong === undefined) return [];
    return [`${file}:${text.slice(0, match.index).split('\n').length}: ${wrong}`];
  });
}

function wrongFolder(room: Room, file: string, specifier: string): string | undefined {
  const path = posix.join(posix.dirname(file), specifier);
  if (!path.startsWith(`src/${room.name}/`))
    return `src/${room.name} may not import ${path}, which is outside the room; import it by its package's name`;
  const [from, to] = [folderOf(file), folderOf(path)];
  // Files beside the folders belong to no layer: the room's entry points and its manifest.
  if (to === undefined || from === undefined || from === to) return undefined;
  const allowed = room.folders[from] ?? [];
  if (allowed.includes(to)) return undefined;
  const lists = allowed.length === 0 ? 'nothing' : allowed.join(', ');
  return `src/${room.name}/${from} may not import src/${room.name}/${to} (scripts/layers.ts lists: ${lists})`;
}

function wrongPackage(room: Room, specifier: string): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (room.packages.includes(name)) return undefined;
  return `src/${room.name}/package.json does not list ${name}`;
}

/** The folder of its room that a file lies in; none for a file beside the folders. */
function folderOf(path: string): string | undefined {
  const [, , folder, ...rest] = path.split('/');
  return rest.length > 0 ? folder : undefined;
}
