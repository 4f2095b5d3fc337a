import { describe, expect, it } from 'vitest';
import { shellCommand, shq } from '../../../src/sealctl/host/quote.ts';

describe('shq', () => {
  it('refuses NUL, which no argument can hold', () => {
    expect(() => shq('a\0b')).toThrow(RangeError);
    expect(() => shellCommand(['a\0b'])).toThrow(RangeError);
  });
});

describe('shellCommand', () => {
  it('needs a program', () => {
    expect(() => shellCommand([])).toThrow(RangeError);
    expect(() => shellCommand(['', 'x'])).toThrow(RangeError);
  });
});
