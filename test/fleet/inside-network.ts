// Runs before each test file of the fleet project: those talk to hosts that exist in one network namespace only.
import { statSync } from 'node:fs';
import { machineName } from './places.ts';
import { runVariable } from './fleet.ts';

const run = process.env[runVariable];
const isInside =
  run !== undefined &&
  statSync(`/run/netns/${machineName(run, 'controller')}`, { throwIfNoEntry: false })?.ino ===
    statSync('/proc/self/ns/net').ino;
if (!isInside)
  throw new Error(
    'the fleet tests run inside the network of their hosts: start them as root with `npm test -- fleet`, ' +
      'or only some of them with `npm test -- fleet test/fleet/fleet.test.ts`',
  );
