import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const source = fileURLToPath(new URL('../../../src/sealctl/cli/core/process-context.ts', import.meta.url));
/** A command that changes things, and goes on until it is broken off; what it is told it says on file descriptor 3. */
const command = `
import { writeSync } from 'node:fs';
import { processContext } from ${JSON.stringify(source)};
const { stopping, aborting } = processContext().listenForInterruption();
const say = (word) => writeSync(3, word + '\\n');
stopping.addEventListener('abort', () => say('stopping'));
aborting.addEventListener('abort', () => say('aborting'));
setInterval(() => process.stdout.write('at work\\n'), 5);
say('listening');`;

/** Runs the command; each word it says is waited for before the next signal is sent. */
function start() {
  const child = execa(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', command],
    {
      reject: false,
      buffer: false,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      timeout: 60_000,
    },
  );
  let told = '';
  child.stdio[3]?.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  child.stderr.resume();
  return {
    child,
    hears: (word: string) => expect.poll(() => told, { timeout: 30_000, interval: 5 }).toContain(word),
  };
}

describe('a command that is interrupted', () => {
  test('once is to stop, twice to break off, and ends by itself the third time', async () => {
    const { child, hears } = start();
    child.stdout.resume();
    await hears('listening');
    child.kill('SIGINT');
    await hears('stopping');
    child.kill('SIGTERM');
    await hears('aborting');
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
  });

  test('a command whose terminal is closed stops in order, and does not die of writing to it', async () => {
    const { child, hears } = start();
    await hears('listening');
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGHUP');
    await hears('stopping');
    child.kill('SIGINT');
    await hears('aborting');
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
  });
});
