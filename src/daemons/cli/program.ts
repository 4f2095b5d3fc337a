import { errorText, runApp, type App } from '../lotus-cli/app.ts';

/**
 * Runs this process's command line and sets its exit code. The process exits once nothing is left to do. `signal` aborts when the user
 * interrupts a command; without it an interrupt ends the process at once.
 */
export function runMain(app: App, signal?: AbortSignal): void {
  const err = (text: string): void => void process.stderr.write(text);
  const surroundings = {
    env: process.env,
    out: (text: string) => void process.stdout.write(text),
    err,
    terminal: process.stdout.isTTY,
    errTerminal: process.stderr.isTTY,
    ...(signal === undefined ? {} : { signal }),
  };
  // No top-level await: the single executables are CommonJS.
  runApp(app, process.argv.slice(2), surroundings).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      err(errorText(error));
      process.exitCode = 1;
    },
  );
}
