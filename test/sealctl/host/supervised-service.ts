import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { shq } from '../../../src/sealctl/host/quote.ts';
import type { ServiceFact } from '../../../src/sealctl/host/probe/facts.ts';
import { RealHost } from './real-host.ts';

const name = 'sealctl-worker-main';

/** A service on this machine as a host, whose definition a test writes and which the supervisor runs. */
export class SupervisedService {
  readonly host: RealHost;
  /** The directory of its definition, its status and its logs. */
  readonly directory: string;

  constructor(host = new RealHost()) {
    this.host = host;
    this.directory = `${host.layout.services}/${name}`;
    mkdirSync(this.directory, { recursive: true });
  }

  run(verb: 'start' | 'stop' | 'reload'): Promise<void> {
    return this.host.run({ do: 'service', manager: 'supervisor', name, verb });
  }

  async fact(): Promise<ServiceFact> {
    const facts = await this.host.probe([{ ask: 'service', manager: 'supervisor', name }]);
    const found = facts.services.get(`service ${name}`);
    if (found === undefined) throw new Error('the probe does not answer for the service');
    return found;
  }

  /** Writes the definition: the program with its arguments, more lines, and the file of its environment. */
  define(argv: readonly string[], more: readonly string[] = [], environment = ''): void {
    writeFileSync(`${this.directory}/env`, environment);
    const [program = '', ...rest] = argv;
    writeFileSync(
      `${this.directory}/run`,
      [
        `program=${shq(program)}`,
        `set -- ${rest.map(shq).join(' ')}`,
        `environment=${shq(`${this.directory}/env`)}`,
        'restart_delay_s=1',
        'stop_timeout_s=2',
        ...more,
        '',
      ].join('\n'),
    );
  }

  /** Wakes the supervisor as its clock does every 20 seconds. */
  lookAtLog(): void {
    process.kill(this.supervisorPid(), 'SIGUSR1');
  }

  supervisorPid(): number {
    return Number(/^supervisor=(\d+)$/m.exec(readFileSync(`${this.directory}/status`, 'utf8'))?.[1]);
  }

  /** Stops the service and removes everything of the host. */
  async remove(): Promise<void> {
    await this.run('stop');
    this.host.remove();
  }
}

/** Waits until a condition holds, or fails after a minute. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen in time`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
