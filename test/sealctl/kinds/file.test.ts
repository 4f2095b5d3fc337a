import { describe, expect, it } from 'vitest';
import type { FileFact, ManifestEntry } from '../../../src/sealctl/host/probe/facts.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import {
  compareFile,
  fileRequest,
  ownedAt,
  sha256,
  type FileComparison,
  type WantedFile,
} from '../../../src/sealctl/kinds/core/file.ts';
import { secretKey, type SecretRef } from '../../../src/core/secret/secret.ts';
import { ModelHost } from '../model/host.ts';

const path = '/etc/sealctl/some.conf';
const token: SecretRef = { from: 'miner-token' };
const wanted: WantedFile = {
  id: 'worker-1/some',
  kind: 'some',
  path,
  content: ['as wanted\n'],
  mode: '0600',
};
const withSecret: WantedFile = { ...wanted, content: ['token=', token] };
const secrets = new Map([[secretKey(token), 'T0K3N']]);

/** A regular file with this content, as a probe reports it. */
function fileOf(content: string, changes: Partial<FileFact> = {}): FileFact {
  return { type: 'file', mode: '0600', owner: 'root', sha256: sha256(content), content, ...changes };
}

/** A file whose content was not asked for, or is too large for an answer. */
function largeFileOf(content: string, changes: Partial<FileFact> = {}): FileFact {
  const { content: _content, ...fact } = fileOf(content, changes);
  return fact;
}

/** What the manifest has of a file that sealctl wrote with this content. */
function entryOf(content: string, changes: Partial<ManifestEntry> = {}): ManifestEntry {
  return { id: wanted.id, kind: wanted.kind, path, sha256: sha256(content), ...changes };
}

function compared(
  fact: FileFact | undefined,
  owned: ManifestEntry | undefined,
  file: WantedFile = wanted,
  more: { readonly merged?: boolean; readonly secrets?: ReadonlyMap<string, string> } = {},
): FileComparison {
  const host = new ModelHost('worker-1', layoutOf({ services: 'systemd', root: '/' }), true, () => new Map());
  const files = new Map(fact === undefined ? [] : [[`file ${path}`, fact]]);
  const context = {
    facts: { ...host.probe([]), files },
    miner: { unreachable: 'not asked' },
    secrets: more.secrets ?? secrets,
    owned,
  };
  return more.merged === undefined
    ? compareFile(file, context)
    : compareFile(file, context, { merged: more.merged });
}

describe('a file', () => {
  it('is asked for with its content', () => {
    expect(fileRequest(path)).toEqual({ ask: 'file', path, content: true });
  });

  it('is the same when its content is as wanted and the manifest lists it', () => {
    expect(compared(fileOf('as wanted\n'), entryOf('as wanted\n'))).toEqual({ state: 'same' });
    expect(compared(fileOf('token=T0K3N'), entryOf('token=T0K3N'), withSecret)).toEqual({ state: 'same' });
  });

  it('is compared by its digest when the probe did not return its content', () => {
    const owned = entryOf('as wanted\n');
    expect(compared(largeFileOf('as wanted\n'), owned)).toEqual({ state: 'same' });
    expect(compared(largeFileOf('something else'), owned)).toEqual({
      state: 'foreign',
      why: 'it is larger than 1 MiB',
    });
  });

  it('that is absent is a change as long as sealctl has not written it, and drift afterwards', () => {
    expect(compared(undefined, undefined)).toEqual({ state: 'absent', cause: 'change' });
    expect(compared({ type: 'absent' }, entryOf('x'))).toEqual({ state: 'absent', cause: 'drift' });
  });

  it('is new at a path to which its resource has moved', () => {
    const elsewhere = entryOf('as wanted\n', { path: '/etc/sealctl/old.conf' });
    expect(compared(undefined, elsewhere)).toEqual({ state: 'absent', cause: 'change' });
    expect(ownedAt(path, { owned: elsewhere })).toBeUndefined();
    expect(ownedAt('/etc/sealctl/old.conf', { owned: elsewhere })).toBe(elsewhere);
  });

  it('that the manifest does not list is recorded when it is as wanted, and foreign otherwise', () => {
    expect(compared(fileOf('as wanted\n'), undefined)).toEqual({
      state: 'unrecorded',
      sha256: sha256('as wanted\n'),
    });
    const foreign = { state: 'foreign', why: 'the manifest on the host does not list it' };
    expect(compared(fileOf('theirs'), undefined)).toEqual(foreign);
    expect(compared(largeFileOf('theirs'), undefined)).toEqual(foreign);
    expect(compared(fileOf('theirs'), undefined, wanted, { merged: false })).toEqual(foreign);
  });

  it('that others write too needs no entry in the manifest', () => {
    const merged = { merged: true };
    expect(compared(fileOf('as wanted\n'), undefined, wanted, merged)).toEqual({ state: 'same' });
    expect(compared(fileOf('theirs'), undefined, wanted, merged)).toEqual({
      state: 'differs',
      cause: 'change',
      content: 'theirs',
      sha256: sha256('theirs'),
    });
  });

  it.each([
    [{ type: 'file', error: 'Permission denied' }, 'it cannot be read: Permission denied'],
    [{ type: 'directory' }, 'it is a directory'],
    [
      { type: 'link', target: '/srv/conf' },
      'it is a symbolic link to /srv/conf, which sealctl does not follow',
    ],
    [
      { ...fileOf('as wanted\n'), type: 'link', target: '/srv/same' },
      'it is a symbolic link to /srv/same, which sealctl does not follow',
    ],
    [{ type: 'link' }, 'it is a symbolic link to somewhere, which sealctl does not follow'],
    [{ type: 'other' }, 'it is not a regular file'],
    [{ type: 'file' }, 'it is not a regular file'],
  ] as const)('that is %o on the host is foreign although the manifest lists it', (fact, why) => {
    expect(compared(fact, entryOf('as wanted\n'))).toEqual({ state: 'foreign', why });
  });
});

describe('the cause of a difference in a file', () => {
  const ours = sha256('as wanted\n');

  function causeOf(present: string, owned: ManifestEntry): unknown {
    const found = compared(fileOf(present), owned);
    expect(found).toMatchObject({ state: 'differs', content: present, sha256: sha256(present) });
    return 'cause' in found ? found.cause : undefined;
  }

  it('is cluster.yaml when the host still has what sealctl last wrote', () => {
    expect(causeOf('before', entryOf('before'))).toBe('change');
  });

  it('is the host when what sealctl last wrote is still wanted', () => {
    expect(causeOf('edited', entryOf('as wanted\n'))).toBe('drift');
  });

  it('is both when neither the host nor cluster.yaml has what sealctl last wrote', () => {
    expect(causeOf('edited', entryOf('before'))).toBe('both');
  });

  it('takes either content as last written while a write that was interrupted may have been done', () => {
    expect(causeOf('half', entryOf('before', { pendingSha256: sha256('half') }))).toBe('change');
    expect(causeOf('edited', entryOf('before', { pendingSha256: ours }))).toBe('drift');
    expect(causeOf('edited', entryOf('before', { pendingSha256: sha256('half') }))).toBe('both');
  });

  it('cannot be drift alone while a secret of the file is not known, and the file counts as different', () => {
    const found = compared(fileOf('token=T0K3N'), entryOf('token=OLD'), withSecret, { secrets: new Map() });
    expect(found).toEqual({
      state: 'differs',
      cause: 'both',
      content: 'token=T0K3N',
      sha256: sha256('token=T0K3N'),
    });
  });
});

describe('the access to a file whose content is as wanted', () => {
  const owned = entryOf('as wanted\n');
  const state = { state: 'mode', sha256: owned.sha256 };
  const ownedBySealer: WantedFile = { ...wanted, owner: 'sealer' };

  it('differs when its mode does, and its owner stays when cluster.yaml names none', () => {
    expect(compared(fileOf('as wanted\n', { mode: '0644' }), owned)).toEqual({
      ...state,
      before: '0644 root',
      after: '0600 root',
    });
  });

  it('differs when its owner does', () => {
    expect(compared(fileOf('as wanted\n'), owned, ownedBySealer)).toEqual({
      ...state,
      before: '0600 root',
      after: '0600 sealer',
    });
  });

  it('differs when both do, and also of a file that the manifest does not list', () => {
    expect(compared(fileOf('as wanted\n', { mode: '0666' }), undefined, ownedBySealer)).toEqual({
      ...state,
      before: '0666 root',
      after: '0600 sealer',
    });
  });

  it('is right when mode and owner are as wanted', () => {
    expect(compared(fileOf('as wanted\n', { owner: 'sealer' }), owned, ownedBySealer)).toEqual({
      state: 'same',
    });
  });

  it('is not judged by what the probe did not return, which is shown as a question mark', () => {
    const { mode: _mode, owner: _owner, ...bare } = fileOf('as wanted\n');
    expect(compared(bare, owned, ownedBySealer)).toEqual({ state: 'same' });
    expect(compared({ ...bare, mode: '0644' }, owned)).toEqual({
      ...state,
      before: '0644 ?',
      after: '0600',
    });
    expect(compared({ ...bare, owner: 'root' }, owned, ownedBySealer)).toEqual({
      ...state,
      before: '? root',
      after: '0600 sealer',
    });
  });
});
