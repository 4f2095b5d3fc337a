import { beforeEach, describe, expect, it } from 'vitest';
import { runApp, type App, type Invocation } from '../../../src/daemons/lotus-cli/app.ts';

let out: string;
let err: string;
let seen: Invocation | undefined;

beforeEach(() => {
  out = '';
  err = '';
  seen = undefined;
});

const app: App = {
  name: 'prog',
  usage: 'does things',
  version: () => '1.2.3',
  flags: [
    {
      name: 'repo',
      aliases: ['r'],
      type: 'string',
      default: '~/repo',
      env: ['REPO', 'OLD_REPO'],
      usage: 'where',
    },
  ],
  commands: [
    {
      name: 'go',
      usage: 'goes',
      args: ['PATH'],
      flags: [
        { name: 'fast', type: 'bool', default: true, env: ['FAST'], usage: 'hurry' },
        { name: 'count', type: 'int', default: 5, env: ['COUNT'], usage: 'how many' },
        { name: 'wait', type: 'duration', default: '30s', env: ['WAIT'], usage: 'how long' },
        { name: 'groups', type: 'strings', usage: 'which' },
        { name: 'color', type: 'bool', default: false, defaultText: 'on a terminal', usage: 'paint' },
      ],
      run: async (invocation) => {
        seen = invocation;
      },
    },
    { name: 'fail', usage: 'fails', run: () => Promise.reject(new Error('no luck')) },
    {
      name: 'tell',
      usage: 'fails with what it was given',
      run: ({ env }) => Promise.reject(new Error(JSON.stringify(env))),
    },
    { name: 'sub', usage: 'has more', commands: [{ name: 'deep', usage: 'is deep', run: async () => 7 }] },
  ],
};

function run(words: string, env: Record<string, string> = {}): Promise<number> {
  const surroundings = {
    env,
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    terminal: false,
  };
  return runApp(app, words === '' ? [] : words.split(' '), surroundings);
}

describe('flags', () => {
  it('flags come from the command line, else the environment, else the default', async () => {
    await run('go --count=7 x', { COUNT: '6', WAIT: '1m', REPO: '/a', OLD_REPO: '/b' });
    expect(seen?.flags.number('count')).toBe(7);
    expect(seen?.flags.number('wait')).toBe(60_000);
    expect(seen?.flags.bool('fast')).toBe(true);
    expect(seen?.flags.isSet('fast')).toBe(false);
    expect(seen?.flags.isSet('wait')).toBe(true);
    expect(seen?.global.text('repo')).toBe('/a');
  });

  it('are written with one dash or two, with = or a space, and by alias', async () => {
    await run('-r /c go -count 8 --fast=false x');
    expect(seen?.global.text('repo')).toBe('/c');
    expect([seen?.flags.number('count'), seen?.flags.bool('fast'), seen?.args]).toEqual([8, false, ['x']]);
  });

  it('flags that take lists repeat, and split at commas', async () => {
    await run('go --groups a,b --groups c x');
    expect(seen?.flags.list('groups')).toEqual(['a', 'b', 'c']);
  });

  it('an empty variable is false for a boolean flag and the default for a number', async () => {
    await run('go x', { FAST: '', COUNT: '' });
    expect([seen?.flags.bool('fast'), seen?.flags.isSet('fast')]).toEqual([false, true]);
    expect([seen?.flags.number('count'), seen?.flags.isSet('count')]).toEqual([5, false]);
  });

  it('end at --', async () => {
    expect(await run('go -- x')).toBe(0);
    expect(seen?.args).toEqual(['x']);
  });

  it('flags whose value has the wrong form are refused', async () => {
    expect(await run('go --count=many x')).toBe(1);
    expect(await run('go x', { FAST: 'yes' })).toBe(1);
    expect(err).toContain("--count: 'many' is not a whole number");
    expect(err).toContain("FAST: 'yes' is not true or false");
  });

  it('that would have no effect are refused where urfave drops them', async () => {
    expect(await run('go x --fast=false')).toBe(1);
    expect(err).toContain("flag --fast=false must come before 'x'");
    expect(await run('go --fast false x')).toBe(1);
    expect(err).toContain("unexpected argument 'x'");
    expect(seen).toBeUndefined();
  });
});

describe('commands', () => {
  it('give their exit code, and every failure a code that is not 0', async () => {
    expect(await run('sub deep')).toBe(7);
    expect(await run('fail')).toBe(1);
    expect(err).toBe('ERROR: no luck\n\n');
    expect(await run('go')).toBe(1);
    expect(err).toContain('go needs PATH');
    expect(await run('--strange go x')).toBe(1);
    expect(err).toContain('unknown flag --strange');
  });

  it('tell no secret of their environment when they fail', async () => {
    const secrets = {
      MINER_API_INFO: 'marked-token:/ip4/10.0.0.2/tcp/2345/http',
      BUCKET_PASSWORD: 'pass"word',
    };
    expect(await run('tell', { ...secrets, PLACE: 'some place' })).toBe(1);
    expect(err).toContain('********:/ip4/10.0.0.2/tcp/2345/http');
    expect(err).toContain('some place');
    expect(err).not.toMatch(/marked-token|word/);
  });

  it('a command that does not exist exits with 3, as in urfave', async () => {
    expect(await run('went')).toBe(3);
    expect(err).toContain("prog has no command 'went'");
    expect(await run('sub went')).toBe(3);
  });

  it('--help shows flags with their defaults and variables, and --version the version', async () => {
    expect(await run('go --help')).toBe(0);
    expect(out).toBe(`NAME:
   prog go - goes

USAGE:
   prog go [flags] PATH

OPTIONS:
   --fast          hurry (default: true) [$FAST]
   --count value   how many (default: 5) [$COUNT]
   --wait value    how long (default: 30s) [$WAIT]
   --groups value  which
   --color         paint (default: on a terminal)
`);
    out = '';
    expect([await run(''), await run('--help'), await run('help sub')]).toEqual([0, 0, 0]);
    expect(out).toContain('prog sub - has more');
    out = '';
    await run('--version');
    expect(out).toBe('prog version 1.2.3\n');
  });
});
