import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, posix, resolve } from 'node:path';

/** How the loader reaches files; nothing else of the outside world is asked. Paths are as the loader builds them. */
export interface FileReader {
  /** The text of a file. Throws with a `code` such as ENOENT when there is none to read. */
  readonly read: (path: string) => string;
  /** The absolute form of a path; a leading `~/` is the home directory. */
  readonly resolve: (path: string) => string;
}

/** The files of this machine, relative paths taken from a directory. */
export function filesIn(directory: string): FileReader {
  const absolute = (path: string) =>
    path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(directory, path);
  return { read: (path) => readFileSync(absolute(path), 'utf8'), resolve: absolute };
}

/** The files of this machine. */
export const diskFiles: FileReader = filesIn('.');

/** A reader over texts in memory, by path; relative paths lie in `/`, and `~` is `/home`. */
export function memoryFiles(texts: Readonly<Record<string, string>>): FileReader {
  return {
    read: (path) => {
      const text = Object.hasOwn(texts, path) ? texts[path] : undefined;
      if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
      return text;
    },
    resolve: (path) =>
      path.startsWith('~/') ? posix.join('/home', path.slice(2)) : posix.resolve('/', path),
  };
}
