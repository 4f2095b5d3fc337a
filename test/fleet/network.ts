import { execa } from 'execa';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A fleet's wire: a bridge in the controller's namespace, and one /24 that exists nowhere else. */
export interface Network {
  /** The namespace in which programs that talk to the hosts must run. */
  readonly controller: string;
  /** 0 to 255: third number of the addresses, and part of every interface name. */
  readonly subnet: number;
}

const namespacesFolder = '/run/netns';

/** The argv that runs a command in a namespace. `ip netns exec` would hide the control groups behind a new /sys. */
export function inNamespace(namespace: string, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', `--net=${join(namespacesFolder, namespace)}`, '--', ...argv];
}

export async function makeController(controller: string): Promise<void> {
  if (existsSync(join(namespacesFolder, controller))) return;
  await execa('ip', ['netns', 'add', controller]);
  await ip(controller, 'link', 'set', 'lo', 'up');
}

/** Takes the first subnet that no other fleet of this controller has: making its bridge is what takes it. */
export async function claimSubnet(controller: string): Promise<number> {
  for (let subnet = 0; subnet < 256; subnet++) {
    const bridge = ['stp_state', '0', 'forward_delay', '0'];
    const made = await ip(controller, 'link', 'add', bridgeOf(subnet), 'type', 'bridge', ...bridge).catch(
      (error: unknown) => {
        if (String(error).includes('File exists')) return undefined;
        throw error;
      },
    );
    if (made === undefined) continue;
    await ip(controller, 'addr', 'add', `${addressOf(subnet, controllerNumber)}/24`, 'dev', bridgeOf(subnet));
    await ip(controller, 'link', 'set', bridgeOf(subnet), 'up');
    return subnet;
  }
  throw new Error(`all 256 subnets of ${controller} are taken`);
}

export function hostAddress(network: Network, number: number): string {
  return addressOf(network.subnet, controllerNumber + number);
}

export function controllerAddress(network: Network): string {
  return addressOf(network.subnet, controllerNumber);
}

/** The host's namespace and its cable. The MAC is the same each time, so nobody's ARP cache holds an older one. */
export async function plugIn(network: Network, namespace: string, number: number): Promise<void> {
  if (existsSync(join(namespacesFolder, namespace))) return;
  const { controller, subnet } = network;
  const port = portOf(network, number);
  const mac = ['02:5e:a1', subnet, 0, number]
    .map((part) => (typeof part === 'string' ? part : part.toString(16).padStart(2, '0')))
    .join(':');
  await execa('ip', ['netns', 'add', namespace]);
  await ip(namespace, 'link', 'set', 'lo', 'up');
  const peer = ['peer', 'name', hostInterface, 'address', mac, 'netns', namespace];
  await ip(controller, 'link', 'add', port, 'type', 'veth', ...peer);
  await ip(controller, 'link', 'set', port, 'master', bridgeOf(subnet), 'up');
  await ip(namespace, 'addr', 'add', `${hostAddress(network, number)}/24`, 'dev', hostInterface);
  await ip(namespace, 'link', 'set', hostInterface, 'up');
  await ip(namespace, 'route', 'add', 'default', 'via', controllerAddress(network));
}

/** Removes a namespace, and with it the interfaces that are inside or whose other end is. */
export async function removeNamespace(namespace: string): Promise<void> {
  if (existsSync(join(namespacesFolder, namespace))) await execa('ip', ['netns', 'delete', namespace]);
}

export async function removeBridge({ controller, subnet }: Network): Promise<void> {
  if (existsSync(join(namespacesFolder, controller)))
    await ip(controller, 'link', 'delete', bridgeOf(subnet)).catch((error: unknown) => {
      if (!String(error).includes('Cannot find device')) throw error;
    });
}

export function namespaceNames(): string[] {
  return existsSync(namespacesFolder) ? readdirSync(namespacesFolder) : [];
}

/** The interface a host sees. */
export const hostInterface = 'host0';

/** The controller's end of a host's cable. */
export function portOf({ subnet }: Network, number: number): string {
  return `port${subnet}-${number}`;
}

export function bridgeOf(subnet: number): string {
  return `bridge${subnet}`;
}

/** `ip`, in a namespace. */
export async function ip(namespace: string, ...argv: string[]): Promise<string> {
  return (await execa('ip', ['-netns', namespace, ...argv])).stdout;
}

const controllerNumber = 1;

function addressOf(subnet: number, number: number): string {
  return `10.77.${subnet}.${number}`;
}
