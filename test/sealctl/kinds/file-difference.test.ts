import { describe, expect, it } from 'vitest';
import type { ManifestEntry } from '../../../src/sealctl/host/probe/facts.ts';
import type { WantedFile } from '../../../src/sealctl/kinds/core/file.ts';
import {
  accessChange,
  adopt,
  foreignFile,
  leaveOldPath,
  leftInPlace,
  removeOwnedFile,
  unchanged,
  writeStep,
} from '../../../src/sealctl/kinds/core/file-difference.ts';
import { digestOf } from '../model/spec.ts';

const path = '/etc/sealctl/some.conf';
const wanted: WantedFile = { id: 'worker-1/some', kind: 'some', path, content: ['text\n'], mode: '0600' };
const entry: ManifestEntry = { id: 'worker-1/some', kind: 'some', path, sha256: digestOf('a') };

describe('the step that writes a file', () => {
  it('writes it with its mode over what the plan saw, and records it', () => {
    expect(writeStep(wanted, { absent: true }, { phase: 'prepare' })).toStrictEqual({
      title: `write ${path}`,
      phase: 'prepare',
      on: 'host',
      operation: {
        do: 'write-file',
        path,
        content: ['text\n'],
        mode: '0600',
        entry: { id: 'worker-1/some', kind: 'some' },
        replaces: { absent: true },
      },
    });
  });

  it('gives it the owner, and records the note, where there is one', () => {
    const step = writeStep(
      { ...wanted, owner: 'sealer' },
      { sha256: 'abc' },
      { phase: 'configure', note: 'n' },
    );
    expect(step).toStrictEqual({
      title: `write ${path}`,
      phase: 'configure',
      on: 'host',
      operation: {
        do: 'write-file',
        path,
        content: ['text\n'],
        mode: '0600',
        owner: 'sealer',
        entry: { id: 'worker-1/some', kind: 'some', note: 'n' },
        replaces: { sha256: 'abc' },
      },
    });
  });
});

describe('a resource that moved', () => {
  it('has its file at the old path removed, and none where it did not move or never was', () => {
    expect(leaveOldPath('/etc/sealctl/new.conf', { owned: entry })).toStrictEqual([
      {
        title: `remove ${path}`,
        phase: 'configure',
        on: 'host',
        operation: { do: 'remove-file', path, entry },
      },
    ]);
    expect(leaveOldPath(path, { owned: entry })).toEqual([]);
    expect(leaveOldPath(path, { owned: undefined })).toEqual([]);
  });
});

describe('the difference of a file', () => {
  it('that sealctl did not write is an error with the remedy, and no steps', () => {
    expect(foreignFile(wanted, 'it is a directory', 'worker-1')).toStrictEqual({
      action: 'none',
      fields: [],
      findings: [
        {
          code: 'foreign-file',
          severity: 'error',
          summary: '/etc/sealctl/some.conf exists but was not created by sealctl',
          where: { in: 'host', host: 'worker-1', path },
          why: 'it is a directory',
          fix: 'check it; if nothing needs it, move it away and plan again',
        },
      ],
      steps: [],
    });
  });

  it('that is as wanted but not in the manifest is recorded, and nothing else', () => {
    const recording = (record: ManifestEntry) => ({
      action: 'update',
      fields: [
        {
          field: '',
          before: { show: 'value', value: 'not recorded as managed' },
          after: { show: 'value', value: 'recorded' },
          class: 'live',
          cause: 'change',
          reason: 'the file is as wanted; only the manifest on the host changes',
        },
      ],
      findings: [],
      steps: [
        {
          title: `record ${path}`,
          phase: 'configure',
          on: 'host',
          operation: { do: 'manifest', record: [record], forget: [] },
        },
      ],
    });
    expect(adopt(wanted, entry.sha256)).toStrictEqual(recording(entry));
    expect(adopt(wanted, entry.sha256, 'n')).toStrictEqual(recording({ ...entry, note: 'n' }));
  });

  it('whose mode or owner differ is the same content written again', () => {
    const found = { state: 'mode', before: '0644 root', after: '0600 root', sha256: 'abc' } as const;
    const written = (options: { readonly note?: string }) => ({
      action: 'update',
      fields: [
        {
          field: 'access',
          before: { show: 'value', value: '0644 root' },
          after: { show: 'value', value: '0600 root' },
          class: 'live',
          cause: 'drift',
          reason: 'permissions take effect at once',
        },
      ],
      findings: [],
      steps: [writeStep(wanted, { sha256: 'abc' }, { phase: 'configure', ...options })],
    });
    expect(accessChange(wanted, found, undefined)).toStrictEqual(written({}));
    expect(accessChange(wanted, found, 'n')).toStrictEqual(written({ note: 'n' }));
  });

  it('that is wanted no longer is its removal', () => {
    expect(removeOwnedFile(entry, 'the daemon was removed')).toStrictEqual({
      action: 'delete',
      fields: [
        {
          field: '',
          before: { show: 'value', value: path },
          after: { show: 'value', value: null },
          class: 'live',
          cause: 'change',
          reason: 'the daemon was removed',
        },
      ],
      findings: [],
      steps: [
        {
          title: `remove ${path}`,
          phase: 'clean',
          on: 'host',
          operation: { do: 'remove-file', path, entry },
        },
      ],
    });
  });

  it('that is left on the host is only forgotten', () => {
    expect(leftInPlace(entry, 'left in the repo', 'the repo stays')).toStrictEqual({
      action: 'delete',
      fields: [
        {
          field: '',
          before: { show: 'value', value: 'managed' },
          after: { show: 'value', value: 'left in the repo' },
          class: 'live',
          cause: 'change',
          reason: 'the repo stays',
        },
      ],
      findings: [],
      steps: [
        {
          title: `forget ${path}`,
          phase: 'clean',
          on: 'host',
          operation: { do: 'manifest', record: [], forget: ['worker-1/some'] },
        },
      ],
    });
  });

  it('that is as it should be is nothing but what was found beside it', () => {
    const finding = { code: 'a', severity: 'warning', summary: 'b' } as const;
    expect(unchanged()).toStrictEqual({ action: 'none', fields: [], findings: [], steps: [] });
    expect(unchanged([finding])).toStrictEqual({
      action: 'none',
      fields: [],
      findings: [finding],
      steps: [],
    });
  });
});
