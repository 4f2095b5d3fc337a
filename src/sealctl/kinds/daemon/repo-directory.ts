import { probeKey } from '../../host/probe/facts.ts';
import type { Origins } from '../../spec/spec.ts';
import type { Daemon } from './daemon.ts';
import { unchanged } from '../core/file-difference.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { Resource } from '../../model/kind.ts';

/** The directory that a daemon keeps its tokens and keys in. */
export interface RepoDirectory {
  readonly daemon: Daemon;
}

/** For the daemon's account alone. Lotus makes a repo that everybody may list. */
const mode = '0700';

export function repoDirectoryOf(daemon: Daemon, origins: Origins): Resource<RepoDirectory> {
  return {
    kind: 'repo-directory',
    id: `${daemon.id}/repo-directory`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon },
    origins,
  };
}

export const repoDirectory: ManagedKind<RepoDirectory, 'repo-directory'> = {
  name: 'repo-directory',
  after: ['environment'],
  desired: (owner) => {
    if (owner.of === 'host') return [];
    const { origins } = owner.of === 'miner' ? owner.miner : owner.worker;
    return [repoDirectoryOf(owner.daemon, origins)];
  },
  probe: ({ desired: { daemon } }) => [{ ask: 'directory', path: daemon.repo }],
  diff: ({ desired: { daemon } }, { facts }) => {
    const { repo, runAs } = daemon;
    const found = facts.directories.get(probeKey({ ask: 'directory', path: repo }));
    // What a link leads to is the operator's own arrangement, and has no mode here; so are the rights of a group.
    if (found !== undefined && !isOpen(found.mode)) return unchanged();
    const isNew = found === undefined;
    return {
      action: isNew ? 'create' : 'update',
      fields: [
        {
          field: 'access',
          before: { show: 'value', value: found?.mode ?? null },
          after: { show: 'value', value: mode },
          class: 'live',
          cause: isNew ? 'change' : 'drift',
          reason: isNew
            ? 'the daemon has no repo yet'
            : 'it holds the tokens and keys of the daemon; permissions take effect at once',
        },
      ],
      findings: [],
      steps: [
        {
          title: isNew ? `create ${repo}` : `restrict ${repo} to its owner`,
          phase: 'prepare',
          on: 'host',
          operation: {
            do: 'ensure-directory',
            path: repo,
            mode,
            ...(runAs === undefined ? {} : { owner: runAs }),
          },
        },
      ],
    };
  },
  probeOwned: () => [],
  remove: () => unchanged(),
};

function isOpen(found: string | undefined): boolean {
  return found !== undefined && (Number.parseInt(found, 8) & 0o007) !== 0;
}
