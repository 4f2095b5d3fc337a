import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import {
  operationScript,
  parseOperationFailure,
} from '../../../src/sealctl/host/operations/operation-script.ts';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import { Redactor } from '../../../src/core/secret/redact.ts';
import { writing } from './operations.ts';

const layout = layoutOf({ services: 'supervisor', root: '/srv/sealctl' });

describe('what a script says of its failure', () => {
  it('is a problem whatever stands on standard error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 255 }), (stderr, status) => {
        const problem = parseOperationFailure({ do: 'clear-hold' }, 'h', { status, stderr });
        expect(problem.summary).not.toBe('');
        expect(problem.fix).toBeDefined();
      }),
    );
  });
});

describe('a long complaint', () => {
  it('is cut between lines, so that no half of a secret is left that would not be masked', () => {
    const secret = 'S3CRET-'.repeat(20);
    for (let after = 1800; after < 2010; after += 1) {
      const stderr = `${'noise\n'.repeat(1000)}PASSWORD=${secret}\n${'n'.repeat(after)}\n`;
      const { why } = parseOperationFailure({ do: 'clear-hold' }, 'h', { status: 1, stderr });
      expect(new Redactor([secret]).text(why ?? '')).not.toContain('S3CRET');
    }
  });
});

describe('a secret', () => {
  it('travels on standard input, never in the script', () => {
    const secrets = new Map([['env TOKEN', 'tok"en$']]);
    const content = ['A="', { inDoubleQuotes: { from: 'env', name: 'TOKEN' } }, '"\n'] as const;
    const { script, stdin } = operationScript(writing('/x', '', { content }), layout, secrets);
    expect(script).not.toContain('tok');
    expect(stdin).toBe('A="tok\\"en\\$"\n');
  });

  it('that is not known stops the operation before anything is done', () => {
    const content = [{ from: 'env', name: 'TOKEN' } as const];
    expect(() => operationScript(writing('/x', '', { content }), layout, new Map())).toThrow(ProblemError);
  });
});
