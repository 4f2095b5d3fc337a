import { execaSync } from 'execa';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unifiedHierarchy } from './cgroup.ts';

/** Something that keeps this machine from running a fleet, and what would change that. */
export interface Obstacle {
  readonly what: string;
  readonly remedy: string;
}

const programs: readonly (readonly [program: string, debianPackage: string])[] = [
  ['systemd-nspawn', 'systemd-container'],
  ['mmdebstrap', 'mmdebstrap'],
  ['ip', 'iproute2'],
  ['tc', 'iproute2'],
  ['nft', 'nftables'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
  ['nsenter', 'util-linux'],
  ['flock', 'util-linux'],
];

/** Everything that keeps this machine from running a fleet; empty when it can. */
export function obstaclesToFleet(): Obstacle[] {
  if (process.platform !== 'linux') return [{ what: `this is ${process.platform}`, remedy: 'use Linux' }];
  const lacking = programs.filter(([program]) => !isOnPath(program));
  const packages = [...new Set(lacking.map(([, debianPackage]) => debianPackage))];
  const obstacles: Obstacle[] = [];
  if (lacking.length > 0) {
    obstacles.push({
      what: `not installed: ${lacking.map(([program]) => program).join(', ')}`,
      remedy: `apt-get install ${packages.join(' ')}`,
    });
  }
  if (process.getuid?.() !== 0) {
    obstacles.push({
      what: 'not root',
      remedy: 'run it as root, for example in a root shell or a CI machine',
    });
  } else {
    obstacles.push(...kernelObstacles());
  }
  return obstacles;
}

/** Ends with one error that names every obstacle, where there is one. */
export function assertFleetCanRun(): void {
  const obstacles = obstaclesToFleet();
  if (obstacles.length === 0) return;
  const lines = obstacles.map(({ what, remedy }) => `  ${what}\n    ${remedy}`);
  throw new Error(`this machine cannot run a fleet of test hosts:\n${lines.join('\n')}`);
}

function kernelObstacles(): Obstacle[] {
  const obstacles: Obstacle[] = [];
  const hierarchy = unifiedHierarchy();
  if (hierarchy === undefined) {
    obstacles.push({ what: 'no cgroup v2', remedy: 'boot with systemd.unified_cgroup_hierarchy=1' });
  } else if (!hasGroupKill(hierarchy)) {
    obstacles.push({ what: 'the kernel has no cgroup.kill', remedy: 'use Linux 5.14 or newer' });
  }
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n')) {
    obstacles.push({ what: 'no overlay file system', remedy: 'modprobe overlay' });
  }
  const unshared = execaSync('unshare', ['--net', '--mount', 'true'], { reject: false });
  if (unshared.exitCode !== 0) {
    obstacles.push({
      what: 'this root may not make namespaces',
      remedy: 'in a container, start it with docker run --privileged',
    });
  }
  return obstacles;
}

/** The root group has no `cgroup.kill`, so any group below it is asked. */
function hasGroupKill(hierarchy: string): boolean {
  const children = readdirSync(hierarchy, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const [child] = children;
  return child === undefined || existsSync(join(hierarchy, child.name, 'cgroup.kill'));
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}
