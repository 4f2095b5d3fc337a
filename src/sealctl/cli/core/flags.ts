import { fail } from '@sealctl/core/problem/problem';
import type { HostSpec, Spec } from '../../spec/spec.ts';
import { suggestion } from '../../spec/suggest.ts';
import { parseDuration } from '@sealctl/core/text/units';
import { proposeHosts } from './host-completion.ts';
import type { SealctlContext } from './context.ts';

/** The flag that every command about a cluster takes. */
export interface ClusterFlags {
  readonly file: string;
}

export const clusterFlags = {
  file: {
    kind: 'parsed',
    parse: String,
    brief: 'cluster file',
    default: 'cluster.yaml',
    placeholder: 'path',
  },
} as const;

/** Marks a problem of how a command was called, which has an exit code of its own. */
export const usageCode = 'usage';

/** Flags that make no sense together. */
export function usageProblem(argument: string, summary: string, fix: string): Error {
  return fail({ code: usageCode, summary, where: { in: 'command line', argument }, fix });
}

/** A command without flags. */
// oxlint-disable-next-line no-generated-empty-object-type -- what the parser's types call having none
export type NoFlags = Record<never, never>;

/** Flags for connecting to hosts. */
export interface PatienceFlags {
  /** Milliseconds without a response after which a host counts as unreachable. */
  readonly timeout?: number;
  /** Hosts that are connected to at once. */
  readonly maxConnections?: number;
}

export const patienceFlags = {
  timeout: {
    kind: 'parsed',
    parse: parseTimeout,
    brief: 'give up on a host after this long without a response (default: 15s to connect, then 30s)',
    optional: true,
    placeholder: 'time',
  },
  maxConnections: {
    kind: 'parsed',
    parse: parseMaxConnections,
    brief:
      'open at most this many SSH connections at once (default: 50); lower it if a bastion rejects connections',
    optional: true,
    placeholder: 'number',
  },
} as const;

/** Restricts a command to some hosts. */
export interface HostFlags {
  readonly host?: readonly string[];
}

export const hostFlags = {
  host: {
    kind: 'parsed',
    parse: String,
    brief: 'only hosts whose name matches; * stands for any text; may be repeated',
    placeholder: 'pattern',
    variadic: true,
    optional: true,
    proposeCompletions(this: SealctlContext, partial: string) {
      return proposeHosts(this, partial);
    },
  },
} as const;

/** Flags of a command about the hosts of a cluster, or some of them. */
export interface FleetFlags extends ClusterFlags, PatienceFlags, HostFlags {}

export const fleetFlags = { ...clusterFlags, ...patienceFlags, ...hostFlags } as const;

/** The form of what a command prints. */
export interface FormatFlag {
  readonly format: 'text' | 'json';
}

export const formatFlag = {
  format: {
    kind: 'enum',
    values: ['text', 'json'],
    default: 'text',
    brief: 'text for people, json for programs',
  },
} as const;

/** The one argument of commands about one host. */
export const hostArgument = {
  kind: 'tuple',
  parameters: [
    {
      brief: 'host of cluster.yaml',
      parse: String,
      placeholder: 'host',
      proposeCompletions(this: SealctlContext, partial: string) {
        return proposeHosts(this, partial);
      },
    },
  ],
} as const;

/** The host of cluster.yaml that a command was given, or a problem that lists the ones there are. */
export function namedHost(spec: Spec, name: string): HostSpec {
  const host = spec.hosts.find((candidate) => candidate.name === name);
  if (host !== undefined) return host;
  throw unknownHost(`cluster.yaml has no host ${name}`, name, namesOf(spec));
}

function namesOf(spec: Spec): string[] {
  return spec.hosts.map(({ name }) => name);
}

function unknownHost(summary: string, argument: string, hosts: readonly string[]): Error {
  const fix = suggestion(argument, hosts) ?? 'add hosts to cluster.yaml first';
  return fail({ code: 'unknown-host', summary, where: { in: 'command line', argument }, fix });
}

export const clusterAliases = { f: 'file' } as const;

/**
 * Throws for a pattern that no host's name matches: a slip must not pass for a fleet in order. `found` are the hosts that were looked at;
 * among them may be hosts removed from cluster.yaml.
 */
export function checkHostsMatch(
  { host: patterns = [] }: HostFlags,
  spec: Spec,
  found: ReadonlyMap<string, unknown>,
): void {
  const names = [...new Set([...namesOf(spec), ...found.keys()])];
  for (const pattern of patterns)
    if (!names.some((name) => hostFilter([pattern])?.(name)))
      throw unknownHost(`no host matches ${pattern}`, pattern, names);
}

/** Decides by name which hosts a command is about; undefined when it is about all. */
export function hostFilter(patterns: readonly string[] | undefined): ((host: string) => boolean) | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'u'),
  );
  return (host) => expressions.some((expression) => expression.test(host));
}

function literal(text: string): string {
  // A dash stands for itself outside of brackets, and may not be escaped there.
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, String.raw`\$&`);
}

/** Less than a second would take a busy host for a dead one. */
const minTimeoutMs = 1000;

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= minTimeoutMs) return ms;
  throw new Error(`'${text}' is not a time of at least one second, such as 5s or 1m`);
}

function parseMaxConnections(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`'${text}' is not a number of at least 1`);
}
