import { fail } from '@sealctl/core/problem/problem';
import type { SecretValues } from '@sealctl/core/secret/secret';
import { digestOf, secretDigests } from './diff/digest.ts';
import { planDocument, type PlanDocument } from '../model/plan.ts';

/** A plan that `sealctl plan --out` wrote. */
export function parseSavedPlan(text: string, path: string): PlanDocument {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw notAPlan(path, 'it is not JSON', cause);
  }
  const parsed = planDocument.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.path.join('.') ?? '';
    throw notAPlan(
      path,
      key === '' ? 'it is not a map' : `"${key}" is missing or has the wrong type`,
      parsed.error,
    );
  }
  return parsed.data;
}

/** Lists the changes between a saved plan and a new one, in words; empty when the saved one is still valid. */
export function changedSince(saved: PlanDocument, now: PlanDocument, secrets: SecretValues): string[] {
  const digests = secretDigests(secrets, saved.salt);
  const names = [...new Set([...Object.keys(saved.secretDigests), ...Object.keys(digests)])];
  const hosts = [...new Set([...saved.hosts, ...now.hosts].map(({ host }) => host))];
  return [
    ...(saved.cluster === now.cluster ? [] : [`the plan is for ${saved.cluster}, this is ${now.cluster}`]),
    ...(saved.specDigest === now.specDigest ? [] : ['cluster.yaml has changed']),
    ...names
      .filter((name) => saved.secretDigests[name] !== digests[name])
      .map((name) => `the secret from ${name} has changed`),
    ...hosts
      .filter((host) => hostDigest(saved, host) !== hostDigest(now, host))
      .map((host) => `${host} has changed`),
    ...lost(saved, now),
  ];
}

function lost(saved: PlanDocument, now: PlanDocument): string[] {
  const before = new Set(saved.unreachable.map(({ host }) => host));
  return now.unreachable
    .filter(({ host }) => !before.has(host))
    .map(({ host }) => `${host} cannot be reached any more`);
}

/** Everything about a host that a reviewer saw, and the exact operations; how long tasks have run and how often a daemon has restarted is no difference. */
function hostDigest(plan: PlanDocument, name: string): string {
  const host = plan.hosts.find((candidate) => candidate.host === name);
  if (host === undefined) return digestOf(null);
  return digestOf({
    ...host,
    restarts: host.restarts.map(({ worker }) => worker),
    findings: host.findings.map(({ code, severity, fix }) => ({ code, severity, fix })),
  });
}

function notAPlan(path: string, why: string, cause: unknown): Error {
  return fail(
    {
      code: 'not-a-plan',
      summary: `${path} is not a plan this sealctl can apply`,
      where: { in: 'command line', argument: path },
      why,
      fix: 'make one with sealctl plan --out',
    },
    { cause },
  );
}
