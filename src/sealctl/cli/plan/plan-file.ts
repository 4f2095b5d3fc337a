import { constants } from 'node:fs';
import { access, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { PlanDocument } from '../../model/plan.ts';
import { parseSavedPlan } from '../../plan/saved-plan.ts';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import type { SealctlContext } from '../core/context.ts';

/** Reads the plan that `plan --out` saved. Rejects with a problem when there is none. */
export async function readPlanFile({ cwd }: SealctlContext, path: string): Promise<PlanDocument> {
  const text = await readFile(resolve(cwd, path), 'utf8').catch((cause: unknown) => {
    throw problem(
      'plan-unreadable',
      `the plan ${path} cannot be read`,
      { path, cause },
      'make one with sealctl plan --out',
    );
  });
  return parseSavedPlan(text, path);
}

/** Rejects when no plan can be written there: better before the fleet is read than after. */
export async function assertPlanPlace({ cwd }: SealctlContext, path: string): Promise<void> {
  await access(dirname(resolve(cwd, path)), constants.W_OK).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

/** Saves a plan for `apply`, for its owner's eyes only. */
export async function writePlanFile({ cwd }: SealctlContext, path: string, text: string): Promise<void> {
  await writeFile(resolve(cwd, path), text, { mode: 0o600 }).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

function unwritable(path: string, cause: unknown): Error {
  return problem(
    'plan-unwritable',
    `the plan cannot be saved as ${path}`,
    { path, cause },
    'name a file in an existing directory',
  );
}

function problem(
  code: string,
  summary: string,
  { path, cause }: { readonly path: string; readonly cause: unknown },
  fix: string,
): Error {
  return fail(
    { code, summary, where: { in: 'command line', argument: path }, why: messageOf(cause), fix },
    { cause },
  );
}
