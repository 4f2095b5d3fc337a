import { isIP } from 'node:net';
import { valueRange, reportUnknown, type Loading } from './loading.ts';
import type { HostSpec, MinerSpec, Origin, WorkerSpec, OriginKey } from './spec.ts';

/** Reports inconsistencies between hosts. */
export function checkCluster(loading: Loading, hosts: readonly HostSpec[], miner: MinerSpec): void {
  checkAddresses(loading, hosts);
  checkLabels(loading, hosts);
  checkGroups(loading, hosts);
  checkReach(loading, hosts, miner);
}

function checkAddresses(loading: Loading, hosts: readonly HostSpec[]): void {
  const byAddress = new Map<string, HostSpec>();
  for (const host of hosts) {
    const { port = 22, proxyJump = '' } = host.ssh;
    const key = `${host.address.toLowerCase()} ${port} ${proxyJump}`;
    const first = byAddress.get(key);
    if (first === undefined) {
      byAddress.set(key, host);
      continue;
    }
    loading.report.add({
      code: 'address-twice',
      summary: `the hosts "${first.name}" and "${host.name}" have the same address ${host.address}`,
      range: rangeOfHost(loading, host, 'address'),
      why: 'each would undo what the other sets up',
      fix: 'correct one address; several workers of one machine go under "workers" of one host',
    });
  }
}

function checkLabels(loading: Loading, hosts: readonly HostSpec[]): void {
  const byLabel = new Map<string, WorkerSpec>();
  for (const worker of hosts.flatMap((host) => host.workers)) {
    const first = byLabel.get(worker.label);
    if (first === undefined) {
      byLabel.set(worker.label, worker);
      continue;
    }
    const host = hosts.find((candidate) => candidate.name === worker.host);
    loading.report.add({
      code: 'label-twice',
      summary: `the workers ${first.host}/${first.name} and ${worker.host}/${worker.name} are both called "${worker.label}"`,
      range: worker.origins['label']?.range ?? (host && rangeOfHost(loading, host, 'address')),
      why: "the label is how a worker is found in the miner's listing",
      fix: 'give each its own "label"',
    });
  }
}

function checkGroups(loading: Loading, hosts: readonly HostSpec[]): void {
  const paths = hosts.flatMap((host) =>
    host.workers.flatMap((worker) => worker.storage.map((storage) => ({ worker, storage }))),
  );
  const declared = loading.draft.storageGroups ?? {};
  const known = new Set([...Object.keys(declared), ...paths.flatMap(({ storage }) => storage.groups)]);
  const taking = new Set(
    paths.flatMap(({ worker, storage }) => (worker.tasks.includes('PC2') ? storage.groups : [])),
  );
  for (const { storage } of paths) {
    for (const group of storage.allowTo) {
      if (known.has(group)) continue;
      const range = storage.origins['allowTo']?.range;
      reportUnknown(loading, { what: 'group', name: group, known: [...known], range });
    }
  }
  for (const [name, group] of Object.entries(declared)) {
    if (group?.members === undefined || group.members.length === 0 || taking.has(name)) continue;
    if (loading.damaged.size > 0) continue;
    loading.report.add({
      code: 'group-without-pc2',
      severity: 'warning',
      summary: `no member of the storage group "${name}" has a sealing path and offers PC2`,
      range: loading.marks.keyRange(declared, name),
      why: 'sectors that only this group may fetch would never reach PC2',
      fix: 'give a member PC2 in its tasks and a storage path with "use: seal"',
    });
  }
}

/** Reports workers that cannot reach the miner, or that the miner cannot reach. */
function checkReach(loading: Loading, hosts: readonly HostSpec[], miner: MinerSpec): void {
  const draft = loading.draft.miner ?? {};
  if (loading.damaged.has(draft)) return;
  const key = draft.advertise === undefined ? 'listen' : 'advertise';
  const range = valueRange(loading, draft, key) ?? loading.marks.keyRange(loading.draft, 'miner');
  const { host } = miner.advertise;
  if (host === '0.0.0.0' || host === '::') {
    loading.report.add({
      code: 'advertise-anywhere',
      summary: `workers cannot reach the miner at ${host}`,
      range,
      why: '0.0.0.0 and :: are addresses to listen on, not to connect to',
      fix: 'add "advertise:" with the address of the miner as the workers see it',
    });
    return;
  }
  const distant = hosts.find(
    (candidate) =>
      candidate.name !== miner.host && candidate.workers.length > 0 && !isLoopback(candidate.address),
  );
  if (isLoopback(host) && distant !== undefined) {
    loading.report.add({
      code: 'advertise-loopback',
      summary: `the workers of "${distant.name}" cannot reach the miner at ${host}`,
      range,
      why: 'a loopback address leads each worker to its own machine',
      fix: "listen on an address of the miner's network, such as 10.0.0.2:2345",
    });
  }
  const guessing = hosts
    .flatMap((candidate) => candidate.workers)
    .find((worker) => worker.listen.host === '0.0.0.0');
  if (isIP(host) === 0 && guessing !== undefined) {
    loading.report.add({
      code: 'address-detection',
      severity: 'warning',
      summary: `the worker ${guessing.host}/${guessing.name} cannot find its own address`,
      range,
      why: 'a Lotus worker that listens on 0.0.0.0 takes its address from the connection to the miner, which works only where the miner is given by an IP address',
      fix: `give the miner by its IP address, or the worker a "listen" with its own address`,
    });
  }
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(?:\.\d+){3}$/.test(address);
}

function rangeOfHost(loading: Loading, host: HostSpec, key: OriginKey): Origin['range'] {
  return host.origins[key]?.range ?? loading.marks.keyRange(loading.draft.hosts ?? {}, host.name);
}
