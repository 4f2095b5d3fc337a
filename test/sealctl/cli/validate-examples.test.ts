import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealctl } from './run-sealctl.ts';

const shipped = join(import.meta.dirname, '../../../examples');
const names = readdirSync(shipped);
const broughtAlong = 'artifacts/lotus-worker-1.36.1';
const bringLotus = ['everything', 'existing-lotus-fleet'];

let checkout: string;
/** A checkout after its build: with programs, and the manifest that names them. */
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'sealctl-examples-'));
  cpSync(shipped, join(checkout, 'examples'), { recursive: true });
  mkdirSync(join(checkout, 'dist'));
  const program = (name: string) => {
    writeFileSync(join(checkout, 'dist', name), name);
    return { file: name, sha256: digestOf(name) };
  };
  const manifest = { worker: program('seal-worker'), miner: program('seal-miner') };
  writeFileSync(join(checkout, 'dist/release.json'), JSON.stringify(manifest));
});
afterAll(() => rmSync(checkout, { recursive: true }));

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function validate(name: string) {
  return sealctl(['validate'], join(checkout, 'examples', name));
}

test.each(names.filter((name) => !bringLotus.includes(name)))(
  'the example %s is valid as shipped',
  async (name) => {
    expect(await validate(name)).toMatchObject({ code: 0, stderr: '' });
  },
);

test.each(bringLotus)(
  'the example %s says which program to put where, and is valid once it is there with its digest',
  async (name) => {
    const directory = join(checkout, 'examples', name);
    const { code, stderr } = await validate(name);
    expect(code).toBe(1);
    expect(stderr).toContain(join(directory, broughtAlong));
    expect(stderr).toMatch(/fix: put the worker program there, with the SHA-256 [\da-f]{64}, or correct/);

    mkdirSync(join(directory, 'artifacts'));
    writeFileSync(join(directory, broughtAlong), 'of the fleet');
    const file = join(directory, 'cluster.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/sha256: [\da-f]{64}/, `sha256: ${digestOf('of the fleet')}`));
    expect(await validate(name)).toMatchObject({ code: 0, stderr: '' });
  },
);
