// The texts of a page, of the windows that are likely to be looked at; beside them the source of each window, and the means of each head.
import type { Hooks } from '../base/events.js';
import { loadPlan } from '../pipeline/plan-run.js';
import { resolveSpec } from '../pipeline/prepare.js';
import { textOfRun } from '../pipeline/text-of-run.js';
import type { Run } from '../run/directory.js';
import { chooseTexts } from './choose-texts.js';
import type { Gathered } from './gather.js';
import { HeadMeans } from './head-means.js';
import type { PageMeta, PageText } from './page-data.js';
import type { PageFolder } from './page-folder.js';
import { readTexts } from './read-texts.js';
import { tokenizerOfHeat } from './tokenizer-of-run.js';

const MOST_TEXT_BYTES = 200e6;
/** A chunk is loaded when a text of it is looked at. */
const CHUNK_BYTES = 1e6;
export const NO_TEXT = 'The page was made without text.';

interface Written {
  texts: number;
  note: { note?: string };
  meta: Pick<PageMeta, 'texts' | 'noHeat' | 'heads'>;
}

export async function writeTexts(
  page: PageFolder,
  run: Run,
  { table, chosen, layer }: Gathered,
  { texts: perDomain, noText }: { texts: number; noText: boolean },
  hooks: Hooks,
): Promise<Written> {
  const rows = chooseTexts(table, chosen.rank, chosen.kept, perDomain);
  const { spec } = await resolveSpec({ output: run.dir });
  const parts = await loadPlan(run, spec, hooks.signal);
  const { tokenizer, reason } = noText ? { reason: NO_TEXT } : await tokenizerOfHeat(run);
  const sources = new Map<string, number>();
  const source = new Uint32Array(table.length);
  let at = 0;
  const onSource = (name: string): void => {
    let index = sources.get(name);
    if (index === undefined) sources.set(name, (index = sources.size));
    source[at++] = index;
  };
  const means = new HeadMeans(table.domainNames.length);
  const places: [row: number, chunk: number][] = [];
  let [chunk, size, total, stored, full] = [0, 0, 0, 0, false];
  let pending: PageText[] = [];
  const flush = async (): Promise<void> => {
    if (pending.length > 0) await page.json(`text-${chunk++}`, pending);
    [pending, size] = [[], 0];
  };
  const textOf = textOfRun({ run, parts, spec });
  for await (const window of readTexts(run, {
    ...{ chosen: rows, layer, text: !noText, textOf, tokenizer, onSource, ...hooks },
    onHeads: (row, heads) => means.add(table.domains[row]!, heads),
  })) {
    const bytes = Buffer.byteLength(JSON.stringify(window));
    full ||= total + bytes > MOST_TEXT_BYTES;
    const one = full ? withoutText(window) : window;
    const own = full ? 300 : bytes;
    if (size > 0 && size + own > CHUNK_BYTES) await flush();
    if (one.text !== '') stored++;
    pending.push(one);
    places.push([window.row, chunk]);
    size += own;
    total += own;
  }
  await flush();
  await page.json('texts', places);
  await page.column('source', source);
  await page.json('sources', [...sources.keys()]);
  const note = noText
    ? 'the page was made without text (--no-text)'
    : full
      ? 'the page holds 200 MB of text, which is the most'
      : stored < places.length
        ? 'some texts could not be read from the corpus, or the corpus holds token ids alone'
        : undefined;
  return {
    texts: stored,
    note: note === undefined ? {} : { note },
    meta: {
      texts: { stored, windows: table.length, perDomain },
      ...(reason !== undefined && { noHeat: reason }),
      heads: means.result(),
    },
  };
}

function withoutText({ offsets: _, heat: __, ...window }: PageText): PageText {
  return { ...window, text: '' };
}
