import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatEnvironmentFile,
  parseEnvironmentFile,
} from '../../../src/sealctl/kinds/daemon/environment-file.ts';
import { resolveTemplate } from '../../../src/core/secret/secret.ts';

describe('an environment file', () => {
  const value = fc
    .string({ unit: 'binary' })
    .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);
  const name = fc.stringMatching(/^[A-Z][A-Z0-9]{3,12}$/).map((text) => `X_${text}`);

  it('says the same to a shell and to our own reader, whatever the values hold', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 8 }), (values) => {
        const wanted = Object.entries(values).map(([key, text]) => ({ name: key, value: [text] }));
        const text = resolveTemplate(formatEnvironmentFile('a heading', wanted), new Map()) ?? '';
        expect(Object.fromEntries(parseEnvironmentFile(text))).toEqual({ ...values });
        const script = `set -a\neval "$(cat)"\nexec env -0`;
        const seen = execFileSync('sh', ['-c', script], { input: text, env: { PATH: process.env['PATH'] } });
        const variables = new Map(
          seen
            .toString()
            .split('\0')
            .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
        );
        for (const [key, wantedValue] of Object.entries(values)) expect(variables.get(key)).toBe(wantedValue);
      }),
      { numRuns: 60 },
    );
  });
});
