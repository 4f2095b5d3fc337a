import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commit1 } from '../../../proofs/commit1.ts';
import type { OperationOptions } from '../../../proofs/operation.ts';
import {
  precommit1SideBySide,
  precommit2,
  prepareParentCache,
  stagePiece,
  unseal,
} from '../../../proofs/sealing.ts';
import {
  decodeUpdate,
  encodeUpdate,
  proveUpdate,
  regenerateSectorKey,
} from '../../../proofs/sector-update.ts';
import type { SectorSettings } from '../settings.ts';
import type { MachineSpeeds } from './machine-speeds.ts';

/** One phase of sealing, as it was measured. */
export interface PhaseTime {
  readonly phase: string;
  readonly milliseconds: number;
  /** Number of sectors. */
  readonly sectors: number;
  /** The physical limit of the phase on this machine, and the time that the phase takes at that limit; absent where it has none. */
  readonly limit?: { readonly name: keyof MachineSpeeds; readonly milliseconds: number };
}

/** The input of a measurement. */
export interface PhaseRun {
  readonly settings: SectorSettings;
  /** Number of sectors that phase 1 seals side by side; the other phases work on the first. */
  readonly sectors: number;
  /** Directory of all files. It contains the data to seal as `data`: unpadded, exactly as long as the sector's capacity. */
  readonly directory: string;
  readonly parentCacheDir: string;
  readonly options: OperationOptions;
  readonly machineSpeeds: MachineSpeeds;
  /** Called as soon as a phase is measured. */
  readonly onPhase: (time: PhaseTime) => void;
}

/** Seals, proves, unseals and updates one real sector and measures each phase. Verifies that unsealing returns the same data. */
export async function runPhases(run: PhaseRun): Promise<void> {
  const { settings, directory, options, machineSpeeds, onPhase } = run;
  const { proof } = settings;
  const { sectorBytes } = proof;
  const unpaddedBytes = (sectorBytes / 128) * 127;
  const threads = options.threads?.count ?? 1;
  const at = (name: string): string => join(directory, name);
  const copy = { name: 'memoryCopy', milliseconds: (sectorBytes * 1000) / machineSpeeds.memoryCopy } as const;
  const hashing = (compressions: number, cores: number) =>
    ({
      name: 'sha256OneCore',
      milliseconds: (compressions * 64 * 1000) / (machineSpeeds.sha256OneCore * cores),
    }) as const;
  const nodes = sectorBytes / 32;
  // Two compressions for each inner node of the tree, twenty for each label.
  const tree = hashing(2 * nodes, threads);
  const labels = hashing(20 * nodes * proof.layers, 1);

  const measure = async <Result>(
    phase: string,
    limit: PhaseTime['limit'],
    work: (options: OperationOptions) => Promise<Result>,
    sectors = 1,
  ): Promise<Result> => {
    const start = performance.now();
    const result = await work(options);
    const milliseconds = performance.now() - start;
    onPhase({ phase, milliseconds, sectors, ...(limit === undefined ? {} : { limit }) });
    return result;
  };
  const stage = (payload: string, staged: string) => (long: OperationOptions) =>
    stagePiece(
      {
        payloadPath: at(payload),
        payloadBytes: unpaddedBytes,
        stagedPath: at(staged),
        stagedOffset: 0,
        paddedBytes: sectorBytes,
      },
      long,
    );

  await measure('AddPiece', tree, stage('data', 'unsealed'));
  await measure('Parents', undefined, (long) => prepareParentCache(proof.number, run.parentCacheDir, long));
  const labelOptions = (long: OperationOptions) => ({ ...long, parentCacheDir: run.parentCacheDir });
  const key = { keyPath: at('sealed'), keyCacheDir: at('cache') };
  const beside = Array.from({ length: run.sectors }, (_, index) => ({
    ...settings,
    sectorNumber: settings.sectorNumber + index,
    stagedPath: at('unsealed'),
    sealedPath: index === 0 ? key.keyPath : at(`sealed-${index}`),
    cacheDir: index === 0 ? key.keyCacheDir : at(`cache-${index}`),
  }));
  await measure(
    'PreCommit1',
    { name: 'sha256OneCore', milliseconds: run.sectors * (tree.milliseconds + labels.milliseconds) },
    (long) => precommit1SideBySide(proof.number, beside, labelOptions(long)),
    run.sectors,
  );
  for (const { sealedPath, cacheDir } of beside.slice(1))
    for (const path of [sealedPath, cacheDir]) await rm(path, { recursive: true });
  const { commD, commR, commC } = await measure('PreCommit2', copy, (long) =>
    precommit2(proof.number, { cacheDir: key.keyCacheDir, sealedPath: key.keyPath }, long),
  );
  await measure('Commit1', undefined, (long) =>
    commit1(
      proof.number,
      { ...settings, commD, commR },
      { cacheDir: key.keyCacheDir, replicaPath: key.keyPath },
      long,
    ),
  );
  const range = { offset: 0, bytes: unpaddedBytes };
  await measure('Unseal', labels, (long) =>
    unseal(
      proof.number,
      {
        ...settings,
        ...range,
        sealedPath: key.keyPath,
        outputPath: at('read'),
        scratchDir: at('scratch'),
        commD,
      },
      labelOptions(long),
    ),
  );

  const updated = { replicaPath: at('update'), updateCacheDir: at('update-cache') };
  const { commDNew, commRNew } = await measure(
    'ReplicaUpdate',
    { name: 'sha256OneCore', milliseconds: tree.milliseconds + copy.milliseconds },
    (long) => encodeUpdate(sectorBytes, { ...key, ...updated, dataPath: at('unsealed') }, long),
  );
  const update = { commROld: commR, commRNew, commDNew };
  await measure('ProveReplicaUpdate1', undefined, (long) =>
    proveUpdate(sectorBytes, update, { ...key, ...updated }, long),
  );
  await measure('ReplicaDecode', copy, (long) =>
    decodeUpdate(
      sectorBytes,
      { ...update, ...range, ...updated, keyPath: key.keyPath, outputPath: at('read-update') },
      long,
    ),
  );
  await measure('RegenerateKey', copy, (long) =>
    regenerateSectorKey(
      sectorBytes,
      {
        ...update,
        replicaPath: updated.replicaPath,
        dataPath: at('unsealed'),
        keyPath: at('key-again'),
        keyCacheDir: at('key-again-cache'),
        commC,
      },
      long,
    ),
  );
}
