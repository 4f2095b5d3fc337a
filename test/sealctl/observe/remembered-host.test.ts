import { describe, expect, it } from 'vitest';
import type { InventoryHost } from '../../../src/sealctl/host/probe/facts.ts';
import { rememberedHost } from '../../../src/sealctl/observe/fleet.ts';
import type { SshSpec } from '../../../src/sealctl/spec/spec.ts';

const miner: SshSpec = {
  user: 'admin',
  port: 2222,
  proxyJump: 'bastion',
  identityFile: '/home/operator/.ssh/cluster',
  knownHosts: '/home/operator/.ssh/known_hosts',
  become: 'sudo',
  hostKeys: 'strict',
  transport: 'openssh',
};
const removed: InventoryHost = {
  name: 'worker-9',
  address: '10.0.0.9',
  services: 'systemd',
  root: '/',
  become: 'none',
};

describe('a host that cluster.yaml no longer names', () => {
  it('is reached as it was: without the user, port and jump host of the miner where it had none', () => {
    expect(rememberedHost(removed, miner).ssh).toEqual({
      identityFile: '/home/operator/.ssh/cluster',
      knownHosts: '/home/operator/.ssh/known_hosts',
      become: 'none',
      hostKeys: 'strict',
      transport: 'openssh',
    });
  });

  it('is reached through the jump host it was behind, as the user and on the port it had', () => {
    const own = { user: 'seal', port: 22_001, proxyJump: 'gate-2' };
    expect(rememberedHost({ ...removed, ...own }, miner).ssh).toMatchObject(own);
  });
});
