import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layoutOf } from '../../src/sealctl/host/layout.ts';
import { sectorStoreFile, storageListFile } from '../../src/core/lotus/storage-files.ts';
import type { HostSpec, Spec } from '../../src/sealctl/spec/spec.ts';
import type { Sshd } from '../../test/sealctl/ssh/sshd.ts';

export const ansibleInstalled = spawnSync('ansible-playbook', ['--version']).status === 0;

/** Writes an inventory and a playbook that holds the files which `sealctl apply` put on the hosts; gives the command to check them. */
export function writePlaybook(directory: string, spec: Spec, atOnce: number): string[] {
  for (const host of spec.hosts)
    for (const { name, path } of filesOf(host)) {
      const copy = join(directory, 'files', host.name, name);
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(path, copy);
    }
  const inventory = spec.hosts.map((host) => {
    const paths = filesOf(host).map(({ name, path }) => `${variable(name)}=${path}`);
    return [host.name, `ansible_host=${host.address}`, ...paths].join(' ');
  });
  writeFileSync(join(directory, 'inventory'), `${inventory.join('\n')}\n`);
  const [first] = spec.hosts;
  const tasks = (first === undefined ? [] : filesOf(first)).map(({ name, mode }) => ({
    name,
    copy: {
      src: `files/{{ inventory_hostname }}/${name}`,
      dest: `{{ ${variable(name)} }}`,
      mode,
    },
  }));
  writeFileSync(
    join(directory, 'playbook.yml'),
    JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]),
  );
  return ['ansible-playbook', '--check', '-f', String(atOnce), '-i', 'inventory', 'playbook.yml'];
}

/** What makes Ansible as fast as it can be: pipelining, one connection a host, the cheap key exchange. */
export function ansibleEnvironment(directory: string, sshd: Sshd): NodeJS.ProcessEnv {
  const options = ['ControlMaster=auto', 'ControlPersist=10s', 'KexAlgorithms=curve25519-sha256'];
  return {
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    ANSIBLE_REMOTE_PORT: String(sshd.port),
    ANSIBLE_REMOTE_USER: sshd.user,
    ANSIBLE_PRIVATE_KEY_FILE: sshd.identity,
    ANSIBLE_SSH_CONTROL_PATH_DIR: join(directory, 'control'),
    ANSIBLE_SSH_ARGS: [...options, `UserKnownHostsFile=${sshd.knownHosts}`]
      .map((option) => `-o ${option}`)
      .join(' '),
  };
}

function filesOf(host: HostSpec): { readonly name: string; readonly path: string; readonly mode: string }[] {
  const layout = layoutOf(host);
  return host.workers.flatMap((worker) => [
    { name: 'unit', path: `${layout.services}/sealctl-worker-${worker.name}/run`, mode: '0600' },
    { name: 'env', path: `${layout.environment}/worker-${worker.name}.env`, mode: '0600' },
    { name: storageListFile, path: `${worker.repo}/${storageListFile}`, mode: '0644' },
    ...worker.storage.map((storage) => ({
      name: sectorStoreFile,
      path: `${storage.path}/${sectorStoreFile}`,
      mode: '0644',
    })),
  ]);
}

function variable(name: string): string {
  return `path_${name.replaceAll('.', '_')}`;
}
