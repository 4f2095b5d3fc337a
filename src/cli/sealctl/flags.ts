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

/** A command without flags. */
// oxlint-disable-next-line no-generated-empty-object-type -- what the parser's types call having none
export type NoFlags = Record<never, never>;

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

export const clusterAliases = { f: 'file' } as const;

/** Decides by name which hosts a command is about; undefined when it is about all. */
export function hostFilter(patterns: readonly string[] | undefined): ((host: string) => boolean) | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'u'),
  );
  return (host) => expressions.some((expression) => expression.test(host));
}

function literal(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`);
}
