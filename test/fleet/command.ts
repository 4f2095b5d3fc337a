import { spawnSync } from 'node:child_process';
import { openFleet, type Fleet, startFleet } from './fleet.ts';
import { assertFleetCanRun } from './machine.ts';
import { inNamespace } from './network.ts';
import { sweep } from './sweep.ts';

const usage = `npm run fleet -- up COUNT                boot hosts h1 to hCOUNT, or those of them that do not exist yet
npm run fleet -- down                    remove the hosts and everything that was made for them
npm run fleet -- status                  name, address and power of each host
npm run fleet -- ssh HOST [OPTION...]    log in as root; -l ops and -l nosudo are the other accounts
npm run fleet -- exec HOST COMMAND...    run a command as root
npm run fleet -- run COMMAND...          run a command of this machine where the hosts can be reached, such as a shell
npm run fleet -- freeze HOST             stop all processes of the host; its connections fall silent
npm run fleet -- thaw HOST               let them go on
npm run fleet -- cut HOST [drop|link|reset]
                                         lose its frames silently, pull its cable, or answer TCP with resets
npm run fleet -- heal HOST               undo every cut
npm run fleet -- rate HOST RATE          limit its bandwidth, such as 20mbit; off removes the limit
npm run fleet -- kill HOST               cut its power; disks stay
npm run fleet -- stop HOST               shut it down in order; disks stay
npm run fleet -- start HOST              boot it again

The hosts stay until \`down\`. Each has a data disk of 256 MB at /srv/sealing.`;

const name = 'lab';
const disks = [{ path: '/srv/sealing', size: '256m' }];

class UsageError extends Error {}

const [verb, ...words] = process.argv.slice(2);
try {
  process.exitCode = await obey(verb, words);
} catch (error) {
  say(
    process.stderr,
    error instanceof UsageError ? usage : error instanceof Error ? error.message : String(error),
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function obey(verb: string | undefined, words: readonly string[]): Promise<number> {
  switch (verb) {
    case 'up':
      show(await up(Number(one(words))));
      return 0;
    case 'down':
      none(words);
      assertFleetCanRun();
      await sweep(name);
      return 0;
    case 'status':
      none(words);
      show(fleet());
      return 0;
    case 'ssh': {
      const [host, ...options] = atLeastOne(words);
      return ssh(host, options);
    }
    case 'exec': {
      const [host, ...command] = atLeastOne(words);
      return exec(host, atLeastOne(command));
    }
    case 'run':
      return attached(inNamespace(fleet().controller, atLeastOne(words)));
    case 'cut':
      await cut(atLeastOne(words));
      return 0;
    case 'rate':
      await fleet().rate(...two(words));
      return 0;
    case 'freeze':
    case 'thaw':
    case 'heal':
    case 'kill':
    case 'stop':
    case 'start':
      await fleet()[verb](one(words));
      return 0;
    case 'help':
    case '--help':
      say(process.stdout, usage);
      return 0;
    case undefined:
    default:
      throw new UsageError();
  }
}

async function up(count: number): Promise<Fleet> {
  if (!Number.isInteger(count) || count < 1) throw new UsageError();
  const wanted = Array.from({ length: count }, (_, index) => `h${index + 1}`);
  const report = (line: string): void => say(process.stderr, line);
  const there = openFleet(name);
  if (there === undefined) return startFleet({ name, hosts: wanted, disks, keep: true, report });
  const missing = wanted.filter((host) => there.hosts.every(({ name }) => name !== host));
  return there.add(missing, disks);
}

function fleet(): Fleet {
  assertFleetCanRun();
  const there = openFleet(name);
  if (there === undefined) throw new Error('there is no fleet: npm run fleet -- up 4');
  return there;
}

function show(fleet: Fleet): void {
  for (const { name, address } of fleet.hosts)
    say(process.stdout, `${name.padEnd(6)} ${address.padEnd(14)} ${fleet.power(name)}`);
  say(process.stdout, `\nidentity    ${fleet.identityFile}\nknown hosts ${fleet.knownHostsFile}`);
  say(process.stdout, `ssh config  ${fleet.sshConfigFile}\nnetwork     ${fleet.controller}`);
}

function ssh(host: string, options: readonly string[]): number {
  const { controller, sshConfigFile } = fleet();
  return attached(inNamespace(controller, ['ssh', '-F', sshConfigFile, ...options, host]));
}

async function exec(host: string, command: readonly string[]): Promise<number> {
  const { exitCode, stdout, stderr } = await fleet().exec(host, command, { timeoutMs: 3_600_000 });
  if (stdout !== '') say(process.stdout, stdout);
  if (stderr !== '') say(process.stderr, stderr);
  return exitCode;
}

async function cut([host, how, ...rest]: readonly [string, ...string[]]): Promise<void> {
  if (how !== undefined && how !== 'drop' && how !== 'link' && how !== 'reset') throw new UsageError();
  none(rest);
  await fleet().cut(host, how);
}

/** Runs a program on this terminal. */
function attached([file, ...argv]: readonly [string, ...string[]]): number {
  return spawnSync(file, argv, { stdio: 'inherit' }).status ?? 1;
}

function say(stream: NodeJS.WriteStream, line: string): void {
  stream.write(`${line}\n`);
}

function atLeastOne([first, ...rest]: readonly string[]): [string, ...string[]] {
  if (first === undefined) throw new UsageError();
  return [first, ...rest];
}

function one(words: readonly string[]): string {
  const [first, ...rest] = atLeastOne(words);
  none(rest);
  return first;
}

function two(words: readonly string[]): [string, string] {
  const [first, ...rest] = atLeastOne(words);
  return [first, one(rest)];
}

function none(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError();
}
