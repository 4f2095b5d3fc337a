const byteFactors: Readonly<Record<string, number>> = {
  '': 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
  e: 2 ** 60,
};

/** Bytes of a size such as `64GiB`; 64GB, 64G and 64g mean the same, as in Lotus. Undefined when it is no size, or not a whole number. */
export function parseBytes(size: string | number): number | undefined {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
  const match = /^(?<amount>\d+(?:\.\d+)?)\s*(?:(?<unit>[kmgtpe])i?)?b?$/i.exec(size);
  const factor = byteFactors[match?.groups?.['unit']?.toLowerCase() ?? ''];
  if (match?.groups === undefined || factor === undefined) return undefined;
  const bytes = Number(match.groups['amount']) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The largest unit that shows the bytes as a whole number: `64GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let amount = bytes;
  let unit = 0;
  while (amount !== 0 && amount % 1024 === 0 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount}${units[unit]}`;
}

const millisecondsOf = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a time such as `1h30m`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * millisecondsOf[unit as keyof typeof millisecondsOf];
  return Math.round(total);
}

/** Milliseconds as `parseDuration` reads them: `1h30m`, `0s`. */
export function formatDuration(ms: number): string {
  let left = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(left / millisecondsOf[unit]);
    left -= count * millisecondsOf[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

/** Milliseconds for people: the two largest units, such as `1h 12m`, `45s`, `0s`. */
export function durationText(ms: number): string {
  let left = Math.max(0, Math.round(ms / 1000)) * 1000;
  const parts: string[] = [];
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = millisecondsOf[unit];
    const count = Math.floor(left / size);
    left -= count * size;
    // Beside days nobody asks for seconds.
    if (parts.length === 0 ? count > 0 : parts.length < 2) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.filter((part, at) => at === 0 || !part.startsWith('0')).join(' ');
}

/** The ranges of a Linux CPU list such as `0-31,64-95`; undefined when it is none. */
export function parseCpuList(list: string): { readonly first: number; readonly last: number }[] | undefined {
  const ranges = list.split(',').map((part) => {
    const match = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?$/.exec(part.trim());
    const first = Number(match?.groups?.['first']);
    return { first, last: Number(match?.groups?.['last'] ?? first) };
  });
  return ranges.every(({ first, last }) => last >= first) ? ranges : undefined;
}
