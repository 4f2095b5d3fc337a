import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { ServiceManager } from '../../src/sealctl/host/probe/facts.ts';
import { layoutOf, type HostLayout } from '../../src/sealctl/host/layout.ts';
import { shq } from '../../src/sealctl/host/quote.ts';
import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import type { Ended } from './daemon-processes.ts';
import { onTerminal, type Terminal } from './terminal.ts';

/** A host of a story, and what cluster.yaml must say of it so that sealctl finds it. */
export interface TestHost {
  readonly name: string;
  /** Address, login, and where sealctl may keep its things. */
  readonly keys: NonNullable<ClusterFile['hosts'][string]>;
  /** Directory on the host below which storage paths may lie. */
  readonly data: string;
  /** `address:port` for one daemon of the host; each number stands for another port. */
  readonly listen: (daemon: number) => string;
}

/** What makes the hosts of one testbed different from those of another. */
export interface TestbedParts {
  readonly hosts: readonly TestHost[];
  readonly services: ServiceManager;
  /** Keys of `defaults` that all hosts of the testbed need. */
  readonly defaults: NonNullable<ClusterFile['defaults']>;
  readonly sshConfigFile: string;
  /** Empty directory on this machine, for cluster.yaml and all that sealctl keeps for its user. */
  readonly workspace: string;
  /** Makes a host refuse connections until `reconnect`; what runs on it goes on. */
  readonly disconnect: (host: string) => Promise<void>;
  readonly reconnect: (host: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Where stories run: hosts with nothing on them yet, and a user of sealctl with a home of his own. */
export interface Testbed extends Omit<TestbedParts, 'hosts' | 'sshConfigFile'> {
  readonly host: (name: string) => TestHost;
  readonly layout: (host: string) => HostLayout;
  /** Runs a command on a host as the account that sealctl uses there; `input` is what it can read. */
  readonly exec: (host: string, argv: readonly string[], input?: string) => Promise<Ended>;
  /** Runs a shell script on a host; fails with what it said unless it ends with 0. */
  readonly shell: (host: string, script: string, input?: string) => Promise<string>;
  /** Puts a file of this machine on a host, as a program. */
  readonly put: (host: string, file: string, path: string) => Promise<void>;
  /** Runs the built sealctl in the workspace, as a user without a terminal would. */
  readonly sealctl: (...words: string[]) => Promise<Ended>;
  /** Starts sealctl and leaves it running. */
  readonly start: (...words: string[]) => RunningSealctl;
  /** Starts sealctl as somebody at a terminal would. */
  readonly terminal: (...words: string[]) => Terminal;
  /** PID of a service's process, or undefined when it has none. */
  readonly pid: (host: string, service: string) => Promise<number | undefined>;
}

/** A sealctl that goes on while the story does. */
export interface RunningSealctl {
  /** What it has written to its standard output so far. */
  readonly said: () => string;
  /** What it has written to its standard error so far. */
  readonly warned: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Absolute path of something the build wrote. */
export function built(file: string): string {
  return join(repository, 'dist', file);
}

/** A testbed of these hosts. */
export function testbedOf(parts: TestbedParts): Testbed {
  const { hosts, services, sshConfigFile, workspace } = parts;
  mkdirSync(workspace, { recursive: true });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: workspace,
    XDG_STATE_HOME: join(workspace, 'state'),
    NO_COLOR: '1',
  };
  const host = hostFinder(hosts);
  const layout = (name: string) => layoutOf({ services, root: host(name).keys.root ?? '/' });
  const ssh = (name: string, command: string): string[] => [
    '-F',
    sshConfigFile,
    '-o',
    'BatchMode=yes',
    name,
    '--',
    command,
  ];
  const exec = async (name: string, argv: readonly string[], input = ''): Promise<Ended> => {
    const words = ssh(name, argv.map(shq).join(' '));
    const result = await execa('ssh', words, { reject: false, timeout: 60_000, input });
    return { code: result.exitCode ?? -1, out: result.stdout, err: result.stderr };
  };
  const shell = async (name: string, script: string, input?: string): Promise<string> => {
    const { code, out, err } = await exec(name, ['sh', '-euc', script], input);
    if (code === 0) return out;
    throw new Error(`${name}: ${script}\nended with ${code}: ${err}`);
  };
  const start = (...words: string[]): RunningSealctl => {
    const child = execa(process.execPath, [built('bin/sealctl.js'), ...words], {
      cwd: workspace,
      env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: false,
      timeout: 240_000,
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    let warned = '';
    child.stderr.on('data', (chunk: Buffer) => {
      warned += chunk.toString();
    });
    return {
      said: () => said,
      warned: () => warned,
      signal: (signal) => child.kill(signal),
      ended: child.then(({ exitCode, stdout, stderr }) => ({
        code: exitCode ?? -1,
        out: stdout,
        err: stderr,
      })),
    };
  };
  return {
    ...parts,
    host,
    layout,
    exec,
    put: async (name, file, path) => {
      await execa('ssh', ssh(name, `cat >${shq(path)} && chmod 755 ${shq(path)}`), { inputFile: file });
    },
    shell,
    start,
    terminal: (...words) =>
      onTerminal([process.execPath, built('bin/sealctl.js'), ...words], { cwd: workspace, env }),
    sealctl: (...words) => start(...words).ended,
    pid: async (name, service) => {
      const told =
        services === 'systemd'
          ? await shell(name, `systemctl show -p MainPID --value ${service}`)
          : await shell(name, `sed -n s/^process=//p '${layout(name).services}/${service}/status'`);
      return Number(told) > 0 ? Number(told) : undefined;
    },
  };
}

/** Finds a host by its name, and fails where there is none. */
export function hostFinder(hosts: readonly TestHost[]): (name: string) => TestHost {
  return (name) => {
    const found = hosts.find((host) => host.name === name);
    if (found !== undefined) return found;
    throw new Error(`there is no host ${name}: ${hosts.map((host) => host.name).join(', ')}`);
  };
}

/** A worker program with another digest that does the same: an executable does not mind what is appended to it. */
export function otherWorkerProgram({ workspace }: Pick<Testbed, 'workspace'>): string {
  const file = join(workspace, 'next/seal-worker');
  if (!existsSync(file)) {
    mkdirSync(join(workspace, 'next'));
    copyFileSync(built('seal-worker'), file);
    writeFileSync(file, '\n', { flag: 'a' });
  }
  return file;
}
