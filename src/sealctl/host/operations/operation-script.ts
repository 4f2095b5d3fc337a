import type { Problem } from '@sealctl/core/problem/problem';
import { lastLines } from '@sealctl/core/secret/last-lines';
import type { SecretValues } from '@sealctl/core/secret/secret';
import {
  changeManifest,
  clearState,
  ensureDirectory,
  removeFile,
  writeFile,
  writeState,
} from './file-scripts.ts';
import type { HostLayout } from '../layout.ts';
import { failureKinds } from './operation-failure.ts';
import type { Operation } from './operation.ts';
import { link, removeRelease } from './release-scripts.ts';
import { failureMark, type Script } from './script-prelude.ts';
import { changeService, runProgramScript } from './service-scripts.ts';

/** Every operation that a script carries out; a program is streamed (`src/sealctl/ssh`). */
export type ScriptedOperation = Exclude<Operation, { do: 'upload-program' }>;

/**
 * The POSIX sh script that carries out an operation, to be run with `sh -c`, and what it reads on standard input: contents and
 * environments travel there, so no process list shows them. Running it again after it was broken off anywhere does the rest. It exits
 * with 0, or otherwise says why in a form that `parseOperationFailure` reads. Throws a `ProblemError` when a secret is not known.
 */
export function operationScript(
  operation: ScriptedOperation,
  layout: HostLayout,
  secrets: SecretValues,
): Script {
  switch (operation.do) {
    case 'ensure-directory':
      return ensureDirectory(operation, layout);
    case 'write-file':
      return writeFile(operation, layout, secrets);
    case 'remove-file':
      return removeFile(operation, layout);
    case 'remove-release':
      return removeRelease(operation, layout);
    case 'link':
      return link(operation, layout);
    case 'manifest':
      return changeManifest(operation, layout);
    case 'service':
      return changeService(operation, layout);
    case 'run':
      return runProgramScript(operation, layout, secrets);
    case 'set-hold':
      return writeState(layout.hold, JSON.stringify(operation.hold), layout);
    case 'clear-hold':
      return clearState(layout.hold, layout);
    case 'write-inventory':
      return writeState(layout.inventory, JSON.stringify(operation.inventory), layout);
  }
}

/** Converts the failure of a script into a problem, by its exit status and the end of its standard error. */
export function parseOperationFailure(
  operation: ScriptedOperation,
  host: string,
  result: { readonly status: number; readonly stderr: string },
): Omit<Problem, 'severity'> {
  const { code, what, why, fix } = describeFailure(result);
  const path = 'path' in operation ? { path: operation.path } : {};
  const where = { in: 'host', host, ...path } as const;
  const isKnown = code !== 'operation-failed';
  const summary = isKnown ? `${subject(operation)}: ${what}` : `${subject(operation)} failed on ${host}`;
  return { code, summary, where, why, fix };
}

/** The part of a failed program's standard error that is shown. */
const shown = { lines: 100, characters: 2000 };

/** The failure of any script that begins with the prelude. */
export function describeFailure({ status, stderr }: { readonly status: number; readonly stderr: string }): {
  readonly code: keyof typeof failureKinds;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
} {
  const line = stderr.split('\n').findLast((candidate) => candidate.startsWith(`${failureMark} `));
  const [, told = '', encoded = ''] = line?.split(' ') ?? [];
  const detail = Buffer.from(encoded, 'base64').toString('utf8').trim();
  const code = Object.hasOwn(failureKinds, told) ? (told as keyof typeof failureKinds) : 'operation-failed';
  const said = detail || lastLines(stderr, shown).join('\n') || `the script ended with status ${status}`;
  return { code, ...failureKinds[code], why: code === 'operation-failed' ? said : detail };
}

function subject(operation: ScriptedOperation): string {
  switch (operation.do) {
    case 'ensure-directory':
    case 'write-file':
    case 'link':
      return operation.path;
    case 'remove-file':
      return `removing ${operation.path}`;
    case 'remove-release':
      return `removing release ${operation.sha256.slice(0, 12)}`;
    case 'manifest':
      return "sealctl's manifest";
    case 'service':
      return `${operation.verb} ${operation.name}`;
    case 'run':
      return `running ${operation.argv[0] ?? ''}`;
    case 'set-hold':
    case 'clear-hold':
      return "the host's hold";
    case 'write-inventory':
      return 'the inventory';
  }
}
