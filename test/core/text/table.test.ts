import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { colorsFor } from '../../../src/core/text/colors.ts';
import { renderTable } from '../../../src/core/text/table.ts';

const columns = ['host', { title: 'tasks', align: 'right' }, 'why'] as const;

describe('a table', () => {
  it('is as wide as its cells, numbers to the right', () => {
    const rows = [
      ['worker-1', '4', 'idle'],
      ['漢-2', '12'],
    ];
    expect(`\n${renderTable({ columns, rows, width: 80 })}`).toBe(`
host      tasks  why
worker-1      4  idle
漢-2         12
`);
  });

  it('cuts the widest column where the terminal is narrower', () => {
    const rows = [['worker-1', '4', 'waits for the parameters to be fetched']];
    expect(`\n${renderTable({ columns, rows, width: 36 })}`).toBe(`
host      tasks  why
worker-1      4  waits for the para…
`);
  });

  it('never grows past the width while columns can give way, whatever the cells', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell)), fc.integer({ min: 24, max: 120 }), (rows, width) => {
        const lines = renderTable({ columns, rows, width }).split('\n');
        expect(lines).toHaveLength(rows.length + 2);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('shows control characters as spaces', () => {
    expect(renderTable({ columns: ['a'], rows: [['x\n\u001B[31my']], width: 20 })).toBe('a\nx [31my\n');
  });

  it('dims its head where colors are on', () => {
    expect(renderTable({ columns: ['a'], rows: [], width: 20, colors: colorsFor(true) })).toBe(
      '\u001B[2ma\u001B[22m\n',
    );
  });
});
