import { enableCompileCache } from './compile-cache.ts';

// Node keeps the compiled code only of what is loaded afterwards.
enableCompileCache();
// No top-level await: single executables are CommonJS.
void import('./start.ts').then(({ start }) => start());
