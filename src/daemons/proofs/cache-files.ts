import { join } from 'node:path';
import type { RegisteredSealProof } from './registered-proof.ts';

/** The files of a sector's cache directory (docs/spec/sealing.md section 10), by purpose. */
export interface CacheFiles {
  readonly layers: readonly string[];
  readonly treeD: string;
  readonly treeC: readonly string[];
  readonly treeR: readonly string[];
  readonly persistentAux: string;
  readonly temporaryAux: string;
  readonly syntheticProofs: string;
}

/** Paths of all cache files of a sector, whether they exist or not. */
export function cacheFiles(
  cacheDir: string,
  { layers, baseTrees }: Pick<RegisteredSealProof, 'layers' | 'baseTrees'>,
): CacheFiles {
  const store = (id: string): string => join(cacheDir, `sc-02-data-${id}.dat`);
  const perTree = (id: string): string[] =>
    baseTrees === 1 ? [store(id)] : Array.from({ length: baseTrees }, (_, index) => store(`${id}-${index}`));
  return {
    layers: Array.from({ length: layers }, (_, index) => store(`layer-${index + 1}`)),
    treeD: store('tree-d'),
    treeC: perTree('tree-c'),
    treeR: perTree('tree-r-last'),
    persistentAux: join(cacheDir, 'p_aux'),
    temporaryAux: join(cacheDir, 't_aux'),
    syntheticProofs: join(cacheDir, 'syn-porep-vanilla-proofs.dat'),
  };
}
