import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { utils, type ParsedKey } from 'ssh2';
import { messageOf } from '../problem/problem.ts';

/** Keys to log in with, and what is to be said of the ones that could not be used. */
export interface Identities {
  readonly keys: readonly ParsedKey[];
  readonly notes: readonly string[];
}

/** Asks for the passphrase of a key file; undefined when nobody can answer. */
export type AskPassphrase = (file: string) => Promise<string | undefined>;

const parsed = new Map<string, Promise<Identities>>();

/** Reads and parses key files, each once for the whole process: parsing and decoding cost more than a signature. */
export async function readIdentities(files: readonly string[], ask: AskPassphrase): Promise<Identities> {
  const all = await Promise.all(
    files.map((file) => {
      const reading = parsed.get(file) ?? readIdentity(file, ask);
      parsed.set(file, reading);
      return reading;
    }),
  );
  return { keys: all.flatMap(({ keys }) => keys), notes: all.flatMap(({ notes }) => notes) };
}

async function readIdentity(file: string, ask: AskPassphrase): Promise<Identities> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    // The default key files need not exist; a reader of the notes sees which were looked for.
    return { keys: [], notes: [`${file}: ${messageOf(thrown).split(',')[0] ?? ''}`] };
  }
  let key = utils.parseKey(text);
  if (key instanceof Error && /passphrase|encrypted/i.test(key.message)) {
    const passphrase = await ask(file);
    if (passphrase === undefined) {
      return {
        keys: [],
        notes: [`${file}: it has a passphrase, which nobody can type here; load it into ssh-agent`],
      };
    }
    key = utils.parseKey(text, passphrase);
  }
  const first = Array.isArray(key) ? key[0] : key;
  if (first === undefined || first instanceof Error)
    return { keys: [], notes: [`${file}: ${first?.message ?? 'no key'}`] };
  return { keys: [withCachedKey(first)], notes: [] };
}

/** Decoding the PEM for every signature costs ten times the signature of an ed25519 key. */
function withCachedKey(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-ed25519') return key;
  const privateKey = createPrivateKey(key.getPrivatePEM());
  return Object.assign(key, {
    sign: (data: Buffer | string) => {
      try {
        return sign(null, Buffer.from(data as Buffer), privateKey);
      } catch (thrown) {
        return thrown instanceof Error ? thrown : new Error(String(thrown));
      }
    },
  });
}
