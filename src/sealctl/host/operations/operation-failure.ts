/** Everything a script can say of its failure: what it means and what to do. The keys are the problems' codes. */
export const failureKinds = {
  'foreign-file': {
    what: "something that is not sealctl's is in the way",
    fix: 'look at it; if nothing needs it, move it away and apply again',
  },
  'changed-since-plan': {
    what: 'it was changed since the plan was made',
    fix: 'plan again and look at what is there now',
  },
  'disk-full': {
    what: 'the file system is full',
    fix: 'free space on the host and apply again; nothing half-written was left',
  },
  'read-only': {
    what: 'the file system is read-only',
    fix: 'look for disk errors in the kernel log, remount it writable, and apply again',
  },
  'permission-denied': {
    what: 'the account sealctl uses on the host may not do it',
    fix: 'set `ssh.become: sudo`, or use the supervisor below a directory of that account',
  },
  'no-such-account': {
    what: 'the account to own it does not exist on the host',
    fix: 'create the account on the host, or correct `runAs`',
  },
  'transfer-damaged': {
    what: 'what arrived is not what was sent',
    fix: 'apply again; if it comes back, test the network and the disk of the host',
  },
  'program-missing': {
    what: 'the program it is to point at is not there',
    fix: 'plan again: the release has to be uploaded anew',
  },
  'program-damaged': {
    what: 'the program on the host is not the one of the release',
    fix: 'plan again: the release is uploaded anew; test the disk of the host if it comes back',
  },
  'release-in-use': {
    what: 'a process still runs from it',
    fix: 'end the process that somebody started by hand, and apply again',
  },
  'start-failed': {
    what: 'the service did not stay up',
    fix: 'read the end of its log above; fix the cause and apply again',
  },
  'stop-failed': {
    what: 'the service did not end, even after it was killed',
    fix: 'a process that cannot be killed waits for a device: look at the disks of the host',
  },
  'still-running': {
    what: 'the service is still kept running, though nothing defines it any more',
    fix: 'end its processes on the host, and apply again',
  },
  'program-failed': {
    what: 'the program failed',
    fix: 'read its last lines above; fix the cause and apply again',
  },
  'program-timed-out': {
    what: 'the program took too long and was ended',
    fix: 'read its last lines above; fix the cause and apply again',
  },
  'operation-failed': {
    what: 'a command failed on the host',
    fix: 'fix the cause and apply again; what was done stays done',
  },
} as const;
