/** A daemon that runs in this process. */
export interface RunningDaemon {
  /** Settles when it ends by itself; rejects when it can go on no longer. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs a daemon until it ends or a signal asks it to, then stops it in order. A second signal ends the process at once with 130. The
 * start is given a signal that aborts when the daemon is to stop before it has come up.
 */
export async function runDaemon(start: (stopping: AbortSignal) => Promise<RunningDaemon>): Promise<void> {
  const stopping = new AbortController();
  const asked = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  // The start settles first or the signal does; a start that was interrupted rejects, and that is an orderly end.
  try {
    const daemon = await start(stopping.signal);
    try {
      await Promise.race([daemon.ended, asked]);
    } finally {
      await daemon.stop();
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
