import type { HostLayout } from '../layout.ts';
import { assignments, prelude, type Script } from './script-prelude.ts';

/** More than any file that sealctl writes as configuration. */
const bytes = 65_536;

/**
 * Writes a file into a directory, or where that is still missing into the nearest one above it, and takes it away again. Fails with
 * `disk-full`, `read-only` or `permission-denied`, before anything else has been touched.
 */
export function tryWritingScript(directory: string, layout: HostLayout): Script {
  const script = `${prelude(layout)}
${assignments({ at: directory })}
while [ -n "$at" ] && [ ! -d "$at" ]; do at=\${at%/*}; done
head -c ${bytes} /dev/zero | put "$at/writable" 077 || exit $?
`;
  return { script, stdin: '' };
}
