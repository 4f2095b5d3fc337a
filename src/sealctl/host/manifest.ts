import type { ManifestEntry } from './probe/facts.ts';

/**
 * The manifest on a host: one line an entry, tab-separated: id, kind, path, digest, pending digest, note; `-` for a column without a
 * value. Every byte that is no plain character is written as `\0ooo`, so that a shell reads a column back with `printf %b` and no
 * name can break a line or a column. Lines that do not fit are left alone by sealctl and kept.
 */
export function formatManifestEntry(entry: ManifestEntry): string {
  const columns = [entry.id, entry.kind, entry.path, entry.sha256, entry.pendingSha256, entry.note];
  return columns
    .map((column, index) =>
      column === undefined || column === '' || (index === digestColumn && column === '-')
        ? '-'
        : escapeColumn(column),
    )
    .join('\t');
}

/** The column in which `-` itself is a value. */
const digestColumn = 3;

/** The entries of a manifest; of several with one id the last counts. */
export function parseManifest(text: string): ManifestEntry[] {
  const entries = new Map<string, ManifestEntry>();
  for (const line of text.split('\n')) {
    const [id, kind, path, sha256, pending, note, ...rest] = line.split('\t').map(unescapeColumn);
    if (id === undefined || kind === undefined || path === undefined || sha256 === undefined) continue;
    if (id === '' || kind === '' || path === '' || rest.length > 0) continue;
    entries.set(id, {
      id,
      kind,
      path,
      sha256,
      ...(pending === undefined || pending === '-' ? {} : { pendingSha256: pending }),
      ...(note === undefined || note === '-' ? {} : { note }),
    });
  }
  return [...entries.values()];
}

/** One column, as `printf %b` reads it. */
export function escapeColumn(text: string): string {
  if (text === '-') return String.raw`\0055`;
  if (/^[A-Za-z0-9_./:@%+,=-]*$/.test(text)) return text;
  let escaped = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    escaped += /[A-Za-z0-9_./:@%+,={}"-]/.test(character)
      ? character
      : String.raw`\0${byte.toString(8).padStart(3, '0')}`;
  }
  return escaped;
}

function unescapeColumn(column: string): string {
  if (!column.includes('\\')) return column;
  const bytes = Buffer.from(column, 'utf8').toString('latin1');
  return Buffer.from(
    bytes.replace(/\\0([0-7]{1,3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8) & 0xff),
    ),
    'latin1',
  ).toString('utf8');
}
