import fc from 'fast-check';

// In CI properties are tried on the same examples every time, so that a change is judged by what it changes; by hand they explore.
if (process.env['CI'] !== undefined) fc.configureGlobal({ seed: 20_261_122 });
