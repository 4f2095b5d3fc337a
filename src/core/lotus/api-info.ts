import { isIPv6 } from 'node:net';
import { FormatError } from './format-error.ts';

/** The listen address of a daemon's API. */
export interface ApiAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Path before `/rpc/v0`, as behind a proxy; usually empty. */
  readonly path: string;
}

/** A value of `MINER_API_INFO`, `WORKER_API_INFO` and their like. */
export interface ApiInfo {
  /** Absent: only the permissions of a caller without a token. */
  readonly token?: string;
  readonly address: ApiAddress;
}

/**
 * Reads `TOKEN:/ip4/10.0.0.1/tcp/2345/http`, `TOKEN:http://host:2345`, or either without a token. Of a comma-separated list only the
 * first counts, as in Lotus. Throws a `FormatError` that never repeats the token. Source: docs/spec/lotus.md section 2.5.
 */
export function parseApiInfo(text: string): ApiInfo {
  const first = text.split(',')[0]?.trim() ?? '';
  const colon = first.indexOf(':');
  const hasToken = !first.startsWith('/') && colon > 0 && !first.slice(colon + 1).startsWith('//');
  const address = parseApiAddress(hasToken ? first.slice(colon + 1) : first);
  return hasToken ? { token: first.slice(0, colon), address } : { address };
}

/** The text of an API info with the address as a multiaddr. */
export function formatApiInfo(info: ApiInfo): string {
  const address = formatMultiaddr(info.address);
  return info.token === undefined ? address : `${info.token}:${address}`;
}

/** Reads a multiaddr or a URL. Throws a `FormatError`. */
export function parseApiAddress(text: string): ApiAddress {
  return text.startsWith('/') ? parseMultiaddr(text) : parseUrl(text);
}

/** Reads `/ip4|ip6|dns|dns4|dns6/HOST/tcp/PORT[/http|/ws|/https|/wss|/tls]`. Throws a `FormatError`. */
export function parseMultiaddr(text: string): ApiAddress {
  const [, family, host, transport, portText, ...rest] = text.trim().replace(/\/$/, '').split('/');
  const port = Number(portText);
  const known = ['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(family ?? '');
  if (!known || host === undefined || host === '' || transport !== 'tcp' || !isPort(port))
    throw new FormatError(`'${text}' is not an address such as /ip4/10.0.0.1/tcp/2345/http`);
  const strange = rest.find((part) => !['http', 'ws', 'https', 'wss', 'tls'].includes(part));
  if (strange !== undefined) throw new FormatError(`'${text}': cannot reach an API over /${strange}`);
  return { host, port, tls: rest.some((part) => ['https', 'wss', 'tls'].includes(part)), path: '' };
}

/** The multiaddr of an address, such as `/ip4/10.0.0.7/tcp/3456`; `suffix` is appended, such as `/http`. */
export function formatMultiaddr(address: Pick<ApiAddress, 'host' | 'port'>, suffix = ''): string {
  const family = isIPv6(address.host) ? 'ip6' : /^\d+(?:\.\d+){3}$/.test(address.host) ? 'ip4' : 'dns';
  return `/${family}/${address.host}/tcp/${address.port}${suffix}`;
}

/** `host:port` with brackets around an IPv6 address. */
export function formatHostPort(address: Pick<ApiAddress, 'host' | 'port'>): string {
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Reads `host:port` as `--listen` takes it; an empty host means every address, port 0 any port. Throws a `FormatError`. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[(?<v6>[0-9a-fA-F:.%]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text.trim());
  const port = Number(match?.groups?.['port']);
  if (match === null || !(isPort(port) || port === 0))
    throw new FormatError(`'${text}' is no HOST:PORT such as 0.0.0.0:3456`);
  return { host: match.groups?.['v6'] ?? match.groups?.['host'] ?? '', port };
}

/** Host and port of `HOST:PORT` that can be dialed: both are named. Undefined for other text. */
export function parseDialAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  try {
    const address = parseHostPort(text);
    return address.host === '' || address.port === 0 ? undefined : address;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** URL of the JSON-RPC endpoint of an address. */
export function rpcUrl(address: ApiAddress): string {
  return `${address.tls ? 'https' : 'http'}://${formatHostPort(address)}${address.path.replace(/\/$/, '')}/rpc/v0`;
}

/** URL under which a daemon's storage paths are served. */
export function remoteUrl(address: Pick<ApiAddress, 'host' | 'port'>): string {
  return `http://${formatHostPort(address)}/remote`;
}

function parseUrl(text: string): ApiAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new FormatError(`an API address is neither a multiaddr nor a URL; write /ip4/HOST/tcp/PORT/http`);
  }
  const tls = url.protocol === 'https:' || url.protocol === 'wss:';
  if (!tls && url.protocol !== 'http:' && url.protocol !== 'ws:')
    throw new FormatError(`cannot reach an API over ${url.protocol}//; use http or https`);
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  const path = url.pathname.replace(/\/+$/, '').replace(/\/rpc\/v0$/, '');
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, tls, path };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65536;
}
