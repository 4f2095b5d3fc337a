import { describe, expect, it } from 'vitest';
import type { FieldChange } from '../../../src/sealctl/model/field-change.ts';
import {
  compareFields,
  fieldNote,
  type FieldComparison,
  type WantedField,
} from '../../../src/sealctl/kinds/core/fields.ts';

const plain = (value: string): WantedField => ({ value, secret: false });
const secret = (value: string | undefined): WantedField => ({ value, secret: true });
const nothing = { show: 'value', value: null } as const;
const hidden = { show: 'secret' } as const;
const shown = (value: string) => ({ show: 'value', value }) as const;

type Fields = Readonly<Record<string, WantedField>>;

const mapOf = <Value>(record: Readonly<Record<string, Value>>) => new Map(Object.entries(record));

/** Compares with what was last written, if anything was; nothing may be shown that the note does not vouch for. */
function compared(
  wanted: Fields,
  present: Readonly<Record<string, string>>,
  written?: Fields,
  changes: Partial<FieldComparison> = {},
): FieldChange[] {
  return compareFields({
    wanted: mapOf(wanted),
    present: mapOf(present),
    note: written === undefined ? undefined : fieldNote(mapOf(written)),
    cause: 'both',
    classOf: (name) => (name.startsWith('LIVE') ? 'live' : 'restart'),
    reasonOf: (name) => `${name} is read at the start`,
    mayShow: () => false,
    ...changes,
  });
}

/** The one field that differs, before and after. */
function onlyChange(...parameters: Parameters<typeof compared>): Pick<FieldChange, 'before' | 'after'> {
  const changes = compared(...parameters);
  expect(changes).toHaveLength(1);
  return { before: changes[0]?.before ?? hidden, after: changes[0]?.after ?? hidden };
}

function causes(...parameters: Parameters<typeof compared>): Record<string, string> {
  return Object.fromEntries(compared(...parameters).map(({ field, cause }) => [field, cause]));
}

describe('the note of the fields last written', () => {
  it('has eight digits of a digest of each, marked as secret or not, and none of a secret not known yet', () => {
    const note = fieldNote(mapOf({ A: plain('4'), B: secret('T0K3N'), C: secret(undefined) }));
    expect(note).toBe('{"A":"p4b227777","B":"s89080dd9","C":"s"}');
  });
});

describe('fields that differ', () => {
  const origin = { layer: 'cluster', path: 'env.A' } as const;

  it('are in the order wanted, and those that are not wanted come last', () => {
    const wanted = { B: plain('2'), LIVE: plain('new'), A: { ...plain('1'), origin } };
    const written = { B: plain('2'), LIVE: plain('old'), A: plain('0') };
    expect(compared(wanted, { GONE: 'x', A: '0', B: '2', LIVE: 'old' }, written)).toStrictEqual([
      {
        field: 'LIVE',
        before: shown('old'),
        after: shown('new'),
        class: 'live',
        cause: 'change',
        reason: 'LIVE is read at the start',
      },
      {
        field: 'A',
        before: shown('0'),
        after: shown('1'),
        class: 'restart',
        cause: 'change',
        reason: 'A is read at the start',
        origin,
      },
      {
        field: 'GONE',
        before: hidden,
        after: nothing,
        class: 'restart',
        cause: 'drift',
        reason: 'GONE is read at the start',
      },
    ]);
  });

  it('have the cause of the file as a whole unless cluster.yaml and the host changed both', () => {
    const of = (cause: FieldComparison['cause']) =>
      causes({ A: plain('1') }, { A: '2', B: '3' }, { A: plain('2') }, { cause });
    expect(of('drift')).toEqual({ A: 'drift', B: 'drift' });
    expect(of('change')).toEqual({ A: 'change', B: 'change' });
    expect(of('both')).toEqual({ A: 'change', B: 'drift' });
  });

  it('have their own cause by what was last written', () => {
    const wanted = { EDITED: plain('1'), DELETED: plain('1'), NEW: plain('1'), SET: plain('2') };
    const written = { EDITED: plain('1'), DELETED: plain('1'), SET: plain('1'), DROPPED: plain('1') };
    expect(causes(wanted, { EDITED: '9', SET: '1', DROPPED: '1', ADDED: '1' }, written)).toEqual({
      EDITED: 'drift',
      DELETED: 'drift',
      NEW: 'change',
      SET: 'change',
      DROPPED: 'change',
      ADDED: 'drift',
    });
  });

  it('are a change where a secret was not known when it was last written', () => {
    expect(causes({ A: secret('T0K3N') }, { A: 'other' }, { A: secret(undefined) })).toEqual({
      A: 'change',
    });
  });

  it('may have the names of what every object has', () => {
    const names = { constructor: 'x', toString: 'y', ['__proto__']: 'z' };
    const present = new Map([...Object.entries(names), ['__proto__', 'z']]);
    expect(
      compared({}, {}, { A: plain('1') }, { present }).map(({ field, before }) => [field, before]),
    ).toEqual([
      ['constructor', hidden],
      ['toString', hidden],
      ['__proto__', hidden],
    ]);
  });
});

describe('a secret that is not known yet', () => {
  const unknown = { show: 'unknown', until: 'the miner is initialized' };

  it('is a change where nothing is there', () => {
    expect(onlyChange({ A: secret(undefined) }, {})).toEqual({ before: nothing, after: unknown });
  });

  it('may be the one that is there, unless what was last written was no secret', () => {
    expect(compared({ A: secret(undefined) }, { A: 'T0K3N' })).toEqual([]);
    expect(compared({ A: secret(undefined) }, { A: 'T0K3N' }, { B: plain('1') })).toEqual([]);
    expect(compared({ A: secret(undefined) }, { A: 'T0K3N' }, { A: secret('T0K3N') })).toEqual([]);
    expect(onlyChange({ A: secret(undefined) }, { A: 'info' }, { A: plain('info') })).toEqual({
      before: shown('info'),
      after: unknown,
    });
  });
});

describe('a value that is there', () => {
  const after = shown('1');

  it('is shown where it takes the place of no secret', () => {
    expect(onlyChange({ A: plain('1') }, { A: 'theirs' })).toEqual({ before: shown('theirs'), after });
  });

  it('is not shown when a secret was last written there, whatever it is now and whatever is wanted', () => {
    const written = { A: secret('T0K3N') };
    const always = { mayShow: () => true };
    expect(onlyChange({ A: plain('1') }, { A: 'T0K3N' }, written)).toEqual({ before: hidden, after });
    expect(onlyChange({ A: plain('1') }, { A: 'other' }, written, always)).toEqual({ before: hidden, after });
    expect(onlyChange({}, { A: 'other' }, written, always)).toEqual({ before: hidden, after: nothing });
  });

  it('is not shown where a secret is wanted, unless it is what was last written as no secret', () => {
    const wanted = { A: secret('T0K3N') };
    expect(onlyChange(wanted, { A: 'edited' })).toEqual({ before: hidden, after: hidden });
    expect(onlyChange(wanted, { A: 'edited' }, { A: plain('info') })).toEqual({
      before: hidden,
      after: hidden,
    });
    expect(onlyChange(wanted, { A: 'info' }, { A: plain('info') })).toEqual({
      before: shown('info'),
      after: hidden,
    });
  });

  it('is shown where it is not wanted if it is what was last written, or its name says that it is none', () => {
    const always = { mayShow: (name: string) => name === 'A' };
    expect(onlyChange({}, { A: 'info' }, { A: plain('info') })).toEqual({
      before: shown('info'),
      after: nothing,
    });
    expect(onlyChange({}, { A: 'edited' }, { A: plain('info') })).toEqual({ before: hidden, after: nothing });
    expect(onlyChange({}, { A: 'edited' }, undefined, always)).toEqual({
      before: shown('edited'),
      after: nothing,
    });
    expect(onlyChange({}, { B: 'edited' }, undefined, always)).toEqual({ before: hidden, after: nothing });
  });

  it.each(['no JSON', 'null', '3', '["p4b227777"]', '{"A":{"digest":"4b227777"}}'])(
    'is not vouched for by a note that another version wrote as %s',
    (note) => {
      expect(onlyChange({}, { A: '4' }, undefined, { note })).toEqual({ before: hidden, after: nothing });
      expect(causes({ A: plain('1') }, { A: '4' }, undefined, { note })).toEqual({ A: 'drift' });
    },
  );
});
