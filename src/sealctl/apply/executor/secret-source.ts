import { probeKey } from '../../host/probe/facts.ts';
import type { Operation } from '../../host/operations/operation.ts';
import type { FleetReader } from '../../observe/fleet.ts';
import { tokenFile } from '@sealctl/core/lotus/repo-layout';
import { secretKey, secretsOf, type SecretValues } from '@sealctl/core/secret/secret';
import type { Spec } from '../../spec/spec.ts';

/**
 * Secrets as an operation is about to need them, or whoever asks the miner something where there is none. The miner's own token cannot
 * be known before the miner is initialized, so it is read when it is first wanted; `learn` is told of it then.
 */
export function secretSource(
  spec: Spec,
  fleet: FleetReader,
  known: SecretValues,
  learn: (values: Iterable<string>) => void,
): (operation?: Operation) => Promise<SecretValues> {
  const key = secretKey(spec.miner.token);
  let values = known;
  return async (operation) => {
    if (values.has(key) || spec.miner.token.from !== 'miner-token' || !needsToken(operation)) return values;
    const host = spec.hosts.find(({ name }) => name === spec.miner.host);
    if (host === undefined) return values;
    const file = { ask: 'file', path: tokenFile(spec.miner.repo), content: true } as const;
    const facts = await (await fleet.reader(host)).probe([file]);
    const token = facts.files.get(probeKey(file))?.content?.trim();
    if (token === undefined || token === '') return values;
    learn([token]);
    values = new Map([...values, [key, token]]);
    return values;
  };
}

/** Whoever asks the miner something speaks with the token; of the operations on a host, those need it that write it somewhere. */
function needsToken(operation: Operation | undefined): boolean {
  if (operation === undefined) return true;
  const texts =
    operation.do === 'write-file'
      ? [operation.content]
      : operation.do === 'run'
        ? Object.values(operation.env)
        : [];
  return texts.flatMap(secretsOf).some((secret) => secret.from === 'miner-token');
}
