import { hash } from 'node:crypto';
import type { DirectoryFact, FileFact } from '../../../src/sealctl/host/probe/facts.ts';

/** What a path of a model host holds. */
export type ModelFile =
  | { readonly type: 'file'; readonly content: string; readonly mode: string; readonly owner: string }
  | { readonly type: 'directory'; readonly mode: string; readonly owner: string }
  | { readonly type: 'link'; readonly target: string; readonly mode?: never; readonly owner?: never };

/** The files of a model host by path, and what a probe reads of them. */
export class ModelFiles extends Map<string, ModelFile> {
  exists(path: string): boolean {
    return this.typeOf(path) !== 'absent';
  }

  /** Returns what a path is: a directory also where only something below it is known. */
  typeOf(path: string): FileFact['type'] {
    const there = this.get(path);
    if (there !== undefined) return there.type;
    return [...this.keys()].some((known) => known.startsWith(`${path}/`)) ? 'directory' : 'absent';
  }

  /** Deletes a path and everything below it. */
  deleteTree(path: string): void {
    for (const known of this.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.delete(known);
    }
  }

  /** Answers the probe of a file, with its content on request. */
  fileFact(path: string, withContent: boolean): FileFact | undefined {
    const there = this.get(path);
    if (there === undefined) return this.exists(path) ? { type: 'directory', mode: '0755' } : undefined;
    if (there.type === 'link') return { type: 'link', target: there.target };
    if (there.type === 'directory') return { type: 'directory', mode: there.mode, owner: there.owner };
    return {
      type: 'file',
      mode: there.mode,
      owner: there.owner,
      sizeBytes: Buffer.byteLength(there.content),
      sha256: digest(there.content),
      ...(withContent ? { content: there.content } : {}),
    };
  }

  /** Answers the probe of a directory. */
  directoryFact(path: string, isMountPoint: boolean): DirectoryFact | undefined {
    const type = this.typeOf(path);
    if (type === 'absent') return undefined;
    const inside = new Set(
      [...this.keys()]
        .filter((known) => known.startsWith(`${path}/`))
        .map((known) => known.slice(path.length + 1).split('/')[0] ?? ''),
    );
    const there = this.get(path);
    const mode = there?.type === 'link' ? undefined : (there?.mode ?? '0755');
    const types = ['unsealed', 'sealed', 'cache', 'update', 'update-cache', 'piece'];
    return {
      type,
      ...(mode === undefined || type !== 'directory' ? {} : { mode }),
      mountPoint: isMountPoint,
      empty: type === 'directory' && [...inside].every((name) => name === 'lost+found'),
      sectorDirectories: types.filter((name) => inside.has(name)),
    };
  }
}

/** Returns the SHA-256 of a text. */
export function digest(text: string): string {
  return hash('sha256', text, 'hex');
}
