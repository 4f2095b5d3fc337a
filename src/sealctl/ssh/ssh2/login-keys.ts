import type { AgentAuthMethod, ParsedKey, PublicKeyAuthMethod } from 'ssh2';
import { readAgent, type Agent } from './agent.ts';
import { readKeyFile, type KeyFile } from './key-file.ts';
import { makeLimit } from '@sealctl/core/async/limit';

/** The login methods of a user in the order they are tried, and notes on keys that could not be used. */
export interface LoginKeys {
  readonly methods: readonly (AgentAuthMethod | PublicKeyAuthMethod)[];
  readonly notes: readonly string[];
}

export interface LoginRequest {
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly agentSocket: string | undefined;
  /** The agent is used for the keys of `identityFiles` only. */
  readonly identitiesOnly: boolean;
}

/** Finds login keys; files and agents are read once, and a passphrase is asked for once a file, one question at a time. */
export type FindLoginKeys = (request: LoginRequest) => Promise<LoginKeys>;

const passphraseAttempts = 3;

/** `ask` gives a passphrase, or undefined when nobody can or will. */
export function loginKeyFinder(ask: (file: string) => Promise<string | undefined>): FindLoginKeys {
  const oneQuestion = makeLimit(1);
  const readFileOnce = remembered(readKeyFile);
  const readAgentOnce = remembered(readAgent);
  const unlocked = new Map<string, Promise<ParsedKey | undefined>>();
  const unlock = (locked: Extract<KeyFile, { is: 'locked' }>) => {
    const unlocking = unlocked.get(locked.file) ?? oneQuestion(() => unlockByAsking(locked, ask));
    unlocked.set(locked.file, unlocking);
    return unlocking;
  };
  return async ({ user, identityFiles, agentSocket, identitiesOnly }) => {
    const files = await Promise.all(identityFiles.map(readFileOnce));
    const answer = agentSocket === undefined ? undefined : await readAgentOnce(agentSocket);
    const agent = answer !== undefined && 'keys' in answer ? answer : undefined;
    const notes = answer !== undefined && 'note' in answer ? [answer.note] : [];
    const inAgent = files.flatMap((file) => agentKeyOf(file, agent));
    const others = identitiesOnly ? [] : (agent?.keys.filter((key) => !inAgent.includes(key)) ?? []);
    const methods: (AgentAuthMethod | PublicKeyAuthMethod)[] = [];
    const offered = [...inAgent, ...others];
    if (agent !== undefined && offered.length > 0)
      methods.push({ type: 'agent', username: user, agent: agent.offering(offered) });
    for (const file of files) {
      if (agentKeyOf(file, agent).length > 0 || file.is === 'absent') continue;
      if (file.is === 'unusable') notes.push(`${file.file} cannot be used: ${file.why}`);
      else {
        const key = file.is === 'key' ? file.key : await unlock(file);
        if (key === undefined)
          notes.push(`${file.file} has a passphrase, which was not given: ssh-add ${file.file}`);
        else methods.push({ type: 'publickey', username: user, key });
      }
    }
    if (methods.length === 0)
      notes.push(
        `no key to offer: the agent ${agent === undefined ? 'is not there' : 'offers none'}, and of ${identityFiles.join(', ')} none can be used`,
      );
    return { methods, notes };
  };
}

function agentKeyOf(file: KeyFile, agent: Agent | undefined): ParsedKey[] {
  const wanted =
    file.is === 'key' ? file.key.getPublicSSH() : file.is === 'locked' ? file.publicKey : undefined;
  if (wanted === undefined) return [];
  return agent?.keys.filter((key) => key.getPublicSSH().equals(wanted)).slice(0, 1) ?? [];
}

async function unlockByAsking(
  locked: Extract<KeyFile, { is: 'locked' }>,
  ask: (file: string) => Promise<string | undefined>,
): Promise<ParsedKey | undefined> {
  for (let attempt = 1; attempt <= passphraseAttempts; attempt++) {
    const passphrase = await ask(locked.file);
    if (passphrase === undefined) return undefined;
    const key = locked.unlock(passphrase);
    if (key !== undefined) return key;
  }
  return undefined;
}

function remembered<Value>(read: (name: string) => Promise<Value>): (name: string) => Promise<Value> {
  const known = new Map<string, Promise<Value>>();
  return (name) => {
    const reading = known.get(name) ?? read(name);
    known.set(name, reading);
    return reading;
  };
}
