import { z } from 'zod';
import type { Origin } from '../../spec/spec.ts';
import { sha256 } from './file.ts';
import type { ChangeClass, FieldChange, DisplayValue } from '../../model/field-change.ts';

/** A field of a file as wanted: its value, absent while a secret in it is not known yet. */
export interface WantedField {
  readonly value: string | undefined;
  readonly secret: boolean;
  readonly origin?: Origin;
}

/**
 * What the manifest's note remembers of the fields last written: a short digest of each, marked when it was a secret. It tells, field
 * by field, whether cluster.yaml or the host changed, and which old values may be shown.
 */
type FieldNote = ReadonlyMap<string, string>;

const noteSchema = z.record(z.string(), z.string());

/** The note for the manifest; a secret that is not known yet is marked without a digest. */
export function fieldNote(fields: ReadonlyMap<string, WantedField>): string {
  const digests = [...fields].map(([name, { value, secret }]) => [
    name,
    `${secret ? 's' : 'p'}${value === undefined ? '' : shortDigest(value)}`,
  ]);
  return JSON.stringify(Object.fromEntries(digests));
}

export interface FieldComparison {
  readonly wanted: ReadonlyMap<string, WantedField>;
  readonly present: ReadonlyMap<string, string>;
  readonly note: string | undefined;
  /** The cause for the file as a whole; with `both` each field has its own. */
  readonly cause: FieldChange['cause'] | 'both';
  readonly classOf: (field: string) => ChangeClass;
  readonly reasonOf: (field: string) => string;
  /** Whether a value that is wanted no longer may be shown although the note does not vouch for it. */
  readonly mayShow: (field: string) => boolean;
}

/** The fields that differ, in the order wanted, the superfluous ones last. */
export function compareFields(comparison: FieldComparison): FieldChange[] {
  const { wanted, present } = comparison;
  const note = readNote(comparison.note);
  const changes: FieldChange[] = [];
  for (const [name, field] of wanted) {
    const before = present.get(name);
    // A secret that is not known now may well be the one that is there, unless what is there was no secret.
    const same =
      field.value === undefined
        ? before !== undefined && note.get(name)?.startsWith('p') !== true
        : before === field.value;
    if (same) continue;
    changes.push({
      field: name,
      before: displayBefore(name, before, field.secret, note, comparison),
      after: displayAfter(field),
      ...verdict(name, before, note, comparison),
      ...(field.origin === undefined ? {} : { origin: field.origin }),
    });
  }
  for (const [name, before] of present) {
    if (wanted.has(name)) continue;
    changes.push({
      field: name,
      before: displayBefore(name, before, !comparison.mayShow(name), note, comparison),
      after: { show: 'value', value: null },
      ...verdict(name, before, note, comparison),
    });
  }
  return changes;
}

function verdict(
  name: string,
  before: string | undefined,
  note: FieldNote,
  { cause, classOf, reasonOf }: FieldComparison,
): Pick<FieldChange, 'class' | 'cause' | 'reason'> {
  return {
    class: classOf(name),
    cause: cause === 'both' ? causeByNote(name, before, note) : cause,
    reason: reasonOf(name),
  };
}

/** The host's value is what was last written: cluster.yaml changed. Anything else: the host did. */
function causeByNote(name: string, before: string | undefined, note: FieldNote): FieldChange['cause'] {
  const written = note.get(name)?.slice(1);
  if (written === '') return 'change';
  return written === (before === undefined ? undefined : shortDigest(before)) ? 'change' : 'drift';
}

function displayBefore(
  name: string,
  before: string | undefined,
  secret: boolean,
  note: FieldNote,
  { mayShow }: FieldComparison,
): DisplayValue {
  if (before === undefined) return { show: 'value', value: null };
  const written = note.get(name);
  if (written?.startsWith('s') === true) return { show: 'secret' };
  const vouched = written === `p${shortDigest(before)}`;
  return secret && !vouched && !mayShow(name) ? { show: 'secret' } : { show: 'value', value: before };
}

function displayAfter(field: WantedField): DisplayValue {
  if (field.secret)
    return field.value === undefined
      ? { show: 'unknown', until: 'the miner is initialized' }
      : { show: 'secret' };
  return { show: 'value', value: field.value ?? null };
}

/** Reads a note. One that another version wrote in another form says nothing, so that no old value is vouched for. */
function readNote(note: string | undefined): FieldNote {
  try {
    return new Map(Object.entries(noteSchema.parse(JSON.parse(note ?? '{}'))));
  } catch {
    return new Map();
  }
}

function shortDigest(value: string): string {
  return sha256(value).slice(0, 8);
}
