import { FormatError } from './format-error.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Name of the key that signs tokens, and its type in the file. */
export const jwtKeyName = 'auth-jwt-private';
export const jwtKeyType = 'jwt-hmac-secret';

/** One keystore file: `{"Type":…,"PrivateKey":base64}`. Mode must be 0600. Source: docs/spec/lotus.md section 7.2. */
export interface KeystoreKey {
  readonly type: string;
  readonly privateKey: Uint8Array;
}

/** The file name of a key: its name in unpadded base32. */
export function keystoreFileName(keyName: string): string {
  let bits = 0;
  let count = 0;
  let text = '';
  for (const byte of new TextEncoder().encode(keyName)) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 5) {
      text += alphabet[(bits >> (count - 5)) & 31];
      count -= 5;
    }
    bits &= (1 << count) - 1;
  }
  return count === 0 ? text : text + alphabet[(bits << (5 - count)) & 31];
}

/** The text of a keystore file. */
export function formatKeystoreKey(key: KeystoreKey): string {
  return JSON.stringify({ Type: key.type, PrivateKey: Buffer.from(key.privateKey).toString('base64') });
}

/** Reads a keystore file; the error of a broken one never shows its content. */
export function parseKeystoreKey(text: string): KeystoreKey {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatError('the key file is not JSON');
  }
  const { Type, PrivateKey } = (value ?? {}) as { Type?: unknown; PrivateKey?: unknown };
  if (typeof Type !== 'string' || typeof PrivateKey !== 'string')
    throw new FormatError('the key file lacks Type or PrivateKey');
  return { type: Type, privateKey: Buffer.from(PrivateKey, 'base64') };
}
