import { beforeAll, expect } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { inSteps } from '../projects/steps.ts';
import type { Ended } from './daemon-processes.ts';
import type { RunningSealctl, Testbed } from './testbed.ts';
import { apply, expectNothingToDo } from './plans.ts';
import type { Fixture } from './fixture.ts';

/** The service of a worker that is the only one of its host. */
export const workerService = 'sealctl-worker-main';

/** Silence after which sealctl gives a host up: short for a story, long for a busy machine. */
export const patience = '--timeout=5s';

const soon = { timeout: 90_000, interval: 20 };

let rounds = 0;

/** Edits cluster.yaml so that these workers must restart. Gives the value that their environment is to have. */
export function restartNeeded({ cluster }: Fixture, hosts: readonly string[]): string {
  rounds += 1;
  const round = String(rounds);
  cluster.edit((draft) => {
    for (const host of hosts) hostKeys(draft, host).env = { FAULT_ROUND: round };
  });
  return round;
}

/** Applies, and lets something happen as soon as the apply has said what `moment` matches. */
export async function applyWithFault(
  testbed: Testbed,
  moment: RegExp,
  fault: () => Promise<unknown>,
): Promise<Ended> {
  const running = testbed.start('apply', '--yes', patience);
  await saidBy(running, moment);
  await fault();
  return running.ended;
}

/** Waits until sealctl has said what `moment` matches; fails when it has ended by then. */
export async function saidBy(running: RunningSealctl, moment: RegExp): Promise<void> {
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  await expect.poll(() => moment.test(running.said()) || over, soon).toBe(true);
  expect(over, running.said() + running.warned()).toBe(false);
}

/** An apply that is to fail, and only that. */
export async function failedApply(testbed: Testbed): Promise<Ended> {
  const ended = await testbed.sealctl('apply', '--yes', patience);
  expect(ended.code, ended.out + ended.err).toBe(1);
  return ended;
}

/**
 * Applies until nothing is left to do, and expects that the worker's process has this round in its environment. A worker that found its
 * miner again a moment ago does not answer yet, and an apply that could not read everything says so with exit code 1.
 */
export async function expectRound(
  testbed: Testbed,
  hosts: readonly string[],
  round: string,
  ...words: string[]
): Promise<void> {
  await expect.poll(() => testbed.sealctl('apply', '--yes', ...words), soon).toMatchObject({ code: 0 });
  await expectNothingToDo(testbed);
  for (const host of hosts) expect(await environmentOf(testbed, host)).toContain(`FAULT_ROUND=${round}`);
}

/** The environment that the process of a host's worker runs in, in lines. */
export async function environmentOf(testbed: Testbed, host: string): Promise<string[]> {
  const pid = await testbed.pid(host, workerService);
  expect(pid).toBeDefined();
  return (await testbed.shell(host, `tr '\\0' '\\n' </proc/${pid}/environ`)).split('\n');
}

/** Every story of faults begins on a cluster that stands, also after one that failed. */
export function standing(fixture: Fixture): void {
  const stand = async (): Promise<void> => {
    await apply(fixture.testbed);
  };
  inSteps('story', stand);
  beforeAll(stand);
}
