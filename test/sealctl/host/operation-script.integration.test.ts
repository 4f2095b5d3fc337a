import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/sealctl/kinds/core/file.ts';
import { codeOf, writing } from './operations.ts';
import { RealHost } from './real-host.ts';

let host: RealHost;
beforeEach(() => {
  host = new RealHost();
});
afterEach(() => host.remove());

async function manifest() {
  return (await host.probe([])).manifest;
}

describe('remove-file', () => {
  it('removes its own file and forgets it, also when repeated', async () => {
    const path = `${host.root}/a`;
    await host.run(writing(path, 'one'));
    const [entry] = await manifest();
    if (entry === undefined) throw new Error('nothing was recorded');
    await host.run({ do: 'remove-file', path, entry });
    await host.run({ do: 'remove-file', path, entry });
    expect(existsSync(path)).toBe(false);
    expect(await manifest()).toEqual([]);
  });

  it('leaves what somebody else wrote there', async () => {
    const path = `${host.root}/a`;
    await host.run(writing(path, 'one'));
    const [entry] = await manifest();
    if (entry === undefined) throw new Error('nothing was recorded');
    writeFileSync(path, 'by hand');
    expect(await codeOf(host.run({ do: 'remove-file', path, entry }))).toBe('changed-since-plan');
    expect(readFileSync(path, 'utf8')).toBe('by hand');
  });
});

describe('link', () => {
  const program = (content: string) => {
    const sha = sha256(content);
    const path = `${host.layout.releases}/${sha}/seal-worker`;
    mkdirSync(`${host.layout.releases}/${sha}`, { recursive: true });
    writeFileSync(path, content);
    return { sha, path };
  };
  const linking = (target: string) => {
    const path = `${host.layout.releases}/current/worker-main`;
    return {
      do: 'link',
      path,
      target,
      entry: { id: 'h/release', kind: 'release', path, sha256: sha256(target) },
    } as const;
  };

  it('points at a program, at another one, and may be repeated', async () => {
    const [one, two] = [program('one'), program('two')];
    await host.run(linking(one.path));
    await host.run(linking(two.path));
    await host.run(linking(two.path));
    expect(readlinkSync(linking(two.path).path)).toBe(two.path);
    expect(await manifest()).toEqual([linking(two.path).entry]);
  });

  it('refuses a program that is not there or is not what its directory says', async () => {
    expect(await codeOf(host.run(linking(`${host.root}/nothing`)))).toBe('program-missing');
    const { path } = program('one');
    writeFileSync(path, 'tampered with');
    expect(await codeOf(host.run(linking(path)))).toBe('program-damaged');
  });

  it('notes the digest, which counts only while the program stays untouched', async () => {
    const { path, sha } = program('one');
    await host.run(linking(path));
    const digest = async () =>
      (await host.probe([{ ask: 'program', path }])).files.get(`program ${path}`)?.sha256;
    expect(await digest()).toBe(sha);
    const noted = readFileSync(`${path}.digest`, 'utf8');
    writeFileSync(`${path}.digest`, noted.replace(sha, 'f'.repeat(64)));
    expect(await digest()).toBe('f'.repeat(64));
    writeFileSync(path, 'tampered with');
    expect(await digest()).toBe(sha256('tampered with'));
  });
});

describe('remove-release', () => {
  it('removes an old release but none that a process runs from', async () => {
    const idle = `${host.layout.releases}/${'a'.repeat(64)}`;
    mkdirSync(idle, { recursive: true });
    await host.run({ do: 'remove-release', sha256: 'a'.repeat(64) });
    expect(existsSync(idle)).toBe(false);

    const sha = 'b'.repeat(64);
    await host.run({ do: 'upload-program', source: '/bin/sleep', sha256: sha, program: 'seal-worker' });
    const running = `${host.layout.releases}/${sha}/seal-worker`;
    const pid = execFileSync('sh', ['-c', '"$1" 100 >/dev/null 2>&1 & echo $!', 'sh', running], {
      encoding: 'utf8',
    }).trim();
    try {
      // The shell's child is there before it runs the program.
      await expect.poll(() => readlinkSync(`/proc/${pid}/exe`), { timeout: 30_000 }).toBe(running);
      expect(await codeOf(host.run({ do: 'remove-release', sha256: sha }))).toBe('release-in-use');
      expect(existsSync(running)).toBe(true);
    } finally {
      process.kill(Number(pid));
    }
  });
});

describe('run', () => {
  it('gives the program its arguments and environment byte for byte and runs nothing else', async () => {
    const text = fc.string({ unit: 'binary' }).filter((it) => !it.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), text, async (argv, value) => {
        const out = `${host.root}/out`;
        await host.run({
          do: 'run',
          argv: ['/bin/sh', '-c', 'printf "%s\\0" "$HOSTILE" "$@" >"$OUT"', 'sh', ...argv],
          env: { HOSTILE: [value], OUT: [out] },
          timeoutMs: 10_000,
        });
        const [seen, ...words] = readFileSync(out, 'utf8').split('\0').slice(0, -1);
        expect(seen).toBe(Buffer.from(value).toString());
        expect(words).toEqual(argv.map((word) => Buffer.from(word).toString()));
      }),
      { numRuns: 40 },
    );
  });

  it('does nothing when what it is to make is there', async () => {
    const made = `${host.root}/keystore`;
    const operation = {
      do: 'run',
      argv: ['/bin/mkdir', made],
      env: {},
      timeoutMs: 10_000,
      unless: made,
    } as const;
    await host.run(operation);
    await host.run(operation);
    expect(statSync(made).isDirectory()).toBe(true);
  });

  it('says how a program failed and what it last said', async () => {
    const operation = {
      do: 'run',
      argv: ['/bin/sh', '-c', 'echo the disk is on fire; exit 3'],
      env: {},
      timeoutMs: 10_000,
    } as const;
    await expect(host.run(operation)).rejects.toMatchObject({
      problems: [{ code: 'program-failed', why: expect.stringContaining('the disk is on fire') as string }],
    });
  });

  it('ends a program that takes too long', async () => {
    const operation = { do: 'run', argv: ['/bin/sleep', '60'], env: {}, timeoutMs: 1000 } as const;
    expect(await codeOf(host.run(operation))).toBe('program-timed-out');
  });
});

describe('hold and inventory', () => {
  it('are read back as they were written', async () => {
    const hold = { who: "o'hara", since: '2026-01-01T00:00:00Z', why: 'disk\nswap' };
    const inventory = {
      revision: 'abc',
      hosts: [
        { name: 'w', address: '10.0.0.1', services: 'supervisor', root: '/x', become: 'none' } as const,
      ],
    };
    await host.run({ do: 'set-hold', hold });
    await host.run({ do: 'write-inventory', inventory });
    expect(await host.probe([])).toMatchObject({ hold, inventory });
    await host.run({ do: 'clear-hold' });
    await host.run({ do: 'clear-hold' });
    expect((await host.probe([])).hold).toBeUndefined();
  });
});
