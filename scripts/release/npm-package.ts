// Fills src/sealctl/ with what its npm package holds; npm runs it before it packs, and with --clear after.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildInfo } from '../../src/core/version.ts';
import { bundleScript } from './bundle.ts';
import { companionsOf, copyLicenses, writeCompanions } from './companions.ts';
import { commitDate } from './commit-date.ts';
import { packagesIn, thirdPartyNotices } from './packages.ts';
import { programs } from './programs.ts';

const root = join(import.meta.dirname, '../..');
const room = join(root, 'src/sealctl');
const dist = join(room, 'dist');
/** npm wants these beside package.json; in the repository they stand at its top. */
const atTop = ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE'];
/** Pages for those who use sealctl. */
const pages = ['cluster-yaml.md', 'operating.md', 'ssh.md', 'daemons.md'];

if (process.argv.includes('--clear')) for (const file of atTop) rmSync(join(room, file), { force: true });
else await fill();

async function fill(): Promise<void> {
  const program = programs.find(({ name }) => name === 'sealctl');
  if (program === undefined) throw new Error('sealctl is missing in the table of programs');
  const info = buildInfo();
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  const { files, inputs } = await bundleScript(root, program, info);
  for (const { name, contents } of files) writeFileSync(join(dist, name), contents, { mode: 0o755 });
  writeCompanions(dist, companionsOf(program, { version: info.version, date: commitDate(root) }));
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES'), thirdPartyNotices(packagesIn(root, inputs)));
  cpSync(join(root, 'schemas'), join(dist, 'schemas'), { recursive: true });
  for (const page of pages) cpSync(join(root, 'docs', page), join(dist, 'docs', page));
  cpSync(join(root, 'README.md'), join(room, 'README.md'));
  copyLicenses(root, room);
}
