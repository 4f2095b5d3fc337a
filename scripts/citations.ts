/** What a text points to. */
export type Target =
  /** A file or folder, as written. */
  | { readonly kind: 'path'; readonly path: string }
  /** A numbered heading. The page is as written, and absent where no page is named before the number. */
  | { readonly kind: 'section'; readonly page: string | undefined; readonly number: string }
  /** A link of a Markdown page. Without a page it leads into its own page, without an anchor to a whole file or folder. */
  | { readonly kind: 'link'; readonly page: string; readonly anchor: string }
  /** An architecture decision record, by its four digits. */
  | { readonly kind: 'decision'; readonly number: string };

export interface Citation {
  readonly target: Target;
  /** Where it stands in the file, from 1. */
  readonly line: number;
}

const fencePattern = /^ *```[^]*?^ *```/gm;
const linkPattern = /\]\((?<inline>[^()\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: +(?<reference>\S+)/gm;
const pagePattern = /(?<![\w/.-])docs\/[\w/-]+\.md\b/g;
const sectionPattern =
  /(?:(?<page>[\w./-]+\.md)[`)]*|(?<other>(?:RFC|FIP|FRC)[ -]?\d+))?,?\s*\b[Ss]ections?\s+(?<numbers>\d+(?:\.\d+)*(?:(?:,|,? and|,? to|,? or)\s+\d+(?:\.\d+)*)*)/g;
const decisionPattern = /\bADR[ -](?<number>\d{1,4})\b/g;
/** What follows it names files of another project. */
const sourcePattern = /\bSource:[^]*?(?=\n\s*\n|$)/g;

/** The citations in a Markdown page, outside its fenced blocks. `folders` are those at the top of the tree. */
export function citationsOfPage(page: string, text: string, folders: readonly string[]): Citation[] {
  const prose = text.replaceAll(fencePattern, blanked);
  const links = [...prose.replaceAll(/`[^`\n]*`/g, blanked).matchAll(linkPattern)].flatMap((match) => {
    const link = match.groups?.['inline'] ?? match.groups?.['reference'] ?? '';
    if (/^\w+:/.test(link)) return [];
    const [path = '', anchor = ''] = decodeURI(link).split('#');
    return [citation(text, match.index, { kind: 'link', page: path, anchor })];
  });
  const own = sectionsOf(text).size > 0 ? page : undefined;
  return [...links, ...citationsIn(prose.replaceAll(linkPattern, blanked), folders, own)];
}

/** The citations in the comments of a source file, and the pages that its texts name. `hash` says that `#` begins a comment. */
export function citationsOfSource(
  text: string,
  folders: readonly string[],
  { hash, strings }: { readonly hash: boolean; readonly strings: boolean },
): Citation[] {
  const named = strings ? [...text.matchAll(pagePattern)] : [];
  return [
    ...citationsIn(commentsOf(text, hash), folders, undefined),
    ...named.map(({ 0: path, index }) => citation(text, index, { kind: 'path', path })),
  ];
}

/** The anchors of a Markdown page: those of its headings, as GitHub makes them, and those it sets itself. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const title of headingsOf(text)) {
    const words = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  for (const { groups } of text.matchAll(/<a (?:id|name)="(?<anchor>[^"]+)"/g))
    anchors.add(groups?.['anchor'] ?? '');
  return anchors;
}

/** The numbers that the headings of a Markdown page begin with. */
export function sectionsOf(text: string): ReadonlySet<string> {
  return new Set(headingsOf(text).flatMap((title) => /^\d+(?:\.\d+)*(?=[. ])/.exec(title) ?? []));
}

function headingsOf(text: string): string[] {
  const matches = text.replaceAll(fencePattern, blanked).matchAll(/^#{1,6} +(?<title>.+)$/gm);
  return [...matches].map(({ groups }) => groups?.['title'] ?? '');
}

/** `page` is what a number without a page belongs to, until the text names another page with one. */
function citationsIn(text: string, folders: readonly string[], page: string | undefined): Citation[] {
  const citations: Citation[] = [];
  const foreign = [...text.matchAll(sourcePattern)].map(({ 0: { length }, index }) => [
    index,
    index + length,
  ]);
  for (const { 0: path, index } of text.matchAll(pathPatternOf(folders)))
    if (path.startsWith('docs/') || !foreign.some(([begin = 0, end = 0]) => begin < index && index < end))
      citations.push(citation(text, index, { kind: 'path', path }));
  let current = page;
  for (const match of text.matchAll(sectionPattern)) {
    const { groups } = match;
    if (groups?.['other'] !== undefined) continue;
    const index = match.index + match[0].search(/[^\s,]/);
    current = groups?.['page'] ?? current;
    for (const [number] of (groups?.['numbers'] ?? '').matchAll(/\d+(?:\.\d+)*/g))
      citations.push(citation(text, index, { kind: 'section', page: current, number }));
  }
  for (const { groups, index } of text.matchAll(decisionPattern)) {
    const number = (groups?.['number'] ?? '').padStart(4, '0');
    citations.push(citation(text, index, { kind: 'decision', number }));
  }
  return citations;
}

/** Paths that begin with a folder at the top, and names of source files and pages; `*` stands for any part of a name. */
function pathPatternOf(folders: readonly string[]): RegExp {
  const start = String.raw`(?<![\w/@.:$~<{>-])(?:\.{1,2}/)*`;
  const below = String.raw`(?:${folders.join('|') || '(?!)'})/[\w@.*/-]*[\w*]/?`;
  const file = String.raw`(?:[\w@.*-]+/)*[\w@*-][\w@.*-]*\.(?:ts|mts|mjs|h|cpp|gyp|md)\b`;
  return new RegExp(`${start}(?:${file}|${below})(?![\\w/<{-])`, 'g');
}

/** What the comments say, without their marks, each line of it on its line of the file. */
function commentsOf(text: string, hash: boolean): string {
  const mark = hash ? /^\s*#+(?!!)|\s#+ / : /^\s*(?:\/\/+|\/\*+|\*(?!\/))|\s\/\/+[ <]/;
  return text
    .split('\n')
    .map((line) => {
      const comment = mark.exec(line);
      return comment === null ? '' : line.slice(comment.index + comment[0].length).replace('*/', '');
    })
    .join('\n');
}

function blanked(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}

function citation(text: string, index: number, target: Target): Citation {
  return { target, line: text.slice(0, index).split('\n').length };
}
