import { createHash } from 'node:crypto';

/** The namespace of our path IDs: any fixed UUID of our own would do. */
const namespace = Buffer.from('6f1d3e0a5c5b4d0f9a2e7c4b8d6e1f32', 'hex');

/**
 * The ID a new storage path gets: a name-based UUID (RFC 9562, version 5) of cluster, host and path. Planning twice gives the same ID,
 * and no two paths of a cluster share one. Once written to `sectorstore.json` it stays for ever, whatever becomes of the names.
 */
export function newPathId(cluster: string, host: string, path: string): string {
  const name = JSON.stringify([cluster, host, path]);
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
