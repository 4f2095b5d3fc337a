import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  acquireLockScript,
  formatLock,
  parseLock,
  parseLockAnswer,
  parseRefreshAnswer,
  refreshLockScript,
  releaseLockScript,
  type ClusterLock,
} from '../../../src/sealctl/host/lock/lock-script.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(directory, 'state/lock');
});
afterEach(() => rmSync(directory, { recursive: true }));

const ana: ClusterLock = { id: 'a1', who: 'ana@desk', operation: 'apply', since: '2026-11-02T08:00:00.000Z' };
const ben: ClusterLock = {
  id: 'b2',
  who: `ben "o'$(x)"@desk`,
  operation: 'drain h 3',
  since: '2026-11-02T08:01:00.000Z',
};

function sh(script: string, ...args: string[]): string {
  return execFileSync('sh', ['-c', script, 'sh', path, ...args], { encoding: 'utf8' });
}
const acquire = (lock: ClusterLock, how = 'ask') =>
  parseLockAnswer(sh(acquireLockScript, formatLock(lock), '45', how));
const refresh = (lock: ClusterLock) => parseRefreshAnswer(sh(refreshLockScript, lock.id));

describe('the cluster lock', () => {
  test('is given to the first and refused to the second, with who holds it', () => {
    expect(acquire(ana)).toEqual({ answer: 'acquired' });
    expect(acquire(ben)).toMatchObject({ answer: 'refused', by: ana });
  });

  test('is taken over from a holder that has been silent for too long', () => {
    acquire(ben);
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(path, longAgo, longAgo);
    const answer = acquire(ana);
    expect(answer).toMatchObject({ answer: 'taken-over', from: ben });
    expect(refresh(ben)).toEqual({ answer: 'lost', to: ana });
    expect(refresh(ana)).toEqual({ answer: 'kept' });
  });

  test('is lost to nobody when its file is gone', () => {
    acquire(ana);
    rmSync(path);
    expect(refresh(ana)).toEqual({ answer: 'lost', to: undefined });
    expect(existsSync(path)).toBe(false);
  });

  test('goes stale in the same time after the clock of its host was set back', () => {
    acquire(ben);
    const inAnHour = Date.now() / 1000 + 3600;
    utimesSync(path, inAnHour, inAnHour);
    expect(acquire(ana)).toMatchObject({ answer: 'refused', silentS: 0 });
    // The silence is counted from that moment on.
    expect(statSync(path).mtimeMs).toBeLessThan(Date.now() + 1000);
  });

  test('can be broken by force', () => {
    acquire(ana);
    expect(acquire(ben, 'force')).toMatchObject({ answer: 'taken-over', from: ana });
  });

  test('is given back by its holder and by nobody else', () => {
    acquire(ana);
    sh(releaseLockScript, ben.id);
    expect(existsSync(path)).toBe(true);
    sh(releaseLockScript, ana.id);
    expect(existsSync(path)).toBe(false);
  });

  test('survives whatever a holder is called', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (who, operation) => {
        const lock = { ...ana, who, operation };
        expect(parseLock(formatLock(lock))).toEqual(lock);
        expect(formatLock(lock)).not.toContain('\n');
      }),
    );
  });
});
