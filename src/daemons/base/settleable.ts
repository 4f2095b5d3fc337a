/** A promise that is settled from outside. */
export interface Settleable<Value = void> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise nobody has settled. Nobody need wait for it: its rejection is then no unhandled one. */
export function settleable<Value = void>(): Settleable<Value> {
  let resolve = (_value: Value): void => {};
  let reject = (_error: unknown): void => {};
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
