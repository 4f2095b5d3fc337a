import { execa } from 'execa';
import { bridgeOf, hostInterface, inNamespace, ip, type Network, portOf } from './network.ts';

/**
 * How a host is cut off. `drop`: its frames go nowhere and nobody is told. `link`: the cable is out, both ends see it. `reset`: its
 * kernel answers every TCP segment with a reset, as after a firewall was reloaded.
 */
export type Cut = 'drop' | 'link' | 'reset';

/** One host's cable: its namespace and its number in the fleet. */
export interface Cable {
  readonly network: Network;
  readonly namespace: string;
  readonly number: number;
}

/** Cuts a host off from the controller and from all other hosts. */
export async function cut({ network, namespace, number }: Cable, how: Cut): Promise<void> {
  const port = portOf(network, number);
  switch (how) {
    case 'drop':
      await ip(network.controller, 'link', 'set', port, 'nomaster');
      return;
    case 'link':
      await ip(network.controller, 'link', 'set', port, 'down');
      return;
    case 'reset':
      await nft(namespace, resetRules);
      return;
  }
}

/** Undoes every cut. */
export async function heal({ network, namespace, number }: Cable): Promise<void> {
  const port = portOf(network, number);
  await nft(namespace, removeResetRules);
  await ip(network.controller, 'link', 'set', port, 'master', bridgeOf(network.subnet), 'up');
}

/** Limits a host's bandwidth each way, in the words of tc(8) such as `20mbit`; `off` removes the limit. */
export async function setRate({ network, namespace, number }: Cable, rate: string): Promise<void> {
  const ends = [
    [network.controller, portOf(network, number)],
    [namespace, hostInterface],
  ] as const;
  for (const [end, device] of ends) {
    const qdisc = ['qdisc', rate === 'off' ? 'delete' : 'replace', 'dev', device, 'root'];
    const bucket = rate === 'off' ? [] : ['tbf', 'rate', rate, 'burst', '64k', 'latency', '200ms'];
    await execa('tc', ['-netns', end, ...qdisc, ...bucket]).catch((error: unknown) => {
      const wasUnlimited = rate === 'off' && String(error).includes('Cannot delete qdisc');
      if (!wasUnlimited) throw error;
    });
  }
}

// Declaring the table first makes its deletion right whether or not it was there.
const removeResetRules = 'table inet fault {}\ndelete table inet fault\n';
const resetRules = `${removeResetRules}table inet fault {
  chain incoming { type filter hook input priority 0; meta l4proto tcp reject with tcp reset; }
}
`;

async function nft(namespace: string, rules: string): Promise<void> {
  const [file, ...argv] = inNamespace(namespace, ['nft', '--file', '-']);
  await execa(file, argv, { input: rules });
}
