import { layoutOf, type HostLayout } from '../../src/sealctl/host/layout.ts';
import {
  operationScript,
  parseOperationFailure,
  type ScriptedOperation,
} from '../../src/sealctl/host/operations/operation-script.ts';
import type { HostFacts, ProbeRequest } from '../../src/sealctl/host/probe/facts.ts';
import { parseProbeAnswers } from '../../src/sealctl/host/probe/probe-answers.ts';
import { probeScript } from '../../src/sealctl/host/probe/probe-script.ts';
import { fail } from '../../src/core/problem/problem.ts';
import type { Fleet } from './fleet.ts';

/** A host of a fleet with systemd, on which a test runs the scripts of operations and probes as root. */
export class ScriptedHost {
  readonly layout: HostLayout = layoutOf({ services: 'systemd', root: '/' });
  readonly #fleet: Fleet;
  readonly #name: string;

  constructor(fleet: Fleet, name: string) {
    this.#fleet = fleet;
    this.#name = name;
  }

  /** Runs a shell command and returns its standard output. */
  async output(command: string): Promise<string> {
    const { stdout } = await this.#fleet.exec(this.#name, ['sh', '-c', command]);
    return stdout;
  }

  /** Carries out an operation; rejects with its problem when it fails. */
  async run(operation: ScriptedOperation): Promise<void> {
    const { script, stdin } = operationScript(operation, this.layout, new Map());
    const { exitCode, stderr } = await this.#fleet.exec(this.#name, ['sh', '-c', script], { input: stdin });
    if (exitCode === 0) return;
    throw fail(parseOperationFailure(operation, this.#name, { status: exitCode ?? 255, stderr }));
  }

  async probe(requests: readonly ProbeRequest[]): Promise<HostFacts> {
    const { stdout } = await this.#fleet.exec(this.#name, ['sh', '-c', 'sh -s | base64 -w0'], {
      input: probeScript(requests, this.layout),
    });
    const answers = parseProbeAnswers(Buffer.from(stdout, 'base64'));
    if (answers.facts === undefined) throw new Error(answers.problem);
    return answers.facts;
  }
}
