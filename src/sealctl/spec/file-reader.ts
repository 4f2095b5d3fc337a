import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, posix, resolve } from 'node:path';

/** The loader's only access to the file system. Paths are as the loader builds them. */
export interface FileReader {
  /** Returns the text of a file. Throws an error with a `code` such as ENOENT when it cannot be read. */
  readonly read: (path: string) => string;
  /** Returns the absolute form of a path; a leading `~/` is the home directory. */
  readonly resolve: (path: string) => string;
}

/** A reader of the files of this machine; relative paths are relative to the directory. */
export function filesIn(directory: string): FileReader {
  const absolute = (path: string) =>
    path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(directory, path);
  return { read: (path) => readFileSync(absolute(path), 'utf8'), resolve: absolute };
}

/** The files of this machine. */
export const diskFiles: FileReader = filesIn('.');

/** A reader of texts in memory, by path. Relative paths are relative to `/`, and `~` is `/home`. */
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
