import type { HostLayout } from '../../host/layout.ts';
import type { Origins } from '../../spec/spec.ts';
import { compareFile, fileRequest, type WantedFile } from '../core/file.ts';
import {
  accessChange,
  adopt,
  foreignFile,
  removeOwnedFile,
  unchanged,
  writeStep,
} from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { Difference, Resource } from '../../model/kind.ts';

/**
 * Open files that logins of the daemons' accounts may have (pam_limits). The daemons get theirs from their units; this is for an
 * operator who runs Lotus's command line by hand as the same account.
 */
export interface PamLimits {
  readonly path: string;
  readonly nofile: number;
  /** In the order of their first use. */
  readonly accounts: readonly string[];
}

/** The limits of a systemd host; undefined where nothing reads such a file. */
export function pamLimitsOf(
  host: string,
  layout: HostLayout,
  nofile: number,
  accounts: readonly string[],
  origins: Origins,
): Resource<PamLimits> | undefined {
  if (layout.pamLimits === undefined) return undefined;
  return {
    kind: 'limits',
    id: `${host}/limits`,
    host,
    desired: { path: `${layout.pamLimits}/90-sealctl.conf`, nofile, accounts: [...new Set(accounts)] },
    origins,
  };
}

export const pamLimits: ManagedKind<PamLimits, 'limits'> = {
  name: 'limits',
  after: [],
  desired: (owner) => {
    if (owner.of !== 'host') return [];
    const { host, layout, miner } = owner;
    const accounts = [...host.workers, ...(miner === undefined ? [] : [miner])].map(
      ({ runAs }) => runAs ?? 'root',
    );
    const resource = pamLimitsOf(host.name, layout, host.ulimits.nofile, accounts, host.origins);
    return resource === undefined ? [] : [resource];
  },
  probe: ({ desired }) => [fileRequest(desired.path)],
  diff: (resource, context) => {
    const wanted = wantedFile(resource);
    const found = compareFile(wanted, context);
    const origin = resource.origins['ulimits.nofile'];
    switch (found.state) {
      case 'same':
        return unchanged();
      case 'foreign':
        return foreignFile(wanted, found.why, resource.host);
      case 'unrecorded':
        return adopt(wanted, found.sha256);
      case 'mode':
        return accessChange(wanted, found, undefined);
      case 'absent':
        return difference('create', null, found.cause, { absent: true });
      case 'differs': {
        const cause = found.cause === 'both' ? 'drift' : found.cause;
        return difference('update', linesOf(found.content), cause, { sha256: found.sha256 });
      }
    }

    function difference(
      action: 'create' | 'update',
      before: readonly string[] | null,
      cause: FieldChange['cause'],
      replaces: Parameters<typeof writeStep>[1],
    ): Difference {
      const field: FieldChange = {
        field: 'nofile',
        before: { show: 'value', value: before },
        after: { show: 'value', value: limitLines(resource.desired) },
        class: 'live',
        cause,
        reason: 'takes effect at the next login',
        ...(origin === undefined ? {} : { origin }),
      };
      return {
        action,
        fields: [field],
        findings: [],
        steps: [writeStep(wanted, replaces, { phase: 'configure' })],
      };
    }
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) => removeOwnedFile(entry, 'no daemon is left on this host'),
};

function wantedFile({ id, kind, desired }: Resource<PamLimits>): WantedFile {
  const heading = `# Written by sealctl from cluster.yaml: ${id}. Edits are undone.`;
  return {
    id,
    kind,
    path: desired.path,
    content: [[heading, ...limitLines(desired), ''].join('\n')],
    mode: '0644',
  };
}

/** One line an account: `*` would not count for root. Source: limits.conf(5). */
function limitLines({ accounts, nofile }: PamLimits): string[] {
  return accounts.map((account) => `${account} - nofile ${nofile}`);
}

function linesOf(content: string): string[] {
  return content.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
}
