import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { restoreFiles, snapshotFiles } from '../../../src/sealctl/apply/rollback/rollback.ts';
import { layoutOf, type HostLayout } from '../../../src/sealctl/host/layout.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import { writing } from '../host/operations.ts';
import { problemsOf } from '../ssh/reach.ts';
import { localConnection } from './local-connection.ts';

let root: string;
let layout: HostLayout;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rollback-'));
  layout = layoutOf({ services: 'supervisor', root });
});
afterEach(() => rmSync(root, { recursive: true }));

const writes = (path: string): ExecutableStep => ({
  title: 'write',
  interrupts: false,
  on: 'host',
  operation: writing(path, 'new'),
});

describe('what steps replace on a host', () => {
  test('comes back as it was, and what was not there is removed again', async () => {
    const { connection, requests } = localConnection('worker-1');
    const [changed, added] = [join(root, 'changed'), join(root, 'added')];
    const steps = [writes(changed), writes(added)];
    mkdirSync(layout.state);
    writeFileSync(layout.manifest, 'old manifest');
    writeFileSync(changed, 'old', { mode: 0o640 });

    await snapshotFiles(steps, connection, layout);
    writeFileSync(layout.manifest, 'new manifest');
    rmSync(changed);
    writeFileSync(changed, 'new');
    writeFileSync(added, 'new');
    await restoreFiles(steps, connection, layout);

    expect(readFileSync(layout.manifest, 'utf8')).toBe('old manifest');
    expect(readFileSync(changed, 'utf8')).toBe('old');
    expect(lstatSync(changed).mode & 0o777).toBe(0o640);
    expect(existsSync(added)).toBe(false);
    expect(requests.map(({ step, timeoutMs }) => [step, timeoutMs])).toEqual([
      ['save the current state', 60_000],
      ['roll back to the previous state', 60_000],
    ]);
  });

  test('cannot be kept aside where the state directory cannot be made', async () => {
    writeFileSync(layout.state, 'a file in its place');
    const { connection } = localConnection('worker-1');
    expect(await problemsOf(snapshotFiles([], connection, layout))).toEqual([
      {
        code: 'rollback-failed',
        severity: 'error',
        summary: 'could not save the current state on worker-1',
        where: { in: 'host', host: 'worker-1', path: `${layout.state}/rollback` },
        why: expect.stringMatching(/^mkdir: .*\S$/),
        fix: 'run sealctl plan: it shows what the host has now',
      },
    ]);
  });

  test('cannot be put back into a directory that is gone', async () => {
    const path = join(root, 'directory/file');
    const { connection } = localConnection('worker-1');
    mkdirSync(join(root, 'directory'));
    writeFileSync(path, 'old');
    await snapshotFiles([writes(path)], connection, layout);
    rmSync(join(root, 'directory'), { recursive: true });
    expect(await problemsOf(restoreFiles([writes(path)], connection, layout))).toMatchObject([
      { code: 'rollback-failed', summary: 'could not roll back to the previous state on worker-1' },
    ]);
  });
});
