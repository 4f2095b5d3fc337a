import { describe, expect, it } from 'vitest';
import {
  selectTasks,
  taskSwitches,
  type Switch,
  type TaskFlags,
} from '../../../src/daemons/worker/task-selection.ts';

type Given = Readonly<Record<string, boolean>>;

/** Flags as the command line gives them: those named are set, the rest have their defaults. */
function select(given: Given): string {
  const of = (name: string, standard: boolean): Switch => {
    const value = given[name];
    return { value: value ?? standard, isSet: value !== undefined };
  };
  return selectTasks({
    tasks: Object.fromEntries(
      taskSwitches.map(({ flag, default: on }) => [flag, of(flag, on)]),
    ) as TaskFlags['tasks'],
    dataCid: of('data-cid', true),
    windowPost: of('windowpost', false),
    winningPost: of('winningpost', false),
    noDefault: of('no-default', false),
  }).join(' ');
}

describe('the tasks a worker takes', () => {
  it('are all sealing tasks but downloads by default', () => {
    expect(select({})).toBe('FUS FIN GET FRU UNS C1 C2 PC2 PC1 PR1 PR2 RU AP DC GSK');
    expect(select({ 'sector-download': true })).toContain('DL');
  });

  it('lose what is switched off; DC goes with AP unless it is asked for', () => {
    expect(select({ commit: false })).toBe('FUS FIN GET FRU UNS C1 PC2 PC1 PR1 PR2 RU AP DC GSK');
    expect(select({ addpiece: false })).not.toMatch(/AP|DC/);
    expect(select({ addpiece: false, 'data-cid': true })).toContain('DC');
    expect(select({ 'data-cid': false })).toMatch(/AP GSK$/);
  });

  it('with --no-default a worker takes the implied tasks and those switched on explicitly, never DC', () => {
    expect(select({ 'no-default': true })).toBe('FUS FIN GET FRU C1 PR1');
    expect(select({ 'no-default': true, precommit1: true, unseal: false })).toBe(
      'FUS FIN GET FRU C1 PC1 PR1',
    );
    expect(select({ 'no-default': true, addpiece: true, 'data-cid': true })).not.toContain('DC');
  });

  it('a PoSt worker takes that one task alone', () => {
    expect(select({ windowpost: true })).toBe('WDP');
    expect(select({ winningpost: true })).toBe('WNP');
    expect(select({ windowpost: true, precommit1: false })).toBe('WDP');
  });

  it('are never sealing and proving together', () => {
    expect(() => select({ windowpost: true, precommit1: true })).toThrow('--precommit1 and --windowpost');
    expect(() => select({ windowpost: true, winningpost: true })).toThrow('--windowpost and --winningpost');
  });
});
