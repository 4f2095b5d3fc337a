import { describe, expect, it } from 'vitest';
import { builtInTasks } from '../../../src/daemons/miner/built-in-worker.ts';
import { loadConfig } from '../../../src/daemons/miner/config/load.ts';

const tasks = (toml: string) =>
  builtInTasks(loadConfig(`[Storage]\n${toml}`, 'config.toml', {}).config.Storage);
const allOff = [
  'SectorDownload',
  'AddPiece',
  'PreCommit1',
  'PreCommit2',
  'Commit',
  'Unseal',
  'ReplicaUpdate',
  'ProveReplicaUpdate2',
  'RegenSectorKey',
]
  .map((name) => `Allow${name} = false\n`)
  .join('');

describe('the built-in worker', () => {
  it('takes everything but PoSt by default', () => {
    expect(tasks('')).toHaveLength(16);
    expect(tasks('')).not.toContain('WDP');
  });

  it('keeps the tasks every worker has when every switch is off', () => {
    expect(tasks(allOff).toSorted()).toEqual(['C1', 'FIN', 'FRU', 'FUS', 'GET', 'PR1']);
  });

  it('loses AP and DC together', () => {
    expect(tasks('AllowAddPiece = false')).not.toEqual(expect.arrayContaining(['AP']));
    expect(tasks('AllowAddPiece = false')).not.toEqual(expect.arrayContaining(['DC']));
    expect(tasks('AllowAddPiece = false')).toContain('PC1');
  });
});
