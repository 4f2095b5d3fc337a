import { taskTypes, type TaskCode } from '@sealctl/core/lotus/task-type';

/** The long names of Lotus's documentation, by code. */
const longNames: Readonly<Record<TaskCode, string>> = {
  WNP: 'WinningPoSt',
  WDP: 'WindowPoSt',
  FUS: 'FinalizeUnsealed',
  FIN: 'Finalize',
  DL: 'DownloadSector',
  GET: 'Fetch',
  FRU: 'FinalizeReplicaUpdate',
  UNS: 'Unseal',
  C1: 'Commit1',
  C2: 'Commit2',
  PC2: 'PreCommit2',
  PC1: 'PreCommit1',
  PR1: 'ProveReplicaUpdate1',
  PR2: 'ProveReplicaUpdate2',
  RU: 'ReplicaUpdate',
  AP: 'AddPiece',
  DC: 'DataCid',
  GSK: 'RegenSectorKey',
};

const exact = new Map<string, TaskCode>(
  taskTypes.flatMap(({ code, name }) => [
    [code, code],
    [name, code],
    [longNames[code], code],
  ]),
);
const folded = new Map([...exact].map(([name, code]) => [name.toLowerCase(), code]));

/** Every spelling that is accepted without a warning: codes, names on the wire, long names. */
export const taskAliases: readonly string[] = [...exact.keys()];

export interface TaskReading {
  readonly code: TaskCode;
  /** Set when the spelling was recognized but is not Lotus's; explains why that matters. */
  readonly spelling?: string;
}

/** Returns the task of a name; undefined for an unknown name. */
export function readTaskName(name: string): TaskReading | undefined {
  const code = exact.get(name);
  if (code !== undefined) return { code };
  if (name.toUpperCase() === 'PRU2') {
    return {
      code: 'PR2',
      spelling: 'the public documentation says PRU2, but Lotus reads PR2 and silently ignores PRU2',
    };
  }
  const close = folded.get(name.toLowerCase());
  return close && { code: close, spelling: "Lotus's task names are case-sensitive" };
}
