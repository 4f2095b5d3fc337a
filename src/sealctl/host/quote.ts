/**
 * One word of POSIX shell that stands for exactly this text: single quotes, with `'\''` for a single quote. NUL cannot be part of an
 * argument and is refused.
 */
export function shq(text: string): string {
  if (text.includes('\0')) throw new RangeError('an argument cannot hold a NUL character');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Which specials of a unit file a word meets: `$` is expanded in `Exec*=` lines only. */
export type UnitContext = 'exec' | 'setting';

/**
 * One word of a systemd unit file that stands for exactly this text: double quotes, C escapes, `%%` for `%`, and `$$` for `$` in
 * `Exec*=`. Source: systemd.syntax(7) "Quoting", systemd.service(5) "Command lines", systemd.unit(5) "Specifiers".
 */
export function unitQuote(text: string, context: UnitContext): string {
  if (/^[\w./:=,@+-]*$/.test(text)) return `"${text}"`;
  if (text.includes('\0')) throw new RangeError('an argument cannot hold a NUL character');
  const escaped = text
    .replace(/["\\]/g, String.raw`\$&`)
    // eslint-disable-next-line no-control-regex -- control characters are what is escaped
    .replace(/[\u0001-\u001f\u007f]/g, (c) => String.raw`\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll('%', '%%');
  return `"${context === 'exec' ? escaped.replaceAll('$', '$$$$') : escaped}"`;
}

/** A command line that runs a program with exactly these arguments. */
export function shellCommand(argv: readonly string[]): string {
  if (argv[0] === undefined || argv[0] === '') throw new RangeError('a command needs a program');
  return argv.map(shq).join(' ');
}
