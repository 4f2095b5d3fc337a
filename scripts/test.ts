import { type Outcome, summaryOf } from './outcome.ts';
import { type Part, parts, prepare } from './test-parts.ts';

const usage = `npm test                         what needs no root and less than ten minutes
npm run test:all                 everything: also faults, the fleet of test hosts and the long runs
npm test -- PART...              only these parts: ${Object.keys(parts).join(', ')}
npm test -- PART... FILE...      of parts of test files, only those whose path contains FILE

SEALCTL_TEST_EVERYTHING=1        properties try ten times as many examples, and a part that this machine cannot run is a failure`;

const everything = process.env['SEALCTL_TEST_EVERYTHING'] === '1';
/** Ctrl-C and SIGTERM end the running part and leave out the rest; this process stays to tidy up and to count. */
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupted.abort());

const words = process.argv.slice(2);
const all = words[0] === 'all';
if (all) words.shift();
const named = words.filter((word) => word in parts);
const files = words.filter((word) => !(word in parts));
const takesFiles = named.length > 0 && named.every((name) => parts[name]?.takesFiles === true);
if (files.some((file) => file.startsWith('-')) || (files.length > 0 && !takesFiles)) {
  console.error(usage);
  process.exitCode = 2;
} else {
  const whole = Object.keys(parts).filter((name) => all || parts[name]?.onlyInAll === false);
  process.exitCode = await runParts(named.length > 0 ? named : whole);
}

async function runParts(names: readonly string[]): Promise<number> {
  const outcomes = new Map<string, Outcome>();
  const tookMs = new Map<string, number>();
  const run = async (name: string, part: Part): Promise<void> => {
    const begun = performance.now();
    outcomes.set(name, await part.run(files, interrupted.signal));
    tookMs.set(name, performance.now() - begun);
  };
  let background = Promise.resolve();
  for (const name of names) {
    const part = parts[name];
    if (part === undefined || interrupted.signal.aborted) continue;
    console.log(`\n=== ${name}${part.background ? ', in the background' : ''}`);
    if (!(await prepare(part.needs, interrupted.signal))) {
      const failures = [`could not prepare ${part.needs}`];
      outcomes.set(name, { kind: 'ran', passed: 0, failed: 1, skipped: 0, failures });
    } else if (part.background) {
      background = background.then(async () => {
        if (!interrupted.signal.aborted) await run(name, part);
      });
    } else {
      await run(name, part);
    }
  }
  await background;
  const { text, failed } = summaryOf(outcomes, everything);
  const times = [...tookMs].map(([name, ms]) => `${name} ${(ms / 1000).toFixed(0)} s`);
  console.log(`\n${times.join(', ')}\n${text}`);
  return failed > 0 || interrupted.signal.aborted ? 1 : 0;
}
