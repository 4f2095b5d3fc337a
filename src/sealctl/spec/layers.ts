import type { Draft } from './draft.ts';
import { originOf, type Loading } from './loading.ts';
import type { LayerName, Origin } from './spec.ts';

/** One layer of values: a map of the file. */
export interface Layer<Values extends object> {
  readonly name: LayerName;
  /** Dotted path of the map in the file. */
  readonly path: string;
  readonly values: Draft<Values>;
}

/** A value with the layer it comes from. */
export interface Picked<Value> {
  readonly value: Value;
  readonly container: object;
  readonly key: string;
  readonly layer: LayerName;
  readonly path: string;
}

/** Returns the value of the strongest layer that has the key. Layers are ordered weakest first. */
export function pick<Values extends object, Key extends keyof Draft<Values> & string>(
  layers: readonly Layer<Values>[],
  key: Key,
): Picked<NonNullable<Draft<Values>[Key]>> | undefined {
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const layer = layers[index];
    const value = layer?.values[key];
    if (layer !== undefined && value !== undefined && value !== null) {
      return {
        value,
        container: layer.values,
        key,
        layer: layer.name,
        path: layer.path,
      };
    }
  }
  return undefined;
}

/**
 * Merges a map to which every layer may add entries, such as `env`. A stronger layer replaces an entry, or removes it with `null`. `nameOf`
 * maps the spellings of a key to one name; entries without a name are omitted.
 */
export function pickEntries<Value>(
  layers: readonly Layer<object>[],
  key: string,
  nameOf: (key: string, map: object) => string | undefined,
): Map<string, Picked<Value>> {
  const entries = new Map<string, Picked<Value>>();
  for (const layer of layers) {
    const map = (layer.values as Readonly<Record<string, unknown>>)[key];
    if (typeof map !== 'object' || map === null) continue;
    for (const [entry, value] of Object.entries(map)) {
      const name = nameOf(entry, map);
      if (name === undefined || value === undefined) continue;
      if (value === null) entries.delete(name);
      else {
        entries.set(name, {
          value: value as Value,
          container: map,
          key: entry,
          layer: layer.name,
          path: `${layer.path}.${key}`,
        });
      }
    }
  }
  return entries;
}

/** Makes origins; the origin of a layer that many workers share is made once. */
export class OriginCache {
  readonly #loading: Loading;
  readonly #shared = new Map<object, Map<string, Origin>>();

  constructor(loading: Loading) {
    this.#loading = loading;
  }

  of(picked: Picked<unknown>): Origin {
    if (picked.layer === 'host' || picked.layer === 'worker') return this.#make(picked);
    let origins = this.#shared.get(picked.container);
    if (origins === undefined) {
      origins = new Map();
      this.#shared.set(picked.container, origins);
    }
    const known = origins.get(picked.key);
    if (known !== undefined) return known;
    const origin = this.#make(picked);
    origins.set(picked.key, origin);
    return origin;
  }

  #make({ layer, path, container, key }: Picked<unknown>): Origin {
    return originOf(this.#loading, layer, path, container, key);
  }
}

/** The origin of a built-in value: the key that would set it. */
export function builtIn(path: string): Origin {
  return { layer: 'built-in', path };
}
