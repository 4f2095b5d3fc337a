import type { Command } from '../../../lotus-cli/app.ts';
import { addpieceCommand } from './addpiece.ts';
import { commit1Command } from './commit1.ts';
import { commit2Command } from './commit2.ts';
import { precommit1Command } from './precommit1.ts';
import { precommit2Command } from './precommit2.ts';
import { provereplicaupdate1Command } from './provereplicaupdate1.ts';
import { provereplicaupdate2Command } from './provereplicaupdate2.ts';
import { replicaupdateCommand } from './replicaupdate.ts';
import { unsealCommand } from './unseal.ts';

/** One step of sealing at a time, as `lotus-bench simple` does. */
export const simpleCommand: Command = {
  name: 'simple',
  usage: 'run one step of sealing, with the arguments and outputs of lotus-bench simple',
  commands: [
    addpieceCommand,
    precommit1Command,
    precommit2Command,
    commit1Command,
    commit2Command,
    replicaupdateCommand,
    provereplicaupdate1Command,
    provereplicaupdate2Command,
    unsealCommand,
  ],
};
