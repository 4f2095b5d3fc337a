import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ctrlC, onTerminal } from '../stories/terminal.ts';
import { layoutOf, type SandboxState } from './layout.ts';
import { processesOf } from './processes.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const demo = [process.execPath, '--import', 'tsx', 'test/sandbox/demo.ts'];

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'sealctl-interrupted-'));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const environment = () => ({ PATH: process.env['PATH'] ?? '', TMPDIR: temporary });

describe('the demo', () => {
  it('leaves no process and no directory after Ctrl-C on its terminal, in the middle of sealing', async () => {
    const terminal = onTerminal(demo, { cwd: repository, env: environment() });
    await said(terminal.shown, /sector 2 .*\[PC1 worker-1\]/);
    const state = stateOfDemo();
    terminal.type(ctrlC);
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown()).toContain('The demo was interrupted.');
    expect(terminal.shown()).toMatch(/Worker [\w-]+, host worker-3/);
    expectNothingLeft(state);
  });

  it('leaves nothing after SIGTERM either, though an apply is at work', async () => {
    const [command = '', ...args] = demo;
    const child = execa(command, args, {
      cwd: repository,
      env: environment(),
      extendEnv: false,
      reject: false,
      all: true,
      timeout: 280_000,
    });
    let text = '';
    child.all.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await said(() => text, /^miner-1: /m);
    const state = stateOfDemo();
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(130);
    expect(text).toContain('The demo was interrupted.');
    expectNothingLeft(state);
  });
});

function stateOfDemo(): SandboxState & { readonly directory: string } {
  const [name = ''] = demoDirectories();
  const directory = join(temporary, name);
  const state = readFileSync(layoutOf(join(directory, 'hosts')).state, 'utf8');
  return { ...(JSON.parse(state) as SandboxState), directory };
}

function demoDirectories(): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith('sealctl-demo-'));
}

function expectNothingLeft({ marker, directory, pid }: ReturnType<typeof stateOfDemo>): void {
  expect(processesOf({ marker, roots: [directory] })).toEqual([]);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(demoDirectories()).toEqual([]);
}

async function said(text: () => string, pattern: RegExp): Promise<void> {
  const deadline = Date.now() + 200_000;
  while (!pattern.test(text())) {
    if (Date.now() > deadline) throw new Error(`the demo has not said ${pattern.source} but:\n${text()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
