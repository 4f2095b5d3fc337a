import { describe, expect, it } from 'vitest';
import { liveBlock } from '../../../src/sealctl/ui/live-block.ts';

describe('a block that is painted in its place', () => {
  it('goes up over exactly the lines it painted, and clears them', () => {
    const written: string[] = [];
    const block = liveBlock((text) => written.push(text), 20);
    block.show(['one', 'two']);
    block.show(['three']);
    block.clear();
    block.clear();
    expect(written).toEqual(['one\ntwo\n', '\u001B[2A\u001B[0J', 'three\n', '\u001B[1A\u001B[0J']);
  });

  it('leaves what it painted where that is to stay', () => {
    const written: string[] = [];
    const block = liveBlock((text) => written.push(text), 20);
    block.show(['one']);
    block.keep();
    block.show(['two']);
    expect(written).toEqual(['one\n', 'two\n']);
  });

  it('cuts what would wrap', () => {
    const written: string[] = [];
    liveBlock((text) => written.push(text), 8).show(['0123456789']);
    expect(written).toEqual(['012345…\n']);
  });
});
