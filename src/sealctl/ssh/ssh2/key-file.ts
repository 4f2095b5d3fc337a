import { createPrivateKey, sign } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import { messageOf } from '@sealctl/core/problem/problem';

/** A private key file: read, perhaps still locked by a passphrase, or not usable for a reason. */
export type KeyFile =
  | { readonly is: 'key'; readonly file: string; readonly key: ParsedKey }
  | {
      readonly is: 'locked';
      readonly file: string;
      /** Wire form of the public half, where it can be known without the passphrase. */
      readonly publicKey: Buffer | undefined;
      readonly unlock: (passphrase: string) => ParsedKey | undefined;
    }
  | { readonly is: 'unusable'; readonly file: string; readonly why: string }
  | { readonly is: 'absent'; readonly file: string };

/** Reads a private key in any format ssh2 knows: OpenSSH's own, PEM, PuTTY's. */
export async function readKeyFile(file: string): Promise<KeyFile> {
  let text: string;
  try {
    const { mode, uid } = await stat(file);
    text = await readFile(file, 'utf8');
    if ((mode & 0o077) !== 0 && uid === process.getuid?.())
      return { is: 'unusable', file, why: 'others can read it: chmod 600' };
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT'
      ? { is: 'absent', file }
      : { is: 'unusable', file, why: messageOf(thrown) };
  }
  const key = ssh2.utils.parseKey(text);
  if (!(key instanceof Error)) {
    return key.isPrivateKey()
      ? { is: 'key', file, key: withDecodedKey(key) }
      : { is: 'unusable', file, why: 'it is a public key' };
  }
  if (!/passphrase|encrypted/i.test(key.message)) return { is: 'unusable', file, why: key.message };
  return {
    is: 'locked',
    file,
    publicKey: await publicHalf(file, text),
    unlock: (passphrase) => {
      const unlocked = ssh2.utils.parseKey(text, passphrase);
      return unlocked instanceof Error ? undefined : withDecodedKey(unlocked);
    },
  };
}

/** OpenSSH's format names the public key in the clear (PROTOCOL.key); for others `FILE.pub` may lie beside. */
async function publicHalf(file: string, text: string): Promise<Buffer | undefined> {
  const body = /BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END/.exec(text)?.[1];
  if (body !== undefined) return publicKeyOf(Buffer.from(body, 'base64'));
  try {
    const key = ssh2.utils.parseKey(await readFile(`${file}.pub`, 'utf8'));
    return key instanceof Error ? undefined : key.getPublicSSH();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

function publicKeyOf(container: Buffer): Buffer | undefined {
  let at = 'openssh-key-v1\0'.length;
  const next = () => {
    const length = container.readUInt32BE(at);
    const value = container.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  };
  try {
    // Cipher, key derivation and its options come first, then the number of keys.
    next();
    next();
    next();
    at += 4;
    return next();
  } catch {
    // Cut short: ssh2 has already said that it is encrypted, so its public half just stays unknown.
    return undefined;
  }
}

/** Decoding the PEM for every signature costs ten times the signature of an ed25519 key: it is decoded once. */
function withDecodedKey(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-ed25519' && key.type !== 'ssh-rsa') return key;
  const privateKey = createPrivateKey(key.getPrivatePEM());
  const signAs = (data: Buffer | string, algorithm?: string) => {
    const hash = key.type === 'ssh-ed25519' ? null : (algorithm ?? 'sha1');
    try {
      return sign(hash, Buffer.from(data as Buffer), privateKey);
    } catch (thrown) {
      // ssh2 wants errors returned.
      return thrown instanceof Error ? thrown : new Error(String(thrown));
    }
  };
  return Object.assign(key, { sign: signAs });
}
