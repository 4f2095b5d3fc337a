import picocolors from 'picocolors';

/** Coloring functions; with color off they return the text as it is. */
export type Colors = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta'
>;

/** Colors as a parameter: whoever renders is told, and asks no global. */
export function colorsFor(enabled: boolean): Colors {
  return picocolors.createColors(enabled);
}
