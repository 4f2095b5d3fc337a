import { spawn, spawnSync } from 'node:child_process';

interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a tool and returns its output; its words are shown only when it fails, in the error. */
export function runTool(command: string, argv: readonly string[], options: ToolOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, argv, {
    ...options,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw new Error(`${command} cannot be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs a tool that may be missing; false when it is, or when it failed. */
export function runToolIfThere(command: string, argv: readonly string[]): boolean {
  return spawnSync(command, argv, { stdio: 'ignore' }).status === 0;
}

/** Like `runTool`, beside other work; its output is not returned. */
export async function runToolBeside(
  command: string,
  argv: readonly string[],
  options: ToolOptions = {},
): Promise<void> {
  const child = spawn(command, argv, {
    ...options,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status !== 0)
    throw new Error(
      `${command} ${argv.join(' ')} ended with ${status}\n${Buffer.concat(said).toString('utf8')}`,
    );
}
