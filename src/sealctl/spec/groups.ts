import { originOf, reportUnknown, valueRange, type Loading } from './loading.ts';
import type { Origin } from './spec.ts';

/** The groups that storage groups add to the sealing paths of one worker. */
export interface GroupShare {
  readonly groups: string[];
  readonly allowTo: string[];
  readonly origins: Origin[];
}

/** Storage groups by worker, under `HOST/WORKER` or, for every worker of a host, under `HOST`. */
export class StorageGroups {
  readonly names: readonly string[];
  readonly #shares = new Map<string, GroupShare>();

  constructor(loading: Loading) {
    const groups = loading.draft.storageGroups ?? {};
    this.names = Object.keys(groups);
    for (const [name, group] of Object.entries(groups)) {
      if (group === undefined) continue;
      const origin = originOf(loading, 'storage group', 'storageGroups', groups, name);
      const members = readPeers(loading, group.members ?? []);
      const feeders = readPeers(loading, group.feeders ?? []);
      if (members.length === 0 && !loading.damaged.has(group)) {
        loading.report.add({
          code: 'group-without-members',
          severity: 'warning',
          summary: `the storage group "${name}" has no members`,
          range: loading.marks.keyRange(groups, name),
          why: 'no path accepts the files of its feeders, so their sectors wait forever',
          fix: 'name the hosts that run PC2 for it under "members"',
        });
      }
      for (const peer of members) {
        const share = this.#share(peer);
        addOnce(share.groups, name);
        addOnce(share.allowTo, name);
        share.origins.push(origin);
      }
      for (const peer of feeders) {
        const share = this.#share(peer);
        addOnce(share.allowTo, name);
        share.origins.push(origin);
      }
    }
  }

  /** Returns the groups of a worker: its own and those of its host. */
  of(host: string, worker: string): GroupShare | undefined {
    const own = this.#shares.get(`${host}/${worker}`);
    const whole = this.#shares.get(host);
    if (own === undefined || whole === undefined) return own ?? whole;
    return {
      groups: [...new Set([...whole.groups, ...own.groups])],
      allowTo: [...new Set([...whole.allowTo, ...own.allowTo])],
      origins: [...whole.origins, ...own.origins],
    };
  }

  #share(peer: string): GroupShare {
    const present = this.#shares.get(peer);
    if (present !== undefined) return present;
    const share: GroupShare = { groups: [], allowTo: [], origins: [] };
    this.#shares.set(peer, share);
    return share;
  }
}

/** Returns the hosts and workers of a list; reports those that do not exist. */
function readPeers(loading: Loading, list: readonly (string | undefined)[]): string[] {
  const hosts = loading.draft.hosts ?? {};
  return list.filter((peer, index): peer is string => {
    if (peer === undefined) return false;
    const [host = '', worker] = peer.split('/', 2);
    const range = valueRange(loading, list, index);
    if (!Object.hasOwn(hosts, host)) {
      reportUnknown(loading, { what: 'host', name: host, known: Object.keys(hosts), range });
      return false;
    }
    const workers = hosts[host]?.workers;
    const known = workers === undefined || workers === null ? ['main'] : Object.keys(workers);
    if (worker !== undefined && !known.includes(worker)) {
      reportUnknown(loading, {
        what: 'worker',
        name: peer,
        known: known.map((name) => `${host}/${name}`),
        range,
      });
      return false;
    }
    return true;
  });
}

function addOnce(list: string[], name: string): void {
  if (!list.includes(name)) list.push(name);
}
