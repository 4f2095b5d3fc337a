import { enableCompileCache } from './compile-cache.ts';

// Node keeps the compiled code only of what is loaded afterwards.
enableCompileCache();
const { start } = await import('./start.ts');
start();
