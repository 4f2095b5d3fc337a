import picocolors from 'picocolors';

/** Coloring functions; with color off they return the text as it is. */
export type Colors = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta'
>;

/** Returns the coloring functions for one output; renderers take them as a parameter instead of reading a global. */
export function colorsFor(enabled: boolean): Colors {
  return picocolors.createColors(enabled);
}
