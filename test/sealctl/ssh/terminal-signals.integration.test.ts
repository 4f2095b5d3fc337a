import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { targetOf } from './reach.ts';
import { sshdInstalled, startSshd, type Sshd } from './sshd.ts';

// Key files take their time on a busy machine.
vi.setConfig({ hookTimeout: 60_000, testTimeout: 60_000 });

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

describe.skipIf(!sshdInstalled)('the ssh programs of a command at a terminal', () => {
  let sshd: Sshd;
  let command: ChildProcess;
  let said = '';
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterEach(() => command.kill('SIGKILL'));
  afterAll(() => sshd.stop());

  /** Starts a command, in a process group of its own, that runs a program on the host, and waits until that runs. */
  const start = async (script: string, beforehand = ''): Promise<number[]> => {
    const module = fileURLToPath(new URL('../../../src/sealctl/ssh/connect.ts', import.meta.url));
    const target = targetOf(sshd, { transport: 'openssh' });
    const words = JSON.stringify({ argv: ['sh', '-c', script], timeoutMs: 600_000, step: 'test' });
    const text = `import { connect } from ${JSON.stringify(module)};
${beforehand}
const options = { configFile: 'none', environment: process.env };
const connection = await connect(${JSON.stringify(target)}, options);
const { stdout } = await connection.exec({ ...${words}, stdin: process.stdin });
process.stdout.write(stdout);
await connection.close();`;
    const argv = ['--import', 'tsx', '--input-type=module', '--eval', text];
    command = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    said = '';
    command.stdout?.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    await expect.poll(() => clientsOf(command), { timeout: 20_000 }).toHaveLength(2);
    return clientsOf(command);
  };

  it.each(signals)(
    'go on when %s reaches everything on the terminal and the command does',
    async (signal) => {
      await start('read -r line; echo "$line, done"', `process.on('${signal}', () => undefined);`);
      process.kill(-(command.pid ?? 0), signal);
      command.stdin?.end('begun\n');
      expect(await once(command, 'close')).toEqual([0, null]);
      expect(said).toBe('begun, done\n');
    },
  );

  it.each(signals)('end with a command that %s ends, whatever they run', async (signal) => {
    const clients = await start('exec sleep 600');
    command.kill(signal);
    expect(await once(command, 'exit')).toEqual([null, signal]);
    await expect.poll(() => clients.filter((pid) => parentOfClient(pid) !== undefined)).toEqual([]);
  });
});

/** The `ssh` processes that a process has started. */
function clientsOf({ pid: parent }: ChildProcess): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOfClient(pid) === parent);
}

/** The parent of a process that is a living `ssh`. */
function parentOfClient(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, parent] = /\(ssh\) [^Z] (\d+)/.exec(stat) ?? [];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
