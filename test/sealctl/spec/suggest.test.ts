import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest, suggestion } from '../../../src/sealctl/spec/suggest.ts';

describe('did you mean', () => {
  it('finds a word with one slip in three letters: left out, put in, replaced or swapped', () => {
    const words = ['address', 'storage', 'tasks', 'gpus'];
    for (const wrong of ['adress', 'addresss', 'addrass', 'addrses', 'ADDRESS']) {
      expect(closest(wrong, words)).toBe('address');
    }
    expect(closest('taks', words)).toBe('tasks');
    expect(closest('cpu', words)).toBeUndefined();
    expect(closest('something', words)).toBeUndefined();
  });

  it('never suggests what is not there, and always the word itself', () => {
    const word = fc.string({ minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(word, fc.array(word), (wanted, others) => {
        const found = closest(wanted, others);
        expect(found === undefined || others.includes(found)).toBe(true);
        expect(closest(wanted, [...others, wanted])?.toLowerCase()).toBe(wanted.toLowerCase());
      }),
    );
  });

  it('lists what there is where nothing is near', () => {
    expect(suggestion('x', ['alpha', 'beta'])).toBe('there is: alpha, beta');
    const many = Array.from({ length: 20 }, (_, index) => `host-${index}`);
    expect(suggestion('zzzzzzzz', many)).toMatch(/^there is: host-0, .*, host-11, and 8 more$/);
    expect(suggestion('x', [])).toBeUndefined();
  });
});
