import { hash } from 'node:crypto';
import { probeKey, type FileFact, type ManifestEntry, type ProbeRequest } from '../../host/probe/facts.ts';
import { resolveTemplate, type SecretTemplate } from '@sealctl/core/secret/secret';
import type { FieldChange } from '../../model/field-change.ts';
import type { DiffContext } from '../../model/kind.ts';

/** A file as sealctl wants it, whole. */
export interface WantedFile {
  readonly id: string;
  readonly kind: string;
  readonly path: string;
  readonly content: SecretTemplate;
  /** Octal, such as `0600`. */
  readonly mode: string;
  readonly owner?: string;
}

/** How the file on the host relates to the wanted one and to what sealctl last wrote. */
export type FileComparison =
  | { readonly state: 'same' }
  | { readonly state: 'absent'; readonly cause: FieldChange['cause'] }
  /** Nothing that sealctl may replace. */
  | { readonly state: 'foreign'; readonly why: string }
  | {
      readonly state: 'differs';
      /** `both`: cluster.yaml and the host changed, so each field has its own cause. */
      readonly cause: FieldChange['cause'] | 'both';
      readonly content: string;
      readonly sha256: string;
    }
  /** The content is right; who may read it is not, or the manifest does not list it. */
  | { readonly state: 'mode'; readonly before: string; readonly after: string; readonly sha256: string }
  | { readonly state: 'unrecorded'; readonly sha256: string };

/** The question for a file with its content. */
export function fileRequest(path: string): ProbeRequest {
  return { ask: 'file', path, content: true };
}

/** The probe's answer for a path. */
export function fileAt(path: string, { facts }: Pick<DiffContext, 'facts'>): FileFact {
  return facts.files.get(probeKey(fileRequest(path))) ?? { type: 'absent' };
}

/** SHA-256 of a text in UTF-8, lower-case hex. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/**
 * Compares a file with what is wanted. Where a secret of the content is not known yet, the content counts as different.
 * `merged` is for files that others write too: they may be replaced by a version that keeps what the others wrote.
 */
export function compareFile(
  wanted: WantedFile,
  context: DiffContext,
  options: { readonly merged?: boolean } = {},
): FileComparison {
  const fact = fileAt(wanted.path, context);
  const owned = ownedAt(wanted.path, context);
  if (fact.type === 'absent') return { state: 'absent', cause: owned === undefined ? 'change' : 'drift' };
  if (fact.error !== undefined) return { state: 'foreign', why: `it cannot be read: ${fact.error}` };
  if (fact.type !== 'file' || fact.sha256 === undefined) return { state: 'foreign', why: notAFile(fact) };
  const text = resolveTemplate(wanted.content, context.secrets);
  // Comparing the text is as exact as its digest and cheaper.
  const equal = fact.content === undefined ? fact.sha256 === shaOf(text) : fact.content === text;
  if (equal) {
    const access = accessDifference(wanted, fact);
    if (access !== undefined) return { state: 'mode', ...access, sha256: fact.sha256 };
    return owned === undefined && options.merged !== true
      ? { state: 'unrecorded', sha256: fact.sha256 }
      : { state: 'same' };
  }
  if (owned === undefined && options.merged !== true)
    return { state: 'foreign', why: 'the manifest on the host does not list it' };
  if (fact.content === undefined) return { state: 'foreign', why: 'it is larger than 1 MiB' };
  return {
    state: 'differs',
    cause: causeOf(fact.sha256, shaOf(text), owned),
    content: fact.content,
    sha256: fact.sha256,
  };
}

/** The manifest's entry, if it is about this path: a resource that moved owns nothing at its new place yet. */
export function ownedAt(path: string, { owned }: Pick<DiffContext, 'owned'>): ManifestEntry | undefined {
  return owned?.path === path ? owned : undefined;
}

function shaOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : sha256(text);
}

/** Whether `cluster.yaml` changed from what was last written (change), the host did (drift), or both. */
function causeOf(
  present: string,
  wanted: string | undefined,
  owned: ManifestEntry | undefined,
): FieldChange['cause'] | 'both' {
  if (owned === undefined) return 'change';
  const written = [owned.sha256, owned.pendingSha256];
  if (written.includes(present)) return 'change';
  return wanted !== undefined && written.includes(wanted) ? 'drift' : 'both';
}

function accessDifference(wanted: WantedFile, fact: FileFact): { before: string; after: string } | undefined {
  const modeDiffers = fact.mode !== undefined && fact.mode !== wanted.mode;
  const ownerDiffers = wanted.owner !== undefined && fact.owner !== undefined && fact.owner !== wanted.owner;
  if (!modeDiffers && !ownerDiffers) return undefined;
  const owner = wanted.owner ?? fact.owner;
  return {
    before: `${fact.mode ?? '?'} ${fact.owner ?? '?'}`,
    after: owner === undefined ? wanted.mode : `${wanted.mode} ${owner}`,
  };
}

function notAFile({ type, target }: FileFact): string {
  if (type === 'directory') return 'it is a directory';
  if (type === 'link') {
    return `it is a symbolic link to ${target ?? 'somewhere'}, which sealctl does not follow`;
  }
  return 'it is not a regular file';
}
