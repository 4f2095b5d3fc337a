/** A daemon that runs in this process. */
export interface RunningDaemon {
  /** Settles when the daemon ends by itself; rejects when it cannot continue. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs a daemon until it ends or the process receives a signal, then stops it in order. A second signal ends the process at once with 130.
 * The signal passed to `start` aborts when the daemon must stop before it has started.
 */
export async function runDaemon(start: (stopping: AbortSignal) => Promise<RunningDaemon>): Promise<void> {
  const stopping = new AbortController();
  const asked = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  // An interrupted start rejects, and that counts as an orderly end.
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
