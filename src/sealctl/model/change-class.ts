import { changeClasses, type ChangeClass } from './field-change.ts';

/** The dearest of some classes; the cheapest there is when there are none. */
export function dearest(classes: readonly ChangeClass[]): ChangeClass {
  return classes.reduce<ChangeClass>(
    (worst, next) => (changeClasses.indexOf(next) > changeClasses.indexOf(worst) ? next : worst),
    changeClasses[0],
  );
}
