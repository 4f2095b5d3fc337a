import { changeClasses, type ChangeClass } from './field-change.ts';

/** The class with the highest impact; the lowest there is when there are none. */
export function highestImpact(classes: readonly ChangeClass[]): ChangeClass {
  return classes.reduce<ChangeClass>(
    (worst, next) => (changeClasses.indexOf(next) > changeClasses.indexOf(worst) ? next : worst),
    changeClasses[0],
  );
}
