import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fail, ProblemError } from '../../../src/core/problem/problem.ts';
import { Redactor } from '../../../src/core/secret/redact.ts';
import { escapeInDoubleQuotes } from '../../../src/core/secret/secret.ts';

const hostile = `pa"ss $(w\`o\\r'd) ünd`;
const mask = '********';

describe('what is told of secrets whose values are known', () => {
  it('is a mask in their place, however a program has quoted or encoded them', () => {
    const { text } = new Redactor([hostile]);
    const forms = [
      hostile,
      escapeInDoubleQuotes(hostile),
      JSON.stringify({ hostile }),
      `export X='${hostile.replaceAll("'", String.raw`'\''`)}'`,
      Buffer.from(hostile).toString('base64'),
      Buffer.from(`${hostile}\n`).toString('base64'),
      Buffer.from(hostile).toString('base64url'),
    ];
    for (const form of forms) {
      const told = text(`it said ${form}, then ended`);
      expect(told).toContain(mask);
      expect(told).toMatch(/^it said .*, then ended$/);
      for (const part of ['ss $(w', 'o\\r', Buffer.from(hostile).toString('base64').slice(8, 24)])
        expect(told).not.toContain(part);
    }
  });

  it('is a mask in place of base64 whose digits + and / base64url writes in another way', () => {
    const secret = 'password>>>???~~~';
    const base64 = Buffer.from(secret.slice(0, 15)).toString('base64');
    const base64url = Buffer.from(secret.slice(0, 15)).toString('base64url');
    expect(base64).toMatch(/\+.*\//);
    expect(base64url).toMatch(/-.*_/);
    const { text } = new Redactor([secret]);
    expect(text(`it said ${base64}fn4=`)).toBe(`it said ${mask}fn4=`);
    expect(text(`it said ${base64url}fn4`)).toBe(`it said ${mask}fn4`);
  });

  it('is a mask in the midst of a longer text that was written as JSON', () => {
    const { text } = new Redactor([hostile]);
    expect(text(JSON.stringify({ said: `it has "${hostile}" in it` }))).toBe(
      `{"said":"it has \\"${mask}\\" in it"}`,
    );
  });

  it('has no line of a secret of several lines, as the end of a log may begin amid them', () => {
    const { text } = new Redactor(['first line of it\nsecond line of it\n']);
    expect(text('says:\nsecond line of it\nand ends')).toBe(`says:\n${mask}\nand ends`);
  });

  it('masks the longer of two secrets of which one begins with the other', () => {
    expect(new Redactor(['password', 'password-of-all']).text('password-of-all, password')).toBe(
      `${mask}, ${mask}`,
    );
  });

  it('leaves words alone that are too short to be secrets', () => {
    expect(new Redactor(['', 'true', 'main']).text('main is true')).toBe('main is true');
    expect(new Redactor(['seven77', 'PIN\nseven77']).text('seven77 of PIN')).toBe('seven77 of PIN');
  });

  it('masks a secret of just eight characters, also where nothing else is told', () => {
    const { text } = new Redactor(['eight888']);
    expect(text('eight888')).toBe(mask);
    expect(text('it is eight888, as base64 ZWlnaHQ4')).toBe(`it is ${mask}, as base64 ${mask}`);
  });

  it('is all of it as long as no secret is known', () => {
    expect(new Redactor([]).text('the answer is undefined')).toBe('the answer is undefined');
  });

  it('learns secrets that come to be known later', () => {
    const redactor = new Redactor([]);
    expect(redactor.text('the late secret')).toBe('the late secret');
    redactor.learn(['late secret']);
    expect(redactor.text('the late secret')).toBe(`the ${mask}`);
  });

  it('masks what has the form of a token though nobody told its value', () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJBbGxvdyI6WyJyZWFkIl19.c2lnbmF0dXJlLW9mLWl0';
    expect(new Redactor([]).text(`API_INFO=${token}:/ip4/10.0.0.2`)).toBe(`API_INFO=${mask}:/ip4/10.0.0.2`);
  });

  it('reaches every text of data, and keeps the rest of it', () => {
    const { data } = new Redactor([hostile]);
    const events = [{ event: 'failed', tookMs: 3, done: false, why: null, texts: [`said ${hostile}`, 'b'] }];
    expect(data(events)).toEqual([
      { event: 'failed', tookMs: 3, done: false, why: null, texts: [`said ${mask}`, 'b'] },
    ]);
  });

  it('reaches what is thrown, and leaves an error alone that tells nothing', () => {
    const redactor = new Redactor([hostile]);
    const problem = redactor.thrown(fail({ code: 'a', summary: `no ${hostile}`, why: hostile, fix: 'b' }));
    expect(problem).toBeInstanceOf(ProblemError);
    expect(problem).toMatchObject({ problems: [{ code: 'a', summary: `no ${mask}`, why: mask, fix: 'b' }] });
    expect(redactor.thrown(new Error(`no ${hostile}`))).toMatchObject({ message: `no ${mask}` });
    expect(redactor.thrown(`no ${hostile}`)).toBe(`no ${mask}`);
    expect(redactor.thrown({ code: 3, said: hostile })).toEqual({ code: 3, said: mask });
    const harmless = new Error('no secret is in this');
    expect(redactor.thrown(harmless)).toBe(harmless);
  });

  it('never has a secret of eight characters or more in it', () => {
    const secret = fc.string({ minLength: 8, unit: 'grapheme' }).filter((text) => !text.includes('*'));
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.string(), (secrets, between) => {
        const told = new Redactor(secrets).text(secrets.join(between));
        for (const one of secrets) expect(told).not.toContain(one);
      }),
    );
  });
});
