/**
 * The source of a secret's value. cluster.yaml holds references only; a value exists in memory, from the moment it is resolved to
 * the moment it is written to a 0600 file on a host or sent in an Authorization header.
 *
 * `miner-token` is the admin token in the miner's own repo, read over SSH; it cannot be known before the miner is initialized.
 */
export type SecretRef =
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'command'; readonly argv: readonly string[] }
  | { readonly from: 'miner-token' };

/** A stable key of a reference, fit for maps, plans and messages: it names the source, never the value. */
export function secretKey(ref: SecretRef): string {
  switch (ref.from) {
    case 'env':
      return `env ${ref.name}`;
    case 'file':
      return `file ${ref.path}`;
    case 'command':
      return `command ${ref.argv.join(' ')}`;
    case 'miner-token':
      return `the miner's token`;
  }
}

/** A secret inside double quotes, as environment files have them: its value is escaped when it is filled in. */
export interface QuotedSecret {
  readonly inDoubleQuotes: SecretRef;
}

/** Text with placeholders for secrets. Data that is stored or shown holds the template, never the resolved string. */
export type SecretTemplate = readonly (string | SecretRef | QuotedSecret)[];

/** Known values of secrets by `secretKey`; a missing key is a secret that cannot be known yet. */
export type SecretValues = ReadonlyMap<string, string>;

/** The template with every secret resolved, or undefined when one of them is not known yet. */
export function resolveTemplate(template: SecretTemplate, values: SecretValues): string | undefined {
  let resolved = '';
  for (const part of template) {
    const value = typeof part === 'string' ? part : secretValue(part, values);
    if (value === undefined) return undefined;
    resolved += value;
  }
  return resolved;
}

/** The references a template needs. */
export function secretsOf(template: SecretTemplate): SecretRef[] {
  return template.flatMap((part) =>
    typeof part === 'string' ? [] : ['from' in part ? part : part.inDoubleQuotes],
  );
}

/** Escapes a value so that it stands for itself between double quotes, for a POSIX shell and for systemd's EnvironmentFile= alike. */
export function escapeInDoubleQuotes(value: string): string {
  return value.replace(/["\\$`]/g, '\\$&');
}

function secretValue(part: SecretRef | QuotedSecret, values: SecretValues): string | undefined {
  if ('from' in part) return values.get(secretKey(part));
  const value = values.get(secretKey(part.inDoubleQuotes));
  return value === undefined ? undefined : escapeInDoubleQuotes(value);
}
