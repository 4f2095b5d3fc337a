import type { FetchPlan, QueuedTask } from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { files } from './cluster.ts';

export const layers = files('sealed', 'cache');
export const updated = files('update', 'update-cache');
export const unsealed = files('unsealed');
const fetching = (
  what: number,
  mode: 'move' | 'copy',
  use: 'sealing' | 'storage' = 'sealing',
): FetchPlan => ({
  files: what,
  use,
  mode,
});

/** The selectors, fetches and locks of every task type. Source: docs/spec/lotus.md section 12.3. */
export const kinds: readonly Pick<QueuedTask, 'task' | 'need' | 'fetch' | 'locks'>[] = [
  { task: 'DC', need: { kind: 'anywhere' }, locks: { reads: 0, writes: 0 } },
  {
    task: 'AP',
    need: { kind: 'allocate', files: unsealed, use: 'sealing' },
    locks: { reads: 0, writes: unsealed },
  },
  {
    task: 'AP',
    need: { kind: 'holder', files: unsealed, fetchable: false },
    locks: { reads: 0, writes: unsealed },
  },
  {
    task: 'PC1',
    need: { kind: 'allocate', files: layers, use: 'sealing' },
    fetch: fetching(unsealed, 'move'),
    locks: { reads: unsealed, writes: layers },
  },
  {
    task: 'PC2',
    need: { kind: 'holder', files: layers, fetchable: true },
    fetch: fetching(layers, 'move'),
    locks: { reads: files('sealed'), writes: files('cache') },
  },
  {
    task: 'C1',
    need: { kind: 'holder', files: layers, fetchable: false },
    fetch: fetching(layers, 'move'),
    locks: { reads: files('sealed'), writes: files('cache') },
  },
  { task: 'C2', need: { kind: 'anywhere' }, locks: { reads: 0, writes: 0 } },
  {
    task: 'FIN',
    need: { kind: 'holder', files: files('cache'), fetchable: false },
    fetch: fetching(files('cache'), 'move', 'storage'),
    locks: { reads: 0, writes: layers | unsealed },
  },
  {
    task: 'FUS',
    need: { kind: 'holder', files: unsealed, fetchable: false },
    fetch: fetching(unsealed, 'move'),
    locks: { reads: 0, writes: unsealed },
  },
  {
    task: 'GET',
    need: { kind: 'move', files: layers },
    fetch: fetching(layers, 'move', 'storage'),
    locks: { reads: 0, writes: layers },
  },
  {
    task: 'GET',
    need: { kind: 'move', files: updated },
    fetch: fetching(updated, 'move', 'storage'),
    locks: { reads: 0, writes: updated },
  },
  {
    task: 'RU',
    need: { kind: 'allocate', files: updated, use: 'sealing' },
    fetch: fetching(layers | unsealed, 'copy'),
    locks: { reads: layers | unsealed, writes: updated },
  },
  {
    task: 'PR1',
    need: { kind: 'holder', files: updated, fetchable: false },
    fetch: fetching(layers | updated, 'copy'),
    locks: { reads: layers | updated, writes: 0 },
  },
  { task: 'PR2', need: { kind: 'anywhere' }, locks: { reads: 0, writes: 0 } },
  {
    task: 'FRU',
    need: { kind: 'holder', files: files('update-cache'), fetchable: false },
    fetch: fetching(files('cache', 'update-cache'), 'move'),
    locks: { reads: 0, writes: layers | updated | unsealed },
  },
  {
    task: 'GSK',
    need: { kind: 'holder', files: unsealed | updated | files('cache'), fetchable: true },
    fetch: fetching(files('update') | unsealed, 'copy'),
    locks: { reads: unsealed | updated, writes: layers },
  },
  {
    task: 'UNS',
    need: { kind: 'holder', files: layers, fetchable: true },
    fetch: fetching(layers, 'copy'),
    locks: { reads: layers | updated, writes: unsealed },
  },
  {
    task: 'DL',
    need: { kind: 'allocate', files: layers, use: 'storage' },
    locks: { reads: 0, writes: layers },
  },
];
