import fc from 'fast-check';
import { sectorName } from '../../../../src/core/lotus/sector-file.ts';
import type { Snapshot } from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { path, running, task, worker } from './cluster.ts';
import { kinds, layers } from './task-kinds.ts';

const preCommit2 = kinds.find(({ task: code }) => code === 'PC2')!;
/** Sectors that no other task is about. */
const [waiting, busy] = [
  { Miner: 1000, Number: 16 },
  { Miner: 1000, Number: 18 },
];

/**
 * Adds to a snapshot a PC2 whose layers are on a worker that is full for up to twice the time that a fast move of them takes, and an idle
 * worker, which may keep caches and other files on paths of their own.
 */
export const fullHolder: fc.Arbitrary<(snapshot: Snapshot) => Snapshot> = fc
  .record({ lasts: fc.nat({ max: 1_000_000 }), isSplit: fc.boolean() })
  .map(({ lasts, isSplit }) => ({ now, workers, queue, storage, ended }) => {
    const full = [0, 1].map((at) =>
      running(task('PC2', { id: `active-full-${at}`, sector: busy, queuedAt: now }), { endsAt: now + lasts }),
    );
    const paths = [
      path('path-full'),
      ...(isSplit
        ? [path('path-cache', { AllowTypes: ['cache'] }), path('path-rest', { DenyTypes: ['cache'] })]
        : [path('path-idle')]),
    ].map((each) => ({ ...each, heardAt: now }));
    const [ofFull, ...ofIdle] = paths.map(({ info }) => info.ID);
    const added = task('PC2', { ...preCommit2, id: 'task-near-full', sector: waiting, queuedAt: now });
    return {
      now,
      workers: [
        ...workers,
        worker('full', { paths: [ofFull!], active: full }),
        worker('idle', { paths: ofIdle }),
      ],
      queue: [...queue, added],
      storage: {
        paths: new Map([...storage.paths, ...paths.map((each) => [each.info.ID, each] as const)]),
        holders: new Map([...storage.holders, [sectorName(waiting), [{ path: 'path-full', files: layers }]]]),
      },
      ended,
    };
  });
