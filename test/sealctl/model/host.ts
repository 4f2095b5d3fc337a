import {
  probeKey,
  type DirectoryFact,
  type FileFact,
  type Hold,
  type HostFacts,
  type Inventory,
  type ManifestEntry,
  type ProbeRequest,
  type ServiceFact,
} from '../../../src/sealctl/host/probe/facts.ts';
import type { HostLayout } from '../../../src/sealctl/host/layout.ts';
import type { Operation } from '../../../src/sealctl/host/operations/operation.ts';
import { fail } from '../../../src/core/problem/problem.ts';
import { resolveTemplate, type SecretValues } from '../../../src/core/secret/secret.ts';
import { ModelDaemon } from './daemon.ts';
import { digest, ModelFiles } from './files.ts';

/**
 * A host in memory. What it promises, and what `model-host.integration.test.ts` holds it to on the real scripts:
 *
 * - A path is absent, a directory, a file (content, mode, owner) or a link. Directories appear with whatever is put into them.
 * - `write-file` refuses what is no regular file, and content that is neither the wanted nor the expected one; it records the entry,
 *   and an entry with the same id or the same path goes. The same file again changes nothing.
 * - `remove-file` does nothing for an id the manifest does not list, refuses content that is not what the entry says, and forgets.
 * - `link` refuses a missing target and anything but a link in its place.
 * - `remove-release` refuses while a process runs from it. `upload-program` puts a program of the given digest there.
 * - `service start` enables, and starts a process if there is none, from the definition systemd has loaded (the one on disk at the
 *   first start or the last reload) or the supervisor reads (always the one on disk); the process keeps the environment, limits,
 *   CPUs and program it was started with. `stop` ends it and disables. Both may be repeated.
 * - `run` creates the path named by `unless`, and does nothing when that is there.
 * - A probe answers what is asked, and every file and service the manifest lists.
 */
export class ModelHost {
  readonly name: string;
  readonly layout: HostLayout;
  readonly systemd: boolean;
  /** Of the host itself; tests may change them. */
  readonly hardware = {
    cpus: 64,
    memoryBytes: 2 ** 38,
    cpuFlags: new Set(['sha_ni', 'avx2']),
    gpus: [] as HostFacts['gpus'],
    nofileHard: 1_048_576,
    mounts: new Set<string>(),
    account: 'root',
  };
  readonly files = new ModelFiles();
  readonly daemons = new Map<string, ModelDaemon>();
  /** The manifest, in the order of writing. */
  manifest: readonly ManifestEntry[] = [];
  hold: Hold | undefined;
  inventory: Inventory | undefined;
  /** Programs by path: digest and moment of upload. */
  readonly programs = new Map<string, { readonly sha256: string; readonly uploaded: number }>();
  #moments = 0;
  readonly #secrets: () => SecretValues;

  constructor(name: string, layout: HostLayout, systemd: boolean, secrets: () => SecretValues) {
    this.name = name;
    this.layout = layout;
    this.systemd = systemd;
    this.#secrets = secrets;
  }

  async run(operation: Operation): Promise<void> {
    await Promise.resolve();
    switch (operation.do) {
      case 'ensure-directory':
        return this.#ensureDirectory(operation);
      case 'write-file':
        return this.#writeFile(operation);
      case 'remove-file':
        return this.#removeFile(operation);
      case 'upload-program':
        this.programs.set(`${this.layout.releases}/${operation.sha256}/${operation.program}`, {
          sha256: operation.sha256,
          uploaded: this.#moments++,
        });
        return;
      case 'remove-release':
        return this.#removeRelease(operation.sha256);
      case 'link':
        return this.#link(operation);
      case 'manifest':
        for (const id of operation.forget) this.#forget(id);
        for (const entry of operation.record) this.#record(entry);
        return;
      case 'service':
        return this.#service(operation);
      case 'run':
        if (operation.unless !== undefined && !this.files.exists(operation.unless)) {
          this.files.set(operation.unless, { type: 'directory', mode: '0700', owner: this.hardware.account });
        }
        return;
      case 'set-hold':
        this.hold = operation.hold;
        return;
      case 'clear-hold':
        this.hold = undefined;
        return;
      case 'write-inventory':
        this.inventory = operation.inventory;
        return;
    }
  }

  probe(requests: readonly ProbeRequest[]): HostFacts {
    const files = new Map<string, FileFact>();
    const directories = new Map<string, DirectoryFact>();
    const services = new Map<string, ServiceFact>();
    const owned = this.manifest.flatMap((entry): ProbeRequest[] => {
      if (entry.kind === 'service') {
        const manager = entry.note === 'supervisor' ? 'supervisor' : 'systemd';
        return [{ ask: 'service', manager, name: entry.path }];
      }
      return entry.path.startsWith('/') ? [{ ask: 'file', path: entry.path, content: false }] : [];
    });
    for (const request of [...owned, ...requests]) {
      const key = probeKey(request);
      switch (request.ask) {
        case 'file': {
          const fact = this.files.fileFact(request.path, request.content);
          if (fact !== undefined) files.set(key, fact);
          break;
        }
        case 'program': {
          const program = this.programs.get(request.path);
          if (program !== undefined) files.set(key, { type: 'file', sha256: program.sha256 });
          break;
        }
        case 'directory': {
          const fact = this.files.directoryFact(request.path, this.hardware.mounts.has(request.path));
          if (fact !== undefined) directories.set(key, fact);
          break;
        }
        case 'service':
          services.set(key, this.#serviceFact(request.name));
          break;
      }
    }
    const { cpus, memoryBytes, cpuFlags, gpus, nofileHard, account } = this.hardware;
    return {
      hostname: this.name,
      clockS: 1_700_000_000,
      cpus,
      memoryBytes,
      cpuFlags,
      gpus,
      nofileHard,
      user: account,
      systemd: this.systemd,
      missingLibraries: [],
      manifest: this.manifest,
      ...(this.hold === undefined ? {} : { hold: this.hold }),
      releases: this.#releases(),
      ...(this.inventory === undefined ? {} : { inventory: this.inventory }),
      files,
      directories,
      services,
    };
  }

  /** Somebody edits a file on the host, behind sealctl's back. */
  edit(path: string, content: string): void {
    const there = this.files.get(path);
    const { mode = '0644', owner = this.hardware.account } = there ?? {};
    this.files.set(path, { type: 'file', content, mode, owner });
  }

  /** Somebody deletes a file, or a directory with everything in it. */
  delete(path: string): void {
    this.files.deleteTree(path);
  }

  #ensureDirectory(operation: Extract<Operation, { do: 'ensure-directory' }>): void {
    const { path, mode, owner = this.hardware.account } = operation;
    const there = this.files.typeOf(path);
    if (there !== 'absent' && there !== 'directory') throw refused('foreign-file', path);
    this.files.set(path, { type: 'directory', mode, owner });
  }

  #writeFile(operation: Extract<Operation, { do: 'write-file' }>): void {
    const { path, mode, owner = this.hardware.account, entry, replaces } = operation;
    const content = resolveTemplate(operation.content, this.#secrets());
    if (content === undefined) throw refused('secret-unknown', path);
    const sha256 = digest(content);
    const there = this.files.get(path);
    const type = this.files.typeOf(path);
    if (type !== 'absent' && type !== 'file') throw refused('foreign-file', path);
    const present = there?.type === 'file' ? digest(there.content) : 'absent';
    const expected = 'absent' in replaces ? 'absent' : replaces.sha256;
    if (present !== sha256 && present !== expected) throw refused('changed-since-plan', path);
    this.files.set(path, { type: 'file', content, mode, owner });
    this.#record({ ...entry, path, sha256 });
  }

  #removeFile({ path, entry }: Extract<Operation, { do: 'remove-file' }>): void {
    const listed = this.manifest.find(({ id }) => id === entry.id);
    if (listed === undefined) return;
    if (listed.path !== path) throw refused('changed-since-plan', path);
    const there = this.files.get(path);
    if (there !== undefined) {
      if (there.type === 'directory') throw refused('foreign-file', path);
      const present = digest(there.type === 'link' ? there.target : there.content);
      if (present !== entry.sha256 && present !== entry.pendingSha256)
        throw refused('changed-since-plan', path);
      this.files.delete(path);
    }
    this.#forget(entry.id);
  }

  #removeRelease(sha256: string): void {
    const directory = `${this.layout.releases}/${sha256}/`;
    if ([...this.daemons.values()].some(({ process }) => process?.exe.startsWith(directory) === true)) {
      throw refused('release-in-use', directory);
    }
    for (const path of this.programs.keys()) if (path.startsWith(directory)) this.programs.delete(path);
  }

  #link({ path, target, entry }: Extract<Operation, { do: 'link' }>): void {
    if (!this.programs.has(target)) throw refused('program-missing', target);
    const type = this.files.typeOf(path);
    if (type !== 'absent' && type !== 'link') throw refused('foreign-file', path);
    this.files.set(path, { type: 'link', target });
    this.#record({ ...entry, path, sha256: digest(target) });
  }

  #service({ name, verb, manager }: Extract<Operation, { do: 'service' }>): void {
    if (verb === 'reload' && manager === 'supervisor') {
      if (this.#unitText(name, manager) === undefined) this.daemons.delete(name);
      return;
    }
    if (verb === 'reload') {
      for (const [known, daemon] of this.daemons) daemon.load(this.#unitText(known, 'systemd'));
      return;
    }
    const daemon = this.daemons.get(name) ?? new ModelDaemon(this);
    if (verb === 'stop') {
      if (!this.daemons.has(name)) return;
      daemon.stop();
      return;
    }
    const text = this.#unitText(name, manager);
    if (text === undefined) throw refused('start-failed', name);
    this.daemons.set(name, daemon);
    if (manager === 'supervisor') daemon.load(text);
    else daemon.loadFirst(text);
    daemon.start(this.#moments++, manager);
  }

  #unitText(name: string, manager: 'systemd' | 'supervisor'): string | undefined {
    const path =
      manager === 'systemd'
        ? `${this.layout.services}/${name}.service`
        : `${this.layout.services}/${name}/run`;
    const file = this.files.get(path);
    return file?.type === 'file' ? file.content : undefined;
  }

  #record(entry: ManifestEntry): void {
    this.manifest = [
      ...this.manifest.filter(({ id, path }) => id !== entry.id && path !== entry.path),
      entry,
    ];
  }

  #forget(id: string): void {
    this.manifest = this.manifest.filter((entry) => entry.id !== id);
  }

  #releases(): string[] {
    const newest = new Map<string, number>();
    for (const { sha256, uploaded } of this.programs.values()) {
      newest.set(sha256, Math.max(uploaded, newest.get(sha256) ?? -1));
    }
    return [...newest].sort(([, a], [, b]) => b - a).map(([sha256]) => sha256);
  }

  #serviceFact(name: string): ServiceFact {
    const daemon = this.daemons.get(name);
    const manager = this.systemd ? 'systemd' : 'supervisor';
    const text = this.#unitText(name, manager);
    const process = daemon?.process;
    return {
      known: text !== undefined,
      state: process === undefined ? 'inactive' : 'active',
      enabled: daemon?.enabled ?? false,
      needsReload: this.systemd && daemon?.loaded !== undefined && daemon.loaded !== text,
      restarts: 0,
      result: process === undefined && daemon !== undefined ? 'signal 15' : '',
      ...(process === undefined ? {} : { process }),
    };
  }
}

function refused(code: string, what: string) {
  return fail({ code, summary: `${what}: refused` });
}
