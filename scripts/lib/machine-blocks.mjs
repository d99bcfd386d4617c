// Parts of a page that were measured on different machines stand one below the other: each machine writes its own and keeps the others'.
const BLOCK = /<!-- bench:layers (.*) -->\n[^]*?\n<!-- \/bench:layers -->/g;

/** The blocks of `text`, with that of `machine` replaced, or added as the last. */
export function withBlock(text, machine, content) {
  const blocks = new Map([...text.matchAll(BLOCK)].map(([block, of]) => [of, block]));
  blocks.set(machine, `<!-- bench:layers ${machine} -->\n${content}\n<!-- /bench:layers -->`);
  return [...blocks.values()].join('\n\n');
}

/** `text` with all of its blocks replaced by `blocks`. Throws where it has none: nobody could say where they go. */
export function putBlocks(text, blocks) {
  const found = [...text.matchAll(BLOCK)];
  if (found.length === 0) throw new Error('the page has no <!-- bench:layers ... --> block.');
  const last = found.at(-1);
  return text.slice(0, found[0].index) + blocks + text.slice(last.index + last[0].length);
}
