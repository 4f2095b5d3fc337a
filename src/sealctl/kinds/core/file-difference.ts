import type { ManifestEntry } from '../../host/probe/facts.ts';
import type { WriteFile } from '../../host/operations/operation.ts';
import type { Problem } from '@sealctl/core/problem/problem';
import type { FileComparison, WantedFile } from './file.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { DiffContext, Difference, StepPhase, StepTemplate } from '../../model/kind.ts';

/** The step that writes the wanted content over what the plan saw. */
export function writeStep(
  wanted: WantedFile,
  replaces: WriteFile['replaces'],
  options: { readonly phase: StepPhase; readonly note?: string | undefined },
): StepTemplate {
  return {
    title: `write ${wanted.path}`,
    phase: options.phase,
    on: 'host',
    operation: {
      do: 'write-file',
      path: wanted.path,
      content: wanted.content,
      mode: wanted.mode,
      ...(wanted.owner === undefined ? {} : { owner: wanted.owner }),
      entry: {
        id: wanted.id,
        kind: wanted.kind,
        ...(options.note === undefined ? {} : { note: options.note }),
      },
      replaces,
    },
  };
}

/** Removes the file of a resource that moved to another path, before the new one is recorded under the same id. */
export function leaveOldPath(path: string, { owned }: Pick<DiffContext, 'owned'>): StepTemplate[] {
  if (owned === undefined || owned.path === path) return [];
  return [
    {
      title: `remove ${owned.path}`,
      phase: 'configure',
      on: 'host',
      operation: { do: 'remove-file', path: owned.path, entry: owned },
    },
  ];
}

/** The difference for an existing file that sealctl did not write: no steps, and an error with the remedy. */
export function foreignFile(wanted: WantedFile, why: string, host: string): Difference {
  const problem: Problem = {
    code: 'foreign-file',
    severity: 'error',
    summary: `${wanted.path} exists but was not created by sealctl`,
    where: { in: 'host', host, path: wanted.path },
    why,
    fix: 'check it; if nothing needs it, move it away and plan again',
  };
  return {
    action: 'none',
    fields: [],
    findings: [problem],
    steps: [],
  };
}

/** The file is as wanted but the manifest does not list it, as when the manifest was lost: it is recorded again. */
export function adopt(wanted: WantedFile, sha: string, note?: string): Difference {
  return {
    action: 'update',
    fields: [adopted('the file is as wanted')],
    findings: [],
    steps: [
      {
        title: `record ${wanted.path}`,
        phase: 'configure',
        on: 'host',
        operation: {
          do: 'manifest',
          record: [
            {
              id: wanted.id,
              kind: wanted.kind,
              path: wanted.path,
              sha256: sha,
              ...(note === undefined ? {} : { note }),
            },
          ],
          forget: [],
        },
      },
    ],
  };
}

/** Only mode or owner differ: the same content is written again with the right ones. */
export function accessChange(
  wanted: WantedFile,
  found: Extract<FileComparison, { state: 'mode' }>,
  note: string | undefined,
): Difference {
  return {
    action: 'update',
    fields: [
      {
        field: 'access',
        before: { show: 'value', value: found.before },
        after: { show: 'value', value: found.after },
        class: 'live',
        cause: 'drift',
        reason: 'permissions take effect at once',
      },
    ],
    findings: [],
    steps: [writeStep(wanted, { sha256: found.sha256 }, { phase: 'configure', note })],
  };
}

/** Deleting a file that sealctl owns whole. */
export function removeOwnedFile(entry: ManifestEntry, reason: string): Difference {
  return {
    action: 'delete',
    fields: [removedField(entry.path, reason)],
    findings: [],
    steps: [
      {
        title: `remove ${entry.path}`,
        phase: 'clean',
        on: 'host',
        operation: { do: 'remove-file', path: entry.path, entry },
      },
    ],
  };
}

/** The field of a resource that is removed. */
export function removedField(what: string, reason: string): FieldChange {
  return {
    field: '',
    before: { show: 'value', value: what },
    after: { show: 'value', value: null },
    class: 'live',
    cause: 'change',
    reason,
  };
}

/** A difference without changes, with optional findings. */
export function unchanged(findings: readonly Problem[] = []): Difference {
  return { action: 'none', fields: [], findings, steps: [] };
}

/** The field of a thing that is as it should be but that the manifest does not list, as when the manifest was lost. */
export function adopted(because: string): FieldChange {
  return {
    field: '',
    before: { show: 'value', value: 'not recorded as managed' },
    after: { show: 'value', value: 'recorded' },
    class: 'live',
    cause: 'change',
    reason: `${because}; only the manifest on the host changes`,
  };
}

/** Removal of a resource that stays on the host and is no longer managed. `where` describes what happens to it. */
export function leftInPlace(entry: ManifestEntry, where: string, reason: string): Difference {
  return {
    action: 'delete',
    fields: [
      {
        field: '',
        before: { show: 'value', value: 'managed' },
        after: { show: 'value', value: where },
        class: 'live',
        cause: 'change',
        reason,
      },
    ],
    findings: [],
    steps: [forgetStep(entry)],
  };
}

/** Removes only the manifest's entry: the resource itself stays. */
export function forgetStep(entry: ManifestEntry): StepTemplate {
  return {
    title: `forget ${entry.path}`,
    phase: 'clean',
    on: 'host',
    operation: { do: 'manifest', record: [], forget: [entry.id] },
  };
}
