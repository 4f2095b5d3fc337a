/**
 * Which folder of src/ may import which. Data flows from the top of this table to its bottom (docs/architecture.md has the
 * picture); an import that is not listed here points against the flow. `types` are folders of which only types may be imported.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  problem: [],
  lotus: [],
  secret: ['problem'],
  proofs: ['problem'],
  ui: ['problem', 'secret'],
  spec: ['problem', 'secret', 'lotus'],
  ssh: ['problem', 'secret', 'host'],
  host: ['problem', 'secret'],
  kinds: ['problem', 'secret', 'lotus', 'spec', 'host'],
  compile: ['problem', 'secret', 'lotus', 'spec', 'host', 'kinds'],
  observe: ['problem', 'secret', 'lotus', 'spec', 'host', 'kinds', 'compile', 'ssh'],
  plan: ['problem', 'secret', 'ui', 'lotus', 'spec', 'host', 'kinds', 'compile'],
  apply: ['problem', 'secret', 'lotus', 'spec', 'host', 'kinds', 'compile', 'ssh', 'observe', 'plan'],
  drain: [
    'problem',
    'secret',
    'lotus',
    'spec',
    'host',
    'kinds',
    'compile',
    'ssh',
    'observe',
    'plan',
    'apply',
  ],
  watch: [
    'problem',
    'secret',
    'lotus',
    'spec',
    'host',
    'kinds',
    'compile',
    'ssh',
    'observe',
    'plan',
    'apply',
  ],
  daemon: ['problem', 'secret', 'lotus'],
  worker: ['problem', 'lotus', 'proofs', 'daemon'],
  miner: ['problem', 'lotus', 'proofs', 'daemon'],
  simulate: ['problem', 'lotus', 'miner'],
};

/** The command lines sit on top of everything. */
export const top = 'cli';
