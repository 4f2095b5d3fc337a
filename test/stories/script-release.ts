import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostKeys } from './cluster-file.ts';
import type { Fixture } from './fixture.ts';

/** Makes a release whose worker is a shell script, and gives it to these hosts. */
export function giveScript(
  { testbed, cluster }: Fixture,
  name: string,
  script: string,
  hosts: readonly string[],
): void {
  const folder = join(testbed.workspace, name);
  mkdirSync(folder);
  const file = join(folder, 'seal-worker');
  const text = `#!/bin/sh\n${script}\n`;
  writeFileSync(file, text, { mode: 0o755 });
  const sha256 = createHash('sha256').update(text).digest('hex');
  cluster.edit((draft) => {
    draft.releases = { ...draft.releases, [name]: { worker: { file, sha256 } } };
    for (const each of hosts) hostKeys(draft, each).release = name;
  });
}

/** Gives these hosts the release of everybody again. */
export function takeScript({ cluster }: Fixture, hosts: readonly string[]): void {
  cluster.edit((draft) => {
    for (const each of hosts) delete hostKeys(draft, each).release;
  });
}
