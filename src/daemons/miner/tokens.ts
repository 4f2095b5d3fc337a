import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import { fail } from '@sealctl/core/problem/problem';
import {
  formatKeystoreKey,
  jwtKeyName,
  jwtKeyType,
  keystoreFileName,
  parseKeystoreKey,
} from '@sealctl/core/lotus/keystore';
import { isPermission, permissions, type Permission } from '@sealctl/core/lotus/permission';
import { keystoreDirectory, tokenFile } from '@sealctl/core/lotus/repo-layout';
import { writeWhole } from '../base/repo-files.ts';

/** Makes and checks tokens: JWTs with HS256 whose only claim is `Allow`; they never expire. Source: docs/spec/lotus.md section 4.3. */
export interface Tokens {
  readonly issue: (allow: readonly Permission[]) => Promise<string>;
  /** The permissions of a token, or undefined when it was not signed by this miner. */
  readonly verify: (token: string) => Promise<readonly Permission[] | undefined>;
}

const keyBytes = 32;

/** Creates the secret of a new repo and its `token` file with an admin token, both with mode 0600. */
export async function createTokenSecret(repo: string): Promise<void> {
  const keystore = join(repo, keystoreDirectory);
  await mkdir(keystore, { recursive: true });
  await chmod(keystore, 0o700);
  const secret = randomBytes(keyBytes);
  const file = join(keystore, keystoreFileName(jwtKeyName));
  await writeWhole(file, formatKeystoreKey({ type: jwtKeyType, privateKey: secret }), 0o600);
  await writeWhole(tokenFile(repo), await tokensOf(secret).issue(permissions), 0o600);
}

/** Opens the secret of a repo; rejects with a problem when others may read it. */
export async function openTokens(repo: string): Promise<Tokens> {
  const file = join(repo, keystoreDirectory, keystoreFileName(jwtKeyName));
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0)
    throw fail({
      code: 'open-keystore',
      summary: `${file} may be read by others (mode ${(mode & 0o777).toString(8)})`,
      why: 'anyone who reads it can make admin tokens',
      fix: `chmod 0600 ${file}`,
    });
  return tokensOf(parseKeystoreKey(await readFile(file, 'utf8')).privateKey);
}

/** Tokens signed with this secret. */
export function tokensOf(secret: Uint8Array): Tokens {
  return {
    issue: (allow) =>
      new SignJWT({ Allow: [...allow] }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(secret),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, secret, { algorithms: ['HS256'] });
        const allow: unknown = payload['Allow'];
        return Array.isArray(allow)
          ? allow.filter((word): word is Permission => isPermission(String(word)))
          : [];
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
