#!/usr/bin/env node
// What the page of a run takes in a browser, from a disk: the first picture of a million windows, ranking them again, its memory, and a
// window of 131,072 tokens with heat. Made-up windows; no model.
//   node scripts/bench-report.mjs [--windows N] [--times N] [--json]      needs Chromium (LONGATTN_CHROMIUM)
//
// A time ends when the browser has drawn: two frames after the page is done. Memory is that of the tab's script: its objects, what the
// document holds of them, and the bytes of its arrays, after a collection.
import { rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { findChromium } from './lib/chromium.mjs';
import { LONG_WINDOW, makeSyntheticPage } from './lib/synthetic-page.mjs';
import { main, root, SetupError, step } from './lib/step.mjs';

/** The promises of the project. */
const TARGET = { first: 1, again: 0.3, heap: 300, open: 2 };
const AGAIN = 5;

/** In the page: when the element is there and drawn, as milliseconds since the page was asked for. */
const DRAWN = `(selector) => new Promise((resolve) => {
  const look = () => document.querySelector(selector)
    ? requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())))
    : setTimeout(look, 1);
  look();
})`;

const drawn = (page, selector) => page.evaluate(`(${DRAWN})(${JSON.stringify(selector)})`);

/** Milliseconds from a change of the page, an expression, until the element is drawn. */
const takes = (page, change, selector) =>
  page.evaluate(
    `(async () => { const start = performance.now(); ${change}; return (await (${DRAWN})(${JSON.stringify(selector)})) - start; })()`,
  );

async function heapOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage');
  if (backingStorageSize === undefined)
    throw new SetupError('This Chromium does not tell the bytes of arrays: take a newer one.');
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}

/** Seconds of the clock, and of the page's main thread: the second says what the page asks for on a machine that others use too. */
async function lap(session, action) {
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const before = await busy();
  const wall = (await action()) / 1000;
  const after = await busy();
  // A page in a process of its own counts from nought.
  return { wall, thread: after < before ? after : after - before };
}

/** Every time in a browser of its own, so that nothing is compiled or kept from the time before. */
async function measureOnce(address) {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(120_000);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    const timed = (change, selector) => lap(session, () => takes(page, change, selector));
    const opened = (hash, selector) =>
      lap(session, async () => {
        await page.goto(`${address}${hash}`);
        return drawn(page, selector);
      });
    const first = await opened('', 'main[data-view="domains"] figure svg');
    const heapFirst = await heapOf(page);
    const whatIf = await timed(`location.hash = 'view=whatif'`, '#summary');
    const again = [];
    // The first time the scores of the page are read.
    for (let i = 0; i <= AGAIN; i++) {
      const change = `document.querySelector('#summary').id = 'old'; const alpha = document.querySelector('#alpha'); alpha.value = ${i / 10}; alpha.dispatchEvent(new Event('input', { bubbles: true }))`;
      const one = await timed(change, '#summary');
      if (i > 0) again.push(one);
    }
    const list = await timed(`location.hash = 'view=list'`, 'main[data-view="list"] tbody tr');
    const text = 'main[data-view="window"] .text-region';
    const open = await timed(`location.hash = 'view=window&w=0'`, text);
    const end = await timed(
      `document.querySelector('canvas.strip').dispatchEvent(new KeyboardEvent('keydown', { key: 'End' }))`,
      'canvas.strip[aria-valuenow="100"]',
    );
    const ranges = await page.evaluate('[...CSS.highlights].reduce((sum, [, one]) => sum + one.size, 0)');
    if (ranges < 100) faults.push(`what is seen of the window has ${ranges} ranges of heat`);
    const heap = await heapOf(page);
    await page.goto('about:blank');
    const link = await opened('#view=window&w=0', text);
    if (faults.length > 0) throw new SetupError(`the page has errors: ${faults.join('; ')}`);
    const ofAgain = (kind) => median(again.map((one) => one[kind]));
    return {
      ...{ first, heapFirst, whatIf, list, open, end, link, heap },
      again: { wall: ofAgain('wall'), thread: ofAgain('thread') },
    };
  } finally {
    await browser.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

await main(async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      windows: { type: 'string', default: '1000000' },
      times: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  });
  const [windows, times] = [Number(values.windows), Number(values.times)];
  if (!(Number.isInteger(windows) && windows > 0 && Number.isInteger(times) && times > 0))
    throw new SetupError('--windows and --times must be whole numbers, at least 1.');
  if (findChromium() === undefined)
    throw new SetupError('No Chromium is installed: apt-get install chromium, or LONGATTN_CHROMIUM.');
  const folder = path.join(root, 'build', 'bench', `report-${windows}`);
  await step(`${windows.toLocaleString('en')} windows`, async () => {
    rmSync(folder, { recursive: true, force: true });
    return `${((await makeSyntheticPage(folder, windows)) / 1e6).toFixed(0)} MB`;
  });
  const runs = [];
  for (let i = 0; i < times; i++) runs.push(await measureOnce(pathToFileURL(path.join(folder, 'index.html')).href));
  const name = `page: ${windows.toLocaleString('en')} windows`;
  const seconds = (bench, key, target) => {
    const of = (kind) => median(runs.map((one) => one[key][kind]));
    const promised = (value) => (target ? { ratio: value / target, ratio_to: `the promised ${target} s` } : {});
    return [
      { bench, value: of('wall'), unit: 's', ...promised(of('wall')) },
      { bench: `${bench}, main thread`, value: of('thread'), unit: 's', ...promised(of('thread')) },
    ];
  };
  const most = (key) => Math.max(...runs.map((one) => one[key])) / 1e6;
  const long = `page: window of ${LONG_WINDOW.toLocaleString('en')} tokens`;
  const rows = [
    ...seconds(`${name}, first picture`, 'first', TARGET.first),
    ...seconds(`${name}, ranked again`, 'again', TARGET.again),
    ...seconds(`${name}, What if`, 'whatIf'),
    ...seconds(`${name}, List`, 'list'),
    { bench: `${name}, memory at the first picture`, value: most('heapFirst'), unit: 'MB' },
    {
      ...{ bench: `${name}, memory after every view`, value: most('heap'), unit: 'MB' },
      ...{ ratio: most('heap') / TARGET.heap, ratio_to: `the promised ${TARGET.heap} MB` },
    },
    ...seconds(`${long}, opened in that page`, 'open', TARGET.open),
    ...seconds(`${long}, opened by its link`, 'link', TARGET.open),
    ...seconds(`${long}, jump to its end`, 'end'),
    // More than the machine has cores: the times of the clock are those of a machine that others use.
    { bench: 'page: load of the machine meanwhile', value: os.loadavg()[0], unit: 'processes' },
  ];
  writeRows('report', rows);
  printRows(rows, values.json);
});
