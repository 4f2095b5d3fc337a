import picocolors from 'picocolors';

/** Colouring functions; with colour off they return the text as it is. */
export type Colours = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta'
>;

/** Colours as a parameter: whoever renders is told, and asks no global. */
export function coloursFor(enabled: boolean): Colours {
  return picocolors.createColors(enabled);
}
