import { sizeOnDisk } from './free-space.ts';

/** Space reserved on one storage path for files that are being made. */
export interface Reservations {
  /** Reserves space for a file until the returned function is called; the same file can be reserved more than once. */
  readonly add: (file: string, bytes: number) => () => void;
  /** Reserved bytes that are not yet on disk. */
  readonly outstanding: () => Promise<number>;
}

/** Makes an empty set of reservations. A file counts with the missing bytes of its largest reservation. */
export function makeReservations(): Reservations {
  const held = new Map<symbol, { readonly file: string; readonly bytes: number }>();
  return {
    add(file, bytes) {
      const key = Symbol(file);
      held.set(key, { file, bytes });
      return () => void held.delete(key);
    },
    async outstanding() {
      const largest = new Map<string, number>();
      for (const { file, bytes } of held.values()) largest.set(file, Math.max(bytes, largest.get(file) ?? 0));
      const missing = await Promise.all(
        [...largest].map(async ([file, bytes]) => Math.max(0, bytes - (await sizeOnDisk(file)))),
      );
      return missing.reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}
