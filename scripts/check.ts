import { fileURLToPath } from 'node:url';
import { gates } from './gates.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

let failed = false;
for (const gate of gates) {
  const lines = await gate.run(root);
  console.log(`${lines.length === 0 ? 'ok  ' : 'FAIL'} ${gate.name}`);
  for (const line of lines) console.log(`     ${line}`);
  failed ||= lines.length > 0;
}
process.exitCode = failed ? 1 : 0;
