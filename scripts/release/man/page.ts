import { macro, text } from './troff.ts';

/** A flag of a command as a page shows it. */
export interface PageFlag {
  /** Such as `--file`, `-f`. */
  readonly names: readonly string[];
  /** What its value is called; none for a switch. */
  readonly value?: string;
  readonly usage: string;
}

/** A command as a page shows it; the first of a page is the program itself. */
export interface PageCommand {
  /** From the program's name on, such as `sealctl`, `plan`. */
  readonly words: readonly string[];
  /** The words that follow, as the usage line has them. */
  readonly takes: readonly string[];
  /** One line. */
  readonly brief: string;
  readonly description?: string;
  readonly flags: readonly PageFlag[];
  /** Lines of examples as the help has them. */
  readonly examples: readonly string[];
}

/** What stands at the foot of a page. */
export interface PageFoot {
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** The manual page of a program in troff, made of what its help says: nothing is written twice. */
export function manPage(commands: readonly PageCommand[], { version, date }: PageFoot): string {
  const [program, ...others] = commands;
  const name = program?.words[0] ?? '';
  if (program === undefined) throw new Error('a page needs a program');
  return [
    macro('TH', name.toUpperCase(), '1', date, `${name} ${version.replace(/\+.*/, '')}`, 'User Commands'),
    macro('SH', 'NAME'),
    `${text(name)} \\- ${text(program.brief)}`,
    macro('SH', 'SYNOPSIS'),
    ...synopsis(program),
    ...section('DESCRIPTION', program.description === undefined ? [] : paragraphs(program.description)),
    ...section('OPTIONS', program.flags.flatMap(flagEntry)),
    ...section('COMMANDS', others.flatMap(commandEntry)),
    ...section('EXAMPLES', example(program.examples)),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [macro('SH', title), ...lines];
}

function commandEntry(command: PageCommand): readonly string[] {
  return [
    macro('SS', command.words.join(' ')),
    ...synopsis(command),
    '.PP',
    ...(command.description === undefined ? [text(command.brief)] : paragraphs(command.description)),
    ...command.flags.flatMap(flagEntry),
    ...example(command.examples),
  ];
}

function synopsis({ words, takes, flags }: PageCommand): readonly string[] {
  const options = flags.length === 0 ? [] : ['[\\fIoptions\\fR]'];
  return [`\\fB${text(words.join(' '))}\\fR ${[...options, ...takes.map(text)].join(' ')}`.trimEnd()];
}

function flagEntry({ names, value, usage }: PageFlag): readonly string[] {
  const shown = names.map((name) => `\\fB${text(name)}\\fR`).join(', ');
  return ['.TP', value === undefined ? shown : `${shown} \\fI${text(value)}\\fR`, text(usage)];
}

/** Lines that follow each other are one paragraph; an empty line ends it. */
function paragraphs(description: string): readonly string[] {
  return description
    .trim()
    .split(/\n\s*\n/)
    .flatMap((paragraph, index) => [...(index === 0 ? [] : ['.PP']), ...paragraph.split('\n').map(text)]);
}

function example(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['.PP', '.EX', ...lines.map((line) => text(line)), '.EE'];
}
