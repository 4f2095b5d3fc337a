import { describe, expect, it } from 'vitest';
import type { HostSpec } from '../../../src/sealctl/spec/spec.ts';
import { clusterOf, load, specOf, told } from './loading.ts';

function hostOf(keys: string): HostSpec | undefined {
  return specOf(clusterOf(`hosts: {m: {}, w: {release: r1, tasks: [C2], ${keys}}}`)).hosts[1];
}

function shared(workers: string): string[] {
  return told(
    clusterOf(`hosts:\n  m: {}\n  w:\n    release: r1\n    workers:\n${workers.replaceAll(/^/gm, '      ')}`),
  ).map((line) => line.replace(/ \d+:\d+$/, ''));
}

const slice = (index: number): string =>
  `cpus: ${index}, memory: 1GiB, listen: 10.0.0.9:${1000 + index}, repo: /r${index}`;

describe('hosts', () => {
  it('are reached by their name where no address is given', () => {
    expect(hostOf('')?.address).toBe('w');
    expect(hostOf('address: fd00::1')?.address).toBe('fd00::1');
  });

  it('get sudo where root is needed and not there', () => {
    expect(hostOf('')?.ssh).toEqual({ become: 'sudo', hostKeys: 'strict', transport: 'ssh2' });
    expect(hostOf('ssh: {user: root}')?.ssh.become).toBe('none');
    expect(hostOf('services: supervisor, root: /srv/x')?.ssh.become).toBe('none');
    expect(hostOf('services: supervisor, root: /srv/x, ssh: {become: sudo}')?.ssh.become).toBe('sudo');
  });

  it('without systemd keep everything in their directory', () => {
    const host = hostOf('services: supervisor, root: /srv/x/');
    expect([host?.root, host?.workers[0]?.repo]).toEqual(['/srv/x', '/srv/x/repos/main']);
  });

  it('that differ by port or jump host may share an address', () => {
    const hosts = (b: string): string =>
      clusterOf(
        `defaults: {release: r1, tasks: []}\nhosts: {m: {}, a: {address: 10.0.0.9}, b: {address: 10.0.0.9, ${b}}}`,
      );
    expect(told(hosts('ssh: {port: 2222}'))).toEqual([]);
    expect(told(hosts('ssh: {proxyJump: x}'))).toEqual([]);
    expect(told(hosts('ssh: {port: 22}'))).toEqual(['error address-twice 9:44']);
  });

  it('have their key files beside the file that names them', () => {
    expect(hostOf('ssh: {identityFile: keys/id}')?.ssh.identityFile).toBe('/keys/id');
    expect(hostOf('ssh: {identityFile: ~/.ssh/id}')?.ssh.identityFile).toBe('/home/.ssh/id');
    expect(hostOf('ssh: {identityFile: /etc/id}')?.ssh.identityFile).toBe('/etc/id');
  });

  it('refuse a choice that would leave their keys unchecked, with the reason', () => {
    const [problem] = load(
      clusterOf('hosts: {m: {}, w: {release: r1, tasks: [C2], ssh: {hostKeys: no}}}'),
    ).problems;
    expect(problem?.why).toContain('an attacker could impersonate the host');
  });
});

describe('several workers of one host', () => {
  it('are fine with a slice each', () => {
    expect(
      shared(`a: {tasks: [C2], gpus: [0], ${slice(0)}}\nb: {tasks: [C2], gpus: [1], ${slice(1)}}`),
    ).toEqual([]);
  });

  it('without a GPU task need no list of GPUs', () => {
    expect(shared(`a: {tasks: [C2], gpus: [0], ${slice(0)}}\nb: {tasks: [], ${slice(1)}}`)).toEqual([]);
    expect(shared(`a: {tasks: [C2], ${slice(0)}}\nb: {tasks: [C2], gpus: [], ${slice(1)}}`)).toEqual([]);
  });

  it('workers with a GPU task and no list of GPUs claim every GPU', () => {
    expect(shared(`a: {tasks: [C2], ${slice(0)}}\nb: {tasks: [C2], gpus: [3], ${slice(1)}}`)).toEqual([
      'error gpu-conflict',
    ]);
  });

  it('share the GPUs that their lists have in common, index or UUID', () => {
    const uuid = 'GPU-5b1c3c3e-0f0a-4a53-9e7c-5d3f0d1a2b3c';
    expect(
      shared(`a: {tasks: [], gpus: [${uuid}], ${slice(0)}}\nb: {tasks: [], gpus: [1, ${uuid}], ${slice(1)}}`),
    ).toEqual(['error gpu-conflict']);
  });

  it('that are not confined are warned of once', () => {
    expect(shared('a: {tasks: [], listen: 10.0.0.9:1}\nb: {tasks: [], listen: 10.0.0.9:2}')).toEqual([
      'warning colocated-workers',
    ]);
  });

  it('may have one port on two addresses', () => {
    const at = (host: string, index: number): string =>
      slice(index).replace(/listen: [^,]+/, `listen: ${host}:3456`);
    expect(shared(`a: {tasks: [], ${at('10.0.0.8', 0)}}\nb: {tasks: [], ${at('10.0.0.9', 1)}}`)).toEqual([]);
    expect(shared(`a: {tasks: [], ${at('0.0.0.0', 0)}}\nb: {tasks: [], ${at('10.0.0.9', 1)}}`)).toEqual([
      'error port-conflict',
    ]);
  });

  it('may have paths that begin alike', () => {
    const storage = (path: string): string => `storage: [{path: ${path}, use: store}]`;
    expect(
      shared(
        `a: {tasks: [], ${slice(0)}, ${storage('/mnt/a')}}\nb: {tasks: [], ${slice(1)}, ${storage('/mnt/ab')}}`,
      ),
    ).toEqual([]);
    expect(
      shared(
        `a: {tasks: [], ${slice(0)}, ${storage('/mnt/a/')}}\nb: {tasks: [], ${slice(1)}, ${storage('/mnt//a/b')}}`,
      ),
    ).toEqual(['error storage-conflict']);
  });
});
