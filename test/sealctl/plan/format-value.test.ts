import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DisplayValue, FieldChange } from '../../../src/sealctl/model/field-change.ts';
import {
  formatChange,
  formatOrigin,
  formatResource,
  formatValue,
} from '../../../src/sealctl/plan/render/format-value.ts';
import { planJsonSchema } from '../../../src/sealctl/plan/render/json-schema.ts';

const value = (shown: string | number | boolean | null | string[]): DisplayValue => ({
  show: 'value',
  value: shown,
});
const secret: DisplayValue = { show: 'secret' };
const unknown: DisplayValue = { show: 'unknown', until: 'the worker starts' };
const change = (before: DisplayValue, after: DisplayValue): FieldChange => ({
  field: 'f',
  before,
  after,
  class: 'live',
  cause: 'change',
  reason: 'r',
});

describe('a value in a plan', () => {
  it('is quoted where it is a text, and bare where it is a number or yes or no', () => {
    expect([value('4'), value('a "b"'), value(4), value(false)].map(formatValue)).toEqual([
      '"4"',
      String.raw`"a \"b\""`,
      '4',
      'false',
    ]);
  });

  it('is a list in brackets, also where it is empty, and nothing has its word', () => {
    expect([value(['a', 'b']), value([]), value(null)].map(formatValue)).toEqual(['[a b]', '[]', '(none)']);
  });

  it('is never shown where it is a secret, and says when it will be known where it is not known yet', () => {
    expect([secret, unknown].map(formatValue)).toEqual(['(secret)', '(known after the worker starts)']);
  });
});

describe('a changed value in a plan', () => {
  it('shows both values, and a new one alone', () => {
    expect(formatChange(change(value('a'), value('b')))).toBe('"a" -> "b"');
    expect(formatChange(change(value('a'), value(null)))).toBe('"a" -> (none)');
    expect(formatChange(change(value(null), value('b')))).toBe('"b"');
    expect(formatChange(change(value(null), unknown))).toBe('(known after the worker starts)');
    expect(formatChange(change(unknown, value('b')))).toBe('(known after the worker starts) -> "b"');
  });

  it('tells of a secret that it changes, is new, goes, or takes the place of a plain value', () => {
    expect(formatChange(change(secret, secret))).toBe('(secret, changed)');
    expect(formatChange(change(value(null), secret))).toBe('(secret)');
    expect(formatChange(change(secret, value(null)))).toBe('(secret) -> (none)');
    expect(formatChange(change(value('a'), secret))).toBe('"a" -> (secret)');
  });
});

describe('the origin of a value in a plan', () => {
  it('is its place in the file, or its layer and key where no file gives it, or nothing', () => {
    const range = { file: 'cluster.yaml', line: 4, column: 7, endLine: 4, endColumn: 9 };
    expect(formatOrigin({ layer: 'host', path: 'hosts.a.limits', range })).toBe('cluster.yaml:4:7');
    expect(formatOrigin({ layer: 'built-in', path: 'ulimits.nofile' })).toBe('built-in ulimits.nofile');
    expect(formatOrigin(undefined)).toBe('');
  });
});

describe('a resource in a plan', () => {
  it('is shown without its host, unless the host had another name as it was recorded', () => {
    expect(formatResource('host-1', 'host-1/worker/a/env')).toBe('worker/a/env');
    expect(formatResource('host-1', 'host-10/worker/a/env')).toBe('host-10/worker/a/env');
  });
});

describe('the JSON Schema of a plan', () => {
  it('is the one that the repository offers to other programs', () => {
    const offered = new URL('../../../schemas/plan.schema.json', import.meta.url);
    expect(JSON.parse(planJsonSchema())).toEqual(JSON.parse(readFileSync(offered, 'utf8')));
  });
});
