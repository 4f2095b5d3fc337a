import { runWithCompiledCode } from './core/compiled-code.ts';

// What is built from this file lies beside what is built from main.ts.
runWithCompiledCode(new URL('sealctl.cjs', import.meta.url), process.argv[2]);
