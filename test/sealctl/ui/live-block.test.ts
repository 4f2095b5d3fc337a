import { describe, expect, it } from 'vitest';
import { liveBlock, type TerminalSize } from '../../../src/sealctl/ui/live-block.ts';
import { screen } from './screen.ts';

function paintedBlock(size: TerminalSize = { columns: 20, rows: 24 }) {
  let written = '';
  const write = (text: string): void => {
    written += text;
  };
  return { block: liveBlock(write, size), write, shown: () => screen(written) };
}

describe('a block that is painted in its place', () => {
  it('is painted over exactly the lines that it painted before', () => {
    const { block, write, shown } = paintedBlock();
    write('above\n');
    block.show(['one', 'two']);
    expect(shown()).toEqual(['above', 'one', 'two']);
    block.show(['three']);
    expect(shown()).toEqual(['above', 'three']);
  });

  it('leaves nothing once it is cleared, and clears nothing else when it is cleared again', () => {
    const { block, write, shown } = paintedBlock();
    write('above\n');
    block.show(['one', 'two']);
    block.clear();
    block.clear();
    expect(shown()).toEqual(['above']);
    write('next\n');
    expect(shown()).toEqual(['above', 'next']);
  });

  it('leaves the lines that it keeps, and paints the next below them and below what was written meanwhile', () => {
    const { block, write, shown } = paintedBlock();
    block.show(['one']);
    block.keep();
    write('a question\n');
    block.show(['two']);
    block.show(['three']);
    expect(shown()).toEqual(['one', 'a question', 'three']);
  });

  it('paints the same lines again where the former ones are kept', () => {
    const { block, shown } = paintedBlock();
    block.show(['one']);
    block.keep();
    block.show(['one']);
    expect(shown()).toEqual(['one', 'one']);
  });

  it('cuts a line that the terminal would wrap', () => {
    const { block, shown } = paintedBlock({ columns: 8, rows: 24 });
    block.show(['0123456789', 'two']);
    expect(shown()).toEqual(['012345…', 'two']);
    block.show(['three']);
    expect(shown()).toEqual(['three']);
  });

  it('shows the last lines of more than the terminal has rows', () => {
    const { block, shown } = paintedBlock({ columns: 20, rows: 3 });
    block.show(['one', 'two', 'three', 'four']);
    expect(shown()).toEqual(['three', 'four']);
  });
});
