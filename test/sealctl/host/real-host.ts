import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostFacts, ProbeRequest } from '../../../src/sealctl/host/probe/facts.ts';
import { layoutOf, type HostLayout } from '../../../src/sealctl/host/layout.ts';
import type { Operation } from '../../../src/sealctl/host/operations/operation.ts';
import {
  operationScript,
  parseOperationFailure,
} from '../../../src/sealctl/host/operations/operation-script.ts';
import { parseProbeAnswers } from '../../../src/sealctl/host/probe/probe-answers.ts';
import { probeScript } from '../../../src/sealctl/host/probe/probe-script.ts';
import { fail } from '../../../src/core/problem/problem.ts';
import type { SecretValues } from '../../../src/core/secret/secret.ts';

/** This machine as a host without systemd: the real scripts, run by the real shell, below a directory of its own. */
export class RealHost {
  readonly root: string;
  readonly layout: HostLayout;
  readonly #secrets: SecretValues;

  constructor(options: { readonly root?: string; readonly secrets?: SecretValues } = {}) {
    this.root = options.root ?? mkdtempSync(join(tmpdir(), 'sealctl-host-'));
    this.layout = layoutOf({ services: 'supervisor', root: this.root });
    this.#secrets = options.secrets ?? new Map();
  }

  async run(operation: Operation): Promise<void> {
    if (operation.do === 'upload-program') {
      const path = `${this.layout.releases}/${operation.sha256}/${operation.program}`;
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(operation.source, path);
      return;
    }
    const { script, stdin } = operationScript(operation, this.layout, this.#secrets);
    const { status, stderr } = await shell(['sh', '-c', script], stdin);
    if (status !== 0) throw fail(parseOperationFailure(operation, 'here', { status, stderr }));
  }

  async probe(requests: readonly ProbeRequest[]): Promise<HostFacts> {
    const { stdout, stderr } = await shell(['sh', '-s'], probeScript(requests, this.layout));
    const answers = parseProbeAnswers(stdout);
    if (answers.facts === undefined) throw new Error(`${answers.problem}\n${stderr}`);
    return answers.facts;
  }

  /** Removes everything; services must have been stopped. */
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Runs a program to its end. */
export function shell(
  [command = '', ...argv]: readonly string[],
  stdin: string,
): Promise<{ readonly status: number; readonly stdout: Buffer; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
    child.stderr.on('data', (piece: Buffer) => stderr.push(piece));
    child.on('error', reject);
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => {
      resolve({
        status: code ?? 255,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    child.stdin.end(stdin);
  });
}
