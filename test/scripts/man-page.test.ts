import { describe, expect, it } from 'vitest';
import { rootCommand, type App } from '../../src/daemons/lotus-cli/app.ts';
import { commandsOfLotusCli } from '../../scripts/release/man/from-lotus-cli.ts';
import { manPage } from '../../scripts/release/man/page.ts';
import { text } from '../../scripts/release/man/troff.ts';

const app: App = {
  name: 'seal-x',
  usage: 'does things',
  version: () => '1',
  flags: [
    { name: 'repo', aliases: ['r'], type: 'string', default: '~/x', env: ['REPO'], usage: "where it's" },
  ],
  commands: [
    {
      name: 'move',
      usage: 'moves it',
      args: ['FROM'],
      optionalArgs: ['TO'],
      flags: [
        { name: 'fast', type: 'bool', default: false, usage: '.hurry' },
        { name: 'gone', type: 'bool', default: false, usage: 'not shown', hidden: true },
      ],
      examples: ['seal-x move a\\b'],
      run: async () => undefined,
    },
    { name: 'inner', usage: 'not shown either', hidden: true, run: async () => undefined },
  ],
};

describe('a manual page', () => {
  const page = manPage(commandsOfLotusCli(rootCommand(app)), { version: '0.1.0', date: '2026-01-31' });

  it('names the program, its version and what it does', () => {
    expect(page).toContain('.TH "SEAL\\-X" "1" "2026\\-01\\-31" "seal\\-x 0.1.0" "User Commands"');
    expect(page).toContain('.SH "NAME"\nseal\\-x \\- does things\n');
  });

  it('has the flags with their values, defaults and variables', () => {
    expect(page).toContain(
      '.TP\n\\fB\\-\\-repo\\fR, \\fB\\-r\\fR \\fIvalue\\fR\nwhere it\\(aqs (default: \\(ti/x) [$REPO]\n',
    );
  });

  it('has the commands with what they take, and none that is hidden', () => {
    expect(page).toContain('.SS "seal\\-x move"\n\\fBseal\\-x move\\fR [\\fIoptions\\fR] FROM [TO]\n');
    expect(page).toContain('.EX\nseal\\-x move a\\eb\n.EE');
    expect(page).not.toMatch(/gone|inner/);
  });

  it('shows a line that begins like a request as text', () => {
    expect(text('.hurry')).toBe('\\&.hurry');
    expect(text("'tis")).toBe('\\(aqtis');
  });
});
