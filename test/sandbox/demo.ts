import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { built, hostFinder } from '../stories/testbed.ts';
import { sandboxDefaults, sandboxHosts } from '../stories/sandbox-testbed.ts';
import { demoHosts } from './demo-clusters.ts';
import { tellStory } from './demo-story.ts';
import { startSandbox, stopSandbox } from './host.ts';

/**
 * `npm run demo`: the main job on hosts of this machine, told as it happens. Leaves nothing behind, however it ends; `-- --keep` leaves
 * everything up.
 */
const keep = process.argv.includes('--keep');
const say = (text: string) => process.stdout.write(text);

const interruption = new AbortController();
const { signal } = interruption;
const interrupt = () => interruption.abort(new Error('the demo was interrupted'));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, interrupt);
// Nobody reads on: the terminal is gone, or the `head` behind a pipe.
process.stdout.on('error', interrupt);

const directory = mkdtempSync(join(tmpdir(), 'sealctl-demo-'));
const hosts = join(directory, 'hosts');
try {
  const sandbox = await startSandbox({ hosts: demoHosts, directory: hosts, keep });
  const base = {
    host: hostFinder(await sandboxHosts(sandbox)),
    defaults: sandboxDefaults(sandbox),
    release: built('release.json'),
  };
  await tellStory({ base, directory, say, signal });
} catch (thrown) {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  say(signal.aborted ? '\n\nThe demo was interrupted.\n' : `\n${pc.red('The demo failed:')} ${why}\n`);
  // 128 plus SIGINT's number, as a shell tells it.
  process.exitCode = signal.aborted ? 130 : 1;
} finally {
  if (keep) {
    say(
      `\nThe sandbox stays up. Play with it:\n  cd ${directory}\n  export HOME=$PWD\n  ${built('bin/sealctl.js')} status -f large.yaml\n`,
    );
    const end = fileURLToPath(new URL('end.ts', import.meta.url));
    say(`End it with:\n  npx tsx ${end} ${directory}\n`);
  } else {
    say(`Ending the hosts and removing ${directory}.\n`);
    await stopSandbox(hosts);
    rmSync(directory, { recursive: true, force: true });
  }
}
