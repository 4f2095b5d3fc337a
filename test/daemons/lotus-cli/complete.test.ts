import { describe, expect, it } from 'vitest';
import { runApp, type App } from '../../../src/daemons/lotus-cli/app.ts';

const app: App = {
  name: 'seal-x',
  usage: 'does things',
  version: () => '1.2.3',
  flags: [{ name: 'repo', type: 'string', default: '', usage: 'where' }],
  commands: [
    {
      name: 'sectors',
      usage: 'the sectors',
      commands: [
        {
          name: 'list',
          usage: 'list them',
          flags: [
            { name: 'fast', type: 'bool', default: false, usage: 'hurry' },
            { name: 'old', type: 'bool', default: false, usage: 'gone', hidden: true },
          ],
          run: async () => undefined,
        },
        { name: 'secret', usage: 'not shown', hidden: true, run: async () => undefined },
      ],
    },
    { name: 'stop', usage: 'stop it', run: async () => undefined },
  ],
};

async function outputOf(...words: string[]): Promise<{ text: string; code: number }> {
  let text = '';
  const write = (more: string): void => void (text += more);
  const code = await runApp(app, words, { env: {}, out: write, err: write, terminal: false });
  return { text, code };
}

const complete = async (...typed: string[]) => (await outputOf('__complete', '--', ...typed)).text;

describe('completion', () => {
  it('proposes commands with what they are, and none that is hidden', async () => {
    expect(await complete('s')).toBe('sectors\tthe sectors\nstop\tstop it\n');
    expect(await complete('sectors', '')).toBe('list\tlist them\n');
  });

  it('proposes flags behind a dash, and none that is hidden', async () => {
    expect(await complete('sectors', 'list', '--')).toBe('--fast\thurry\n');
  });

  it('sees the command behind a flag and its value', async () => {
    expect(await complete('--repo', 'stop', 'sec')).toBe('sectors\tthe sectors\n');
    expect(await complete('--repo=x', 'sec')).toBe('sectors\tthe sectors\n');
  });

  it('proposes nothing for a value or a word that is not a command', async () => {
    expect(await complete('--repo', '')).toBe('');
    expect(await complete('nonsense', '')).toBe('');
  });

  it('is switched on by a script for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { text, code } = await outputOf('completion', shell);
      expect(code).toBe(0);
      expect(text).toContain('seal-x __complete -- ');
    }
    expect(await outputOf('completion', 'csh')).toMatchObject({
      code: 1,
      text: expect.stringContaining('choose one of bash, zsh, fish'),
    });
  });
});
