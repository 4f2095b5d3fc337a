/**
 * Which folder of a room may import which folder of the same room. Data flows from the top of each table to its bottom
 * (docs/architecture.md has the picture); an import that is not listed here points against the flow. Which room may import which other
 * room or library stands in the rooms' package.json.
 */
export const layers: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  core: {
    problem: [],
    lotus: [],
    text: [],
    secret: ['problem'],
    async: ['problem'],
  },
  sealctl: {
    spec: [],
    ui: [],
    host: [],
    ssh: ['host'],
    model: ['spec', 'host'],
    kinds: ['spec', 'host', 'model'],
    observe: ['spec', 'host', 'model', 'ssh'],
    plan: ['spec', 'host', 'model', 'kinds'],
    status: ['spec', 'model', 'kinds', 'observe', 'plan'],
    apply: ['spec', 'host', 'model', 'kinds', 'ssh', 'observe', 'plan'],
    drain: ['host', 'model', 'kinds', 'observe', 'plan', 'apply'],
    cli: ['spec', 'ui', 'host', 'model', 'kinds', 'observe', 'plan', 'status', 'apply', 'drain'],
  },
  daemons: {
    proofs: [],
    base: [],
    'lotus-cli': ['base'],
    worker: ['base', 'proofs'],
    miner: ['base'],
    cli: ['base', 'proofs', 'lotus-cli', 'worker', 'miner'],
  },
};
