import { escapeInDoubleQuotes, type SecretRef, type SecretTemplate } from '@sealctl/core/secret/secret';

/** A variable as cluster.yaml wants it; the value may hold secrets. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: readonly (string | SecretRef)[];
}

/**
 * The file that gives a daemon its environment, one `NAME="value"` a line. In double quotes systemd's EnvironmentFile= and a POSIX
 * shell agree: a backslash before `"`, `\`, `$` and the backquote stands for that character, and everything else, line breaks
 * included, is itself. Source: systemd.exec(5), src/basic/env-file.c; POSIX.1-2017 XCU 2.2.3.
 */
export function formatEnvironmentFile(
  heading: string,
  variables: readonly EnvironmentVariable[],
): SecretTemplate {
  const parts: SecretTemplate[number][] = [];
  let text = `# ${heading}\n`;
  for (const { name, value } of variables) {
    text += `${name}="`;
    for (const part of value) {
      if (typeof part === 'string') text += escapeInDoubleQuotes(part);
      else {
        parts.push(text, { inDoubleQuotes: part });
        text = '';
      }
    }
    text += '"\n';
  }
  parts.push(text);
  return parts;
}

/** Reads a file of this form, also one that was edited by hand: comments, single quotes and no quotes. The last one of a name wins. */
export function parseEnvironmentFile(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  const pattern =
    /^[ \t]*(?:[#;][^\n]*|(?<name>[A-Za-z_][A-Za-z0-9_]*)=(?:"(?<double>(?:[^"\\]|\\[^])*)"|'(?<single>[^']*)'|(?<bare>[^\n]*?))[ \t\r]*)$/gm;
  for (const { groups } of text.matchAll(pattern)) {
    const { name, double, single, bare } = groups ?? {};
    if (name === undefined) continue;
    variables.set(name, double === undefined ? (single ?? bare ?? '') : unquoteInside(double));
  }
  return variables;
}

function unquoteInside(quoted: string): string {
  return quoted.replace(/\\(["\\$`\n])/g, (_, character: string) => (character === '\n' ? '' : character));
}
