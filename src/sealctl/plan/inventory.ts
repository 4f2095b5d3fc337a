import type { Inventory, InventoryHost } from '../host/probe/facts.ts';
import type { FieldChange } from '../model/field-change.ts';
import type { StepTemplate } from '../model/kind.ts';
import type { HostSpec, Spec } from '../spec/spec.ts';
import { isSameData } from './diff/digest.ts';
import type { ResourceDifference } from './diff/diff-host.ts';

/** The hosts cluster.yaml names, with what is needed to reach them once they are removed from it. */
export function wantedInventory(spec: Spec): readonly InventoryHost[] {
  return spec.hosts.map(inventoryHost);
}

/**
 * The inventory on the miner's host as one more thing to keep right. New hosts are entered before anything is done to them, so that
 * an apply that is killed leaves none behind unseen. A host that was removed from cluster.yaml stays in it until nothing of sealctl's is
 * left there, or its machine goes by another name: `cleaned` are the ones where that is so.
 */
export function inventoryChange(
  wanted: readonly InventoryHost[],
  present: Inventory | undefined,
  minerHost: string,
  cleaned: ReadonlySet<string>,
): ResourceDifference {
  const before = new Map((present?.hosts ?? []).map((host) => [host.name, host]));
  const entered = wanted
    .filter((host) => !isSameData(before.get(host.name) ?? null, host))
    .map((host): FieldChange => ({
      field: host.name,
      before: { show: 'value', value: before.get(host.name)?.address ?? null },
      after: { show: 'value', value: host.address },
      class: 'live',
      cause: 'change',
      reason: 'the inventory keeps the host visible after it is removed from cluster.yaml',
    }));
  const names = new Set(wanted.map((host) => host.name));
  const removed = (present?.hosts ?? []).filter((host) => !names.has(host.name));
  const kept = removed.filter((host) => !cleaned.has(host.name));
  const struck = removed
    .filter((host) => cleaned.has(host.name))
    .map((host): FieldChange => ({
      field: host.name,
      before: { show: 'value', value: host.address },
      after: { show: 'value', value: null },
      class: 'live',
      cause: 'change',
      reason: 'nothing of the cluster is left on this host',
    }));
  const fields = [...entered, ...struck];
  const step: StepTemplate = {
    title: 'write the inventory',
    phase: 'prepare',
    on: 'host',
    operation: {
      do: 'write-inventory',
      inventory: { revision: present?.revision ?? '', hosts: [...wanted, ...kept] },
    },
  };
  return {
    id: `${minerHost}/inventory`,
    kind: 'inventory',
    daemon: undefined,
    origins: {},
    difference:
      fields.length === 0
        ? { action: 'none', fields: [], findings: [], steps: [] }
        : { action: present === undefined ? 'create' : 'update', fields, findings: [], steps: [step] },
  };
}

function inventoryHost(host: HostSpec): InventoryHost {
  const { ssh } = host;
  return {
    name: host.name,
    address: host.address,
    services: host.services,
    root: host.root,
    become: ssh.become,
    ...(ssh.user === undefined ? {} : { user: ssh.user }),
    ...(ssh.port === undefined ? {} : { port: ssh.port }),
    ...(ssh.proxyJump === undefined ? {} : { proxyJump: ssh.proxyJump }),
  };
}
