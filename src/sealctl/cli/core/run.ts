import { run } from '@stricli/core';
import { sealctlApplication } from './application.ts';
import { exitCodes, type SealctlContext } from './context.ts';

/** Runs one command line; the exit code ends up in the context's process. */
export async function runSealctl(argv: readonly string[], context: SealctlContext): Promise<void> {
  await run(sealctlApplication(context), argv, context);
  const { exitCode } = context.process;
  // The parser reports its own failures as negative codes, which a shell would show as 251 and the like.
  if (typeof exitCode === 'number' && exitCode < 0) context.process.exitCode = exitCodes.usage;
}
