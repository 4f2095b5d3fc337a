import { dirname, isAbsolute, join } from 'node:path';
import type { SectorSize } from '@sealctl/core/lotus/sector-size';
import type { SourceRange } from '@sealctl/core/problem/problem';
import type { ClusterDraft } from './draft.ts';
import type { Marks } from './source/marks.ts';
import type { FilesContext } from './source/read-files.ts';
import type { LayerName, Origin } from './spec.ts';
import { suggestion } from './suggest.ts';

/** The context of every check and every resolving step. */
export interface Loading extends FilesContext {
  readonly draft: ClusterDraft;
  /** 32GiB if the file does not have one, so that checks can continue. */
  readonly sectorSize: SectorSize;
  /** Maps of the draft that lack a part because it was wrong or was reported missing. The lack must not be reported again. */
  readonly damaged: Set<object>;
}

/** The range of an entry's value, or of its key when the value is empty. */
export function valueRange(
  loading: Loading,
  container: object,
  key: string | number,
): SourceRange | undefined {
  const span = loading.marks.valueSpan(container, key);
  if (span !== undefined && span.start === span.end) return loading.marks.keyRange(container, String(key));
  return loading.marks.valueRange(container, key);
}

/** The origin of an entry: its key in the file. `parent` is the dotted path of the map that has the entry. */
export function originOf(
  loading: Loading,
  layer: LayerName,
  parent: string,
  container: object,
  key: string,
): Origin {
  return new EntryOrigin(loading.marks, layer, parent, container, key);
}

/** Path and range are computed on demand, since a large cluster has hundreds of thousands of origins and few are ever shown. */
class EntryOrigin implements Origin {
  readonly layer: LayerName;
  readonly #marks: Marks;
  readonly #parent: string;
  readonly #container: object;
  readonly #key: string;

  constructor(marks: Marks, layer: LayerName, parent: string, container: object, key: string) {
    this.layer = layer;
    this.#marks = marks;
    this.#parent = parent;
    this.#container = container;
    this.#key = key;
  }

  get path(): string {
    return `${this.#parent}.${this.#key}`;
  }

  get range(): SourceRange | undefined {
    return this.#marks.keyRange(this.#container, this.#key);
  }
}

/** Absolute path of a local file in an entry, relative to the file that contains the entry. */
export function localFile(loading: Loading, container: object, key: string | number, value: string): string {
  const span = loading.marks.valueSpan(container, key);
  const relative = !isAbsolute(value) && !value.startsWith('~/');
  return loading.files.resolve(relative && span !== undefined ? join(dirname(span.file.path), value) : value);
}

/** Kinds of named objects in the file. */
type Named = 'host' | 'worker' | 'release' | 'task set' | 'profile' | 'task' | 'group';

/** Reports a name that refers to nothing. */
export function reportUnknown(
  loading: Loading,
  unknown: {
    readonly what: Named;
    readonly name: string;
    readonly known: readonly string[];
    readonly range: SourceRange | undefined;
    readonly fix?: string;
  },
): void {
  const { what, name, known, range } = unknown;
  const { draft, damaged } = loading;
  const registry = registryOf(draft, what);
  // An object that was removed because of an error must not be reported as missing.
  if (registry === undefined ? damaged.has(draft) : damaged.has(registry)) return;
  const fix = unknown.fix ?? suggestion(name, known) ?? `there is no ${what} yet; add one`;
  loading.report.add({
    code: `unknown-${what.replace(' ', '-')}`,
    summary: `there is no ${what} "${name}"`,
    range,
    fix,
  });
}

/** The map in which a name is looked up, or the whole file where there is none. */
function registryOf(draft: ClusterDraft, what: Named): object | undefined {
  switch (what) {
    case 'host':
    case 'worker':
      return draft.hosts;
    case 'release':
      return draft.releases;
    case 'task set':
      return draft.taskSets;
    case 'profile':
      return draft.profiles;
    case 'group':
      return draft.storageGroups;
    case 'task':
      return {};
  }
}
