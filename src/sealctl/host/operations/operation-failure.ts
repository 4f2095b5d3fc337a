/** The failures a script can report, with their meaning and remedy. The keys are the problems' codes. */
export const failureKinds = {
  'foreign-file': {
    what: 'it exists but was not created by sealctl',
    fix: 'check it; if nothing needs it, move it away and apply again',
  },
  'changed-since-plan': {
    what: 'it was changed since the plan was made',
    fix: 'plan again and review what is there now',
  },
  'disk-full': {
    what: 'the file system is full',
    fix: 'free space on the host and apply again; nothing half-written was left',
  },
  'read-only': {
    what: 'the file system is read-only',
    fix: 'check the kernel log for disk errors, remount it writable, and apply again',
  },
  'permission-denied': {
    what: 'permission denied for the login account',
    fix: 'set `ssh.become: sudo`, or use the supervisor below a directory of that account',
  },
  'no-such-account': {
    what: 'the owning account does not exist on the host',
    fix: 'create the account on the host, or correct `runAs`',
  },
  'transfer-damaged': {
    what: 'checksum mismatch after transfer',
    fix: 'apply again; if it happens again, test the network and the disk of the host',
  },
  'program-missing': {
    what: 'link target does not exist',
    fix: 'plan again: sealctl uploads the release again',
  },
  'program-damaged': {
    what: 'the program on the host differs from the release',
    fix: 'plan again: sealctl uploads the release again; if it happens again, test the disk of the host',
  },
  'release-in-use': {
    what: 'a process still runs this program',
    fix: 'end the process that was started by hand, and apply again',
  },
  'start-failed': {
    what: 'the service did not stay up',
    fix: 'read the end of its log above; fix the cause and apply again',
  },
  'stop-failed': {
    what: 'the service did not end, even after it was killed',
    fix: 'a process that cannot be killed waits for a device: check the disks of the host',
  },
  'still-running': {
    what: 'the service still runs although its definition was removed',
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
    fix: 'fix the cause and apply again; completed steps are kept',
  },
} as const;
