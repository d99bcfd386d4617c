// The folder of a page with made-up windows of any number, and one long window: the page is measured on it, with no model and no corpus.
//
// Written by the writer of `longattn report`, so that every file lies as the page finds it; ranks, reasons and cuts are those of the
// selection's own code, so that what is drawn is as busy as a real run.
import { nodeFileSystem } from '../../dist/io/file-system.js';
import { overviewOf } from '../../dist/report/overview.js';
import { PageFolder } from '../../dist/report/page-folder.js';
import { base64 } from '../../dist/report/base64.js';
import { nullDs } from '../../dist/scores/null-ds.js';
import { combine } from '../../dist/selection/combine.js';
import { choose } from '../../dist/selection/choose.js';
import { longattn } from '../../dist/scores/attention/longattn.js';
import { book } from './demo-corpus.mjs';
import { makeRandom } from './random.mjs';

export const LONG_WINDOW = 131_072;
const DOMAINS = ['book', 'code', 'arxiv'];
const ID_ROWS = 1 << 16;
const LAYER = { name: 'longattn', std: 'zscore', alpha: 0.5, maxRepeats: 1 };

/**
 * @param folder is made
 * @param windows at least one
 * @returns the bytes of the folder; the window with the text is that of row 0
 */
export async function makeSyntheticPage(folder, windows) {
  const random = makeRandom(20);
  const columns = makeColumns(windows, random);
  const { ds, du, repeats, domain, document, start } = columns;
  const table = tableOf(windows, columns);
  const single = { kind: 'attention', score: longattn };
  const settings = { keep: 0.125, maxRepeats: 1, maxOverlap: 1 };
  const score = combine(table, single, [{ score: single, columns: [ds, du] }], { alpha: LAYER.alpha, std: LAYER.std });
  const { rank, reason, reasons } = choose(table, score, settings, repeats);
  const page = new PageFolder(folder, nodeFileSystem);
  await page.begin();
  const all = { ds, du, repeats, domain, document, start, score, rank, reason };
  for (const [name, values] of Object.entries(all)) await page.column(name, values);
  await page.column(
    'order',
    Uint32Array.from({ length: windows }, (_, row) => row),
  );
  await page.column(
    'source',
    Uint32Array.from(document, (one) => Math.floor(one / 50_000)),
  );
  await page.json(
    'sources',
    Array.from(
      { length: Math.floor(document.at(-1) / 50_000) + 1 },
      (_, i) => `part-${String(i).padStart(5, '0')}.jsonl`,
    ),
  );
  for (let first = 0; first < windows; first += ID_ROWS)
    await page.json(`ids-${first / ID_ROWS}`, idsOf(columns, first, Math.min(windows, first + ID_ROWS)));
  await page.json('texts', [[0, 0]]);
  await page.json('text-0', [longText(random)]);
  const shown = [
    { column: 'ds', label: 'DS', null: nullDs(LONG_WINDOW / 4, LONG_WINDOW) },
    { column: 'du', label: 'DU' },
    { column: 'repeats', label: 'share inside verbatim repeats' },
  ];
  const drawn = new Map(Object.entries({ ds, du, repeats }));
  await page.json('overview', overviewOf({ table, chosen: { score, reason }, columns: drawn, shown }));
  await page.json('meta', {
    ...{ format: 1, version: 'bench', run: 'RUN', windows, window: LONG_WINDOW, k: LONG_WINDOW / 4, layer: 0 },
    ...{ domains: DOMAINS, reasons, settings: { ...settings, alpha: LAYER.alpha }, repeats: true, idRows: ID_ROWS },
    scores: [
      {
        ...{ ...LAYER, formula: 'z(DS) + 0.5 z(DU)', kind: 'lds', columns: ['ds', 'du'] },
        flags: ['--score', 'longattn', '--select-layer', '0'],
      },
    ],
    columns: shown,
    texts: { stored: 1, windows, perDomain: 1 },
  });
  return page.bytes;
}

/** Documents of one to six windows, domain after domain. */
function makeColumns(windows, random) {
  const make = (type) => new type(windows);
  const [ds, du, repeats] = [Float64Array, Float64Array, Float64Array].map(make);
  const [domain, document, start] = [Uint16Array, Int32Array, Int32Array].map(make);
  let [own, left, at] = [-1, 0, 0];
  for (let row = 0; row < windows; row++) {
    if (left === 0) [own, left, at] = [own + 1, 1 + Math.floor(6 * random() ** 2), 0];
    ds[row] = 0.35 + 0.1 * (random() + random() + random() - 1.5);
    du[row] = -2e-9 * (0.5 + random() + random());
    repeats[row] = random() ** 6;
    domain[row] = Math.floor((row * DOMAINS.length) / windows);
    document[row] = own;
    start[row] = at;
    [left, at] = [left - 1, at + LONG_WINDOW];
  }
  return { ds, du, repeats, domain, document, start };
}

/** As the selection sees the windows: ids ascend with the rows. */
function tableOf(length, { domain, document, start }) {
  const positions = DOMAINS.map((_, index) => Uint32Array.from(domain.keys()).filter((row) => domain[row] === index));
  return {
    ...{ length, window: LONG_WINDOW, domainNames: DOMAINS, domains: domain, documents: document, starts: start },
    ids: { compare: (a, b) => a - b },
    byDomain: () => positions,
  };
}

/** Windows of a document share its key: only the first of them names it. */
function idsOf({ document, start }, from, to) {
  const ids = [];
  for (let row = from; row < to; row++) {
    const key = row > from && document[row] === document[row - 1] ? '' : `corpus/part.jsonl.zst:${document[row] + 1}`;
    ids.push(`${key}:${start[row]}`);
  }
  return ids;
}

/** A novel, as much of it as it takes; a token is a piece of five characters, hot in places. */
function longText(random) {
  const novel = book();
  const length = 5 * LONG_WINDOW;
  const text = novel.slice(0, length);
  let level = 0.3;
  const heat = Float32Array.from({ length: LONG_WINDOW }, () => (level = 0.9 * level + 0.1 * random()) * random());
  return {
    ...{ row: 0, text, source: 'part-00000.jsonl', docId: '1', charStart: 0, charEnd: length, tokenStart: 0 },
    heads: Array.from({ length: 9 }, random),
    offsets: base64(Int32Array.from({ length: LONG_WINDOW + 1 }, (_, token) => 5 * token)),
    heat: base64(heat),
  };
}
