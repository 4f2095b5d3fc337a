import * as fc from 'fast-check';
import type { Plain } from '../../../src/sealctl/spec/source/plain.ts';

/** A value with the way it is written. */
type Layout =
  | { readonly kind: 'scalar'; readonly text: string; readonly value: Plain }
  | { readonly kind: 'flow-list'; readonly items: readonly Layout[]; readonly separator: string }
  | { readonly kind: 'flow-map'; readonly entries: readonly Entry[]; readonly separator: string }
  | {
      readonly kind: 'block-list';
      readonly items: readonly Layout[];
      readonly indent: string;
      readonly note: string;
    }
  | {
      readonly kind: 'block-map';
      readonly entries: readonly Entry[];
      readonly indent: string;
      readonly note: string;
    };
interface Entry {
  readonly key: string;
  readonly quote: string;
  readonly value: Layout;
}

/** One key and value, or one item, in the order of the file; `valueText` only where its end is certain. */
interface Written {
  readonly key: string | undefined;
  readonly keyText: string | undefined;
  valueText: string | undefined;
}

const scalar = fc
  .oneof(
    fc
      .stringMatching(/^[b-m][a-z0-9 ./#-]{0,7}[a-z0-9]$/)
      .filter((text) => !text.includes(' #'))
      .map((text) => ({ text, value: text })),
    fc.integer().map((value) => ({ text: String(value), value })),
    fc.constantFrom<{ text: string; value: Plain }>(
      { text: 'true', value: true },
      { text: 'null', value: null },
      { text: '~', value: null },
      { text: '"x: y # z"', value: 'x: y # z' },
      { text: "'it''s'", value: "it's" },
      { text: '"tab\\t"', value: 'tab\t' },
      { text: '-1.5e3', value: -1500 },
      { text: '0-31', value: '0-31' },
      { text: '10.0.0.2:2345', value: '10.0.0.2:2345' },
    ),
  )
  .map((written) => ({ kind: 'scalar' as const, ...written }));
const indent = fc.constantFrom('  ', '    ');
const note = fc.constantFrom('', ' # note', '\n', '\n   # note');
const separator = fc.constantFrom(', ', ' , ', ',\n      ');

const { block } = fc.letrec<{ flow: Layout; block: Layout }>((tie) => {
  const entries = (value: 'flow' | 'block') =>
    fc.uniqueArray(
      fc.record({
        key: fc.stringMatching(/^[a-z][a-z0-9.-]{0,6}$/).filter((key) => !/^(?:true|false|null)$/.test(key)),
        quote: fc.constantFrom('', '', '"', "'"),
        value: tie(value),
      }),
      { selector: ({ key }) => key, minLength: 1, maxLength: 4 },
    );
  const items = (value: 'flow' | 'block') => fc.array(tie(value), { minLength: 1, maxLength: 4 });
  return {
    flow: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.record({ kind: fc.constant('flow-list' as const), items: items('flow'), separator }),
      fc.record({ kind: fc.constant('flow-map' as const), entries: entries('flow'), separator }),
    ),
    block: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('flow'),
      fc.record({ kind: fc.constant('block-list' as const), items: items('block'), indent, note }),
      fc.record({ kind: fc.constant('block-map' as const), entries: entries('block'), indent, note }),
    ),
  };
});

/** Documents: maps, in any mixture of block and flow style, with comments, empty lines and quotes. */
export const layouts: fc.Arbitrary<Layout> = block.filter(({ kind }) => kind !== 'scalar');

/** The text of a layout, what it holds, and what stands where. */
export function layOut(layout: Layout): { text: string; data: Plain; spans: Written[] } {
  const spans: Written[] = [];
  let text = '';
  const data = write(layout, '', true);
  return { text: `${text}\n`, data, spans };

  function noted(value: Layout, written: Written, margin: string, mayStartHere: boolean): Plain {
    const start = text.length;
    const result = write(value, margin, mayStartHere);
    if (!value.kind.startsWith('block')) written.valueText = text.slice(start).trim();
    return result;
  }

  function write(value: Layout, margin: string, mayStartHere: boolean): Plain {
    switch (value.kind) {
      case 'scalar':
        text += value.text;
        return value.value;
      case 'flow-list': {
        text += '[';
        const list = value.items.map((item, index) => {
          if (index > 0) text += separatorWithin(value.separator, margin);
          const written: Written = { key: undefined, keyText: undefined, valueText: undefined };
          spans.push(written);
          return noted(item, written, margin, false);
        });
        text += ']';
        return list;
      }
      case 'flow-map': {
        text += '{';
        const map: Record<string, Plain> = {};
        for (const [index, entry] of value.entries.entries()) {
          if (index > 0) text += separatorWithin(value.separator, margin);
          text += `${entry.quote}${entry.key}${entry.quote}: `;
          map[entry.key] = noted(entry.value, begin(entry), margin, false);
        }
        text += '}';
        return map;
      }
      case 'block-list':
        return value.items.map((item, index) => {
          if (index > 0 || !mayStartHere) text += `${value.note}\n${margin}`;
          text += '- ';
          const written: Written = { key: undefined, keyText: undefined, valueText: undefined };
          spans.push(written);
          return noted(item, written, `${margin}  `, true);
        });
      case 'block-map': {
        const map: Record<string, Plain> = {};
        for (const [index, entry] of value.entries.entries()) {
          if (index > 0 || !mayStartHere) text += `${value.note}\n${margin}`;
          text += `${entry.quote}${entry.key}${entry.quote}:`;
          const written = begin(entry);
          if (!entry.value.kind.startsWith('block')) text += ' ';
          map[entry.key] = noted(entry.value, written, margin + value.indent, false);
        }
        return map;
      }
    }
  }

  function begin({ key, quote }: Entry): Written {
    const written: Written = { key, keyText: `${quote}${key}${quote}`, valueText: undefined };
    spans.push(written);
    return written;
  }
}

/** Lines of a flow collection are indented more than what holds it. */
function separatorWithin(separator: string, margin: string): string {
  return separator.includes('\n') ? `${separator}${margin}` : separator;
}
