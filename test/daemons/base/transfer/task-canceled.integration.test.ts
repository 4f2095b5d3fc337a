import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TaskCanceled } from '../../../../src/daemons/base/task-canceled.ts';
import { makeHosts, sector, sized, type Host, type Hosts } from './hosts.ts';

let hosts: Hosts;
let from: Host;
let to: Host;

beforeEach(async () => {
  hosts = await makeHosts();
  from = await hosts.add('from');
  to = await hosts.add('to');
  const file = join(from.path, 'sealed/s-t01000-7');
  await mkdir(join(from.path, 'sealed'), { recursive: true });
  await writeFile(file, '');
  await truncate(file, 2 ** 28);
  hosts.index.declareSector(from.id, sector, 2, true);
});
afterEach(() => hosts.tidy());

/** What a fetch leaves that is ended while its bytes come. */
async function leftBy(reason: Error): Promise<string[]> {
  const ending = new AbortController();
  const request = { ...sized, existing: ['sealed'], use: 'sealing', mode: 'copy' } as const;
  const fetching = to.files.acquire({ ...request, signal: ending.signal });
  const ended = expect(fetching).rejects.toThrow(reason.message);
  const deadline = Date.now() + 20_000;
  while (to.received() === 0 && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  ending.abort(reason);
  await ended;
  return readdir(join(to.path, 'sealed/fetching'));
}

it('a canceled fetch leaves no file', async () => {
  expect(await leftBy(new TaskCanceled('task aborted'))).toEqual([]);
});

it('a fetch that ends with its process leaves what came, to go on with', async () => {
  expect(await leftBy(new Error('the worker is stopping'))).toContain('s-t01000-7.manifest');
});
