import manifest from './package.json' with { type: 'json' };

/** The version of all programs of this repository. */
export const version: string = manifest.version;
