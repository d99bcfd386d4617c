// The page in a real browser: every view by mouse and by keyboard, both themes, wide and narrow, with axe, and against `select` itself.
//
// Not a test of jest: it needs Chromium, which not every machine has. `npm run test:browser` runs it, and says so where it is skipped.
// LONGATTN_RUN=build/demo/run: the what-if is compared with `select` on a copy of that run, in place of the small one that is made here.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inflateSync } from 'node:zlib';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { visible } from '../../dist/base/visible.js';
import { readSelection, report, run, select, serve, validate } from '../../dist/index.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const HOSTILE_DOMAIN = `<b>bold</b> "it's"`;
const HOSTILE_ID = `"><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">`;
const VIEWS = ['domains', 'list', 'window', 'whatif', 'compare', 'evidence'];
const ALLOWED = /^(file|data|blob):/;

const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-browser-'));
const runDir = path.join(folder, 'run');
let browser;
let address;
/** The selection that the page shows: later tests select again in its run. */
const rows = [];

/** Words that come again, so that scores differ; the same every time. */
function madeText(seed, words) {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const known = 'whale sea captain harpoon mast wind rope deck night star letter king queen river'.split(' ');
  return Array.from({ length: words }, () => known[Math.floor(next() ** 2 * known.length)]).join(' ');
}

before(async () => {
  const line = (id, text) => `${JSON.stringify({ id, text })}\n`;
  const documents = (first, count, id) =>
    Array.from({ length: count }, (_, i) => line(`${id}${first + i}`, madeText(first + i, 300 + 150 * (i % 4)))).join(
      '',
    );
  const [one, two] = ['one.jsonl', 'two.jsonl'].map((name) => path.join(folder, name));
  writeFileSync(one, documents(1, 30, 'plain '));
  writeFileSync(two, documents(100, 20, HOSTILE_ID));
  await run({
    input: [
      { patterns: [one], domain: 'sea' },
      { patterns: [two], domain: HOSTILE_DOMAIN },
    ],
    ...{
      model: path.join(root, 'models', 'smollm2-135m-layer0'),
      window: 128,
      tokens: true,
      keep: '25%',
      output: runDir,
    },
  });
  for await (const row of readSelection(path.join(runDir, 'selection', 'selection.arrow'))) rows.push(row);
  await select({ output: runDir, keep: '25%', alpha: -1, name: 'other' });
  const check = path.join(folder, 'check');
  await validate({
    ...{ input: [{ patterns: [one], domain: 'sea' }], model: path.join(root, 'models', 'smollm2-135m-layer0') },
    ...{ window: 128, layers: 0, loss: 'none', windows: 8, controls: 'splice', output: check },
  });
  const { page } = await report(runDir, {
    evidence: check,
    scores: ['content', 'last-recurrence-2'],
    against: 'other',
  });
  address = pathToFileURL(page).href;
  browser = await chromium.launch({ executablePath: process.env.LONGATTN_CHROMIUM, args: ['--no-sandbox'] });
});

after(() => browser?.close());

/** A page that fails the test for what it says on the console, and for what it asks of anybody. */
async function open(hash, options = {}, at = address, allowed = ALLOWED) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => allowed.test(request.url()) || faults.push(`asked for ${request.url()}`));
  await page.goto(`${at}#${hash}`);
  await page.waitForSelector('main[data-view]');
  return {
    page,
    close: async () => {
      assert.equal(await page.evaluate('window.hacked'), undefined);
      assert.deepEqual(faults, []);
      await context.close();
    },
  };
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    test(`every view is clean for axe: ${colorScheme}, ${width} px`, async () => {
      const { page, close } = await open('', { colorScheme, viewport: { width, height: 900 } });
      for (const view of VIEWS) {
        await page.evaluate((name) => (location.hash = `view=${name}&score=0`), view);
        await page.waitForSelector(`main[data-view="${view}"]`);
        await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate('axe.run({ preload: false })');
        assert.deepEqual(
          violations.map(({ id, nodes }) => [view, id, nodes[0].html.slice(0, 200), nodes[0].failureSummary]),
          [],
        );
        const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(wide <= 0, `${view} is ${wide} px wider than the screen`);
        if (process.env.LONGATTN_SCREENSHOTS)
          await page.screenshot({
            path: path.join(process.env.LONGATTN_SCREENSHOTS, `${view}-${colorScheme}-${width}.png`),
          });
      }
      await close();
    });
  }
}

const listed = async (page) =>
  Number(/^([\d,]+) windows/.exec(await page.textContent('main caption'))[1].replaceAll(',', ''));

test('by mouse: brush, list, window, strip, what if', async () => {
  const { page, close } = await open('');
  const box = await page.locator('figure svg').first().boundingBox();
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.6, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, middle, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.includes('brush='));
  await page.click('nav a:text("List")');
  await page.waitForSelector('main[data-view="list"]');
  const few = await listed(page);
  // What filters is open already, for the brush filters.
  await page.click('button:text("Clear")');
  await page.waitForFunction(() => !location.hash.includes('brush='));
  await page.waitForFunction(
    (before) => !document.querySelector('main caption').textContent.startsWith(`${before} `),
    few,
  );
  assert.ok(few > 0 && few < (await listed(page)));
  await page.selectOption('#kind', 'kept');
  await page.waitForFunction(() => location.hash.includes('kind=kept'));
  await page.click('tbody a >> nth=0');
  await page.waitForSelector('.text-region');
  const levels = await page.evaluate('[...CSS.highlights].reduce((sum, [, one]) => sum + one.size, 0)');
  assert.ok(levels > 5, `${levels} ranges have heat`);
  await page.click('canvas.strip', { position: { x: 600, y: 5 } });
  assert.equal(await page.getAttribute('canvas.strip', 'aria-valuenow'), '48');
  await page.click('nav a:text("What if")');
  await page.waitForSelector('#summary');
  await page.fill('#keep', '0.5');
  await page.waitForFunction(() => document.querySelector('#command').textContent.includes('--keep 0.5'));
  assert.match(await page.textContent('#summary'), / 0 leave \(0\.0\s%, 0 tokens\); [1-9]\d* enter\./);
  await close();
});

test('by keyboard: views, filters, search, window, strip, what if', async () => {
  const { page, close } = await open('');
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate('document.activeElement.textContent'), /To the content/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.match(await page.textContent('details.terms[open]'), /The least distance that is far: 32 tokens\./);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Evidence');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('main[data-view="list"]');
  await page.focus('.filters summary');
  await page.keyboard.press('Enter');
  await page.focus('input[aria-label="DS: from"]');
  const all = await listed(page);
  await page.keyboard.type('0.33');
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => location.hash.includes('brush='));
  await page.waitForFunction(
    (before) => !document.querySelector('main caption').textContent.startsWith(`${before} `),
    all,
  );
  await page.focus('#search');
  await page.keyboard.type('plain 1');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('q=plain'));
  await page.evaluate(() => (location.hash = 'view=window'));
  await page.waitForSelector('canvas.strip');
  await page.focus('canvas.strip');
  await page.keyboard.press('End');
  assert.equal(await page.getAttribute('canvas.strip', 'aria-valuenow'), '100');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.getAttribute('canvas.strip', 'aria-valuetext'), '98 percent');
  await page.evaluate(() => (location.hash = 'view=whatif'));
  await page.waitForSelector('#alpha');
  await page.focus('input[aria-label="alpha, the weight of DU, slider"]');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.querySelector('#command').textContent.includes('--alpha 0.55'));
  await close();
});

/** The command of the page as options of `select`. */
function optionsOf(words) {
  const options = { output: words[2] };
  for (let i = 3; i < words.length; i += 2)
    options[words[i].replace(/^--/, '').replace(/-(.)/g, (_, letter) => letter.toUpperCase())] = words[i + 1];
  return options;
}

/** As a shell reads it. */
function shellWords(command) {
  return [...command.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\'/g, (whole, inner) => (whole === "\\'" ? "'" : inner)),
  );
}

/** What the button gives to a user, as a file. */
async function downloaded(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  return readFileSync(await download.path(), 'utf8');
}

/** The same without the browser's own download: it holds back a page that asks for many of them in a row. */
async function offered(page) {
  await page.evaluate(() => {
    globalThis.offered = new Promise((resolve) => {
      URL.createObjectURL = (blob) => {
        blob.text().then(resolve);
        return '#';
      };
    });
    globalThis.HTMLAnchorElement.prototype.click = () => {};
  });
  await page.click('#download');
  return page.evaluate(() => globalThis.offered);
}

/** The run of LONGATTN_RUN as a copy, for every selection writes into it; its page without texts. */
async function givenRun(from) {
  const copy = path.join(folder, 'given');
  cpSync(from, copy, { recursive: true, filter: (file) => !/[/\\](export|documents|report)$/.test(file) });
  const { page } = await report(copy, { scores: ['content', 'last-recurrence-2'], noText: true });
  return { dir: copy, at: pathToFileURL(page).href };
}

test('what if keeps what the command keeps, for 50 settings', async () => {
  let state = 7;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const pick = (list) => list[Math.floor(next() * list.length)];
  const { LONGATTN_RUN } = process.env;
  const { dir, at } = LONGATTN_RUN ? await givenRun(LONGATTN_RUN) : { dir: runDir, at: address };
  const { page, close } = await open('view=whatif', {}, at);
  await page.waitForSelector('#command');
  const domains = await page.locator('#field-quota input').count();
  const tokens = Number((await page.inputValue('#tokens')).replaceAll(',', ''));
  const sizes = new Set();
  for (let i = 0; i < 50; i++) {
    const words = new URLSearchParams({
      ...{
        view: 'whatif',
        score: pick([0, 0, 1, 2]),
        alpha: (4 * next() - 2).toFixed(3),
        mode: pick(['share', 'tokens', 'quota']),
      },
      ...{
        keep: next().toFixed(4),
        tokens: Math.floor(next() * 4 * tokens),
        ...Object.fromEntries(
          Array.from({ length: domains }, (_, i) => [
            `quota${i}`,
            pick([0, next() / domains, next() / domains]).toFixed(3),
          ]),
        ),
      },
      ...{
        repeats: pick([1, 0.3, 0.05]),
        overlap: pick([1, 0.5, 0]),
        ...(next() < 0.5 && { perDocument: 1 + Math.floor(3 * next()) }),
      },
    });
    await page.evaluate((hash) => {
      document.querySelector('#command').dataset.old = '1';
      location.hash = hash;
    }, `${words}`);
    await page.waitForSelector('#command:not([data-old])');
    const shown = (await (i === 0 ? downloaded(page) : offered(page))).split('\n').filter(Boolean);
    const given = shellWords(await page.textContent('#command'));
    assert.deepEqual(given.slice(0, 3), ['longattn', 'select', dir]);
    const { result } = await select(optionsOf(given));
    const kept = [];
    for await (const row of readSelection(result)) if (row.selected) kept.push(row.windowId);
    assert.deepEqual(shown, kept, given.join(' '));
    sizes.add(kept.length);
  }
  assert.ok(sizes.size > 10, `${sizes.size} different numbers of windows`);
  await close();
});

test('whatever a text holds is text: markup, directions, control characters, a line of 1 MB, halves of pairs', async () => {
  const copy = path.join(folder, 'hostile');
  const { page: made } = await report(runDir, { output: copy, evidence: path.join(folder, 'check') });
  const file = path.join(
    copy,
    'data',
    readdirSync(path.join(copy, 'data')).find((name) => name.startsWith('text-0')),
  );
  const [, literal] = /^D\("text-0","json",(".*")\)\n$/s.exec(readFileSync(file, 'utf8'));
  const texts = JSON.parse(JSON.parse(literal));
  const hostile = [
    '</script><script>window.hacked = 3</script><img src=x onerror="window.hacked = 4"> &lt;b&gt; {{x}} ${y}',
    '\u202eright to left\u202c \u2067\u0627\u0644\u0639\u0631\u0628\u064a\u0629\u2069 \u0000\u0007\u001b[31m e\u0301\u0301\u0301\u0301 \u2028 \u2029',
    'x'.repeat(1 << 20),
    '\ud83d \ude00 \u{1f600} \u{2f800} \udbff',
  ];
  hostile.forEach((text, i) =>
    Object.assign(texts[i], { text, source: text.slice(0, 2000), docId: text.slice(0, 2000) }),
  );
  writeFileSync(file, `D("text-0","json",${JSON.stringify(JSON.stringify(texts))})\n`);
  for (const [i, text] of hostile.entries()) {
    const { page, close } = await open(`view=window&w=${texts[i].row}`, {}, pathToFileURL(made).href);
    await page.waitForSelector('.text-region');
    // A lone half cannot leave the browser as it is: compared inside.
    assert.equal(
      await page.evaluate(
        (own) => document.querySelector('pre.text').textContent === JSON.parse(own),
        JSON.stringify(text),
      ),
      true,
    );
    assert.equal(await page.locator('main img, main script').count(), 0);
    const titles = await page.evaluate(() =>
      JSON.stringify([...document.querySelectorAll('main [title]')].map((one) => one.getAttribute('title'))),
    );
    const title = visible(text.slice(0, 1000));
    assert.ok(JSON.parse(titles).filter((one) => one === title).length >= 2, 'titles of the source and the document');
    assert.doesNotMatch(JSON.parse(titles).join(''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    await close();
  }
  // Controls are bounded: the line of 1 MB is in the window's text above.
  const bounded = hostile.map((text) => text.slice(0, 20_000));
  const pairs = bounded.map((text) => ({ control: 'splice', id: text, domain: text, real: text, made: text }));
  const controls = JSON.stringify(JSON.stringify({ tokens: 128, pairs }));
  writeFileSync(path.join(copy, 'data', 'controls.js'), `D("controls","json",${controls})\n`);
  const evidence = await open('view=evidence', {}, pathToFileURL(made).href);
  await evidence.page.click('details.controls summary');
  const told = await evidence.page.evaluate(() =>
    JSON.stringify([...document.querySelectorAll('details pre')].map((one) => one.textContent)),
  );
  assert.ok(told === JSON.stringify(bounded.flatMap((text) => [text, text])), 'texts of the controls are text');
  assert.equal(await evidence.page.locator('main img, main script').count(), 0);
  await evidence.close();
  const { page, close } = await open('view=list&kind=text', {}, pathToFileURL(made).href);
  assert.match(await page.textContent('main table'), /<b>bold<\/b> "it's"/);
  assert.equal(await page.locator('main img, main script, main b').count(), 0);
  await close();
});

test('served: a window that no folder has, its attention by mouse and keyboard, another k, marks', async () => {
  const copy = path.join(folder, 'served');
  cpSync(runDir, copy, { recursive: true });
  await report(copy, { texts: 1 });
  const served = await serve(copy);
  const { page, close } = await open('view=list&kind=dropped', {}, served.url, /^(http:\/\/127\.0\.0\.1:|data:|blob:)/);
  await page.click('tbody a >> nth=3');
  await page.waitForSelector('.text-region');
  assert.match(await page.textContent('pre.text'), /[a-z]+ [a-z]+/);
  await page.click('#look-map');
  await page.waitForSelector('canvas.map');
  await page.click('canvas.map', { position: { x: 40, y: 200 } });
  await page.waitForFunction(() => /What token \d+ looks back at/.test(document.querySelector('#main').textContent));
  await page.focus('#look-token');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('100');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    document.querySelector('#main').textContent.includes('What token 100 looks back at'),
  );
  assert.match(await page.evaluate('location.hash'), /token=100/);
  await page.fill('#look-head', '99');
  await page.click('#look-map');
  await page.waitForSelector('section [role="alert"]');
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate('axe.run({ preload: false })');
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 200)]),
    [],
  );
  if (process.env.LONGATTN_SCREENSHOTS)
    await page.screenshot({ path: path.join(process.env.LONGATTN_SCREENSHOTS, 'served.png'), fullPage: true });
  await page.click('button:text("Mark good")');
  await page.click('nav a:text("List")');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#marks')]);
  assert.match(readFileSync(await download.path(), 'utf8'), /^\{"window_id":".*","mark":"good"\}\n$/);
  await page.click('nav a:text("What if")');
  await page.fill('#k', '64');
  await page.waitForFunction(() => document.querySelector('#command').textContent.includes('--select-k 64'));
  const shown = (await downloaded(page)).split('\n').filter(Boolean);
  const { result } = await select({ ...optionsOf(shellWords(await page.textContent('#command'))), output: copy });
  const kept = [];
  for await (const row of readSelection(result)) if (row.selected) kept.push(row.windowId);
  assert.deepEqual(shown, kept);
  await close();
  await served[Symbol.asyncDispose]();
});

test('a window says what its score is made of and what decided; a button sets half of the budget', async () => {
  const { page, close } = await open('view=window');
  for (const at of [rows.findIndex((row) => row.selected), rows.findIndex((row) => !row.selected)]) {
    await page.evaluate((w) => (location.hash = `view=window&w=${w}`), at);
    await page.waitForFunction((id) => document.querySelector('h2 bdi')?.title === id, visible(rows[at].windowId));
    const why = await page.textContent('#why');
    const { selected, reason, rank, score } = rows[at];
    assert.ok(why.startsWith(selected ? 'Kept: ' : `Not kept: ${reason}; `), why);
    assert.ok(why.includes(`rank ${rank} of `), why);
    assert.match(why, /Which head: \d of 9 heads, numbered from 0, look further back than on average/);
    const [, total, ds, du] =
      /Its score is (\S+) by longattn = .*: (\S+) comes from DS, .* and (\S+) from alpha 0\.5 times DU/.exec(why);
    assert.ok(Math.abs(total - score) < 1e-3, why);
    assert.ok(Math.abs(Number(ds) + Number(du) - total) < 2e-3, why);
  }
  await page.click('nav a:text("What if")');
  await page.fill('#alpha', '0.25');
  await page.focus('#half');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    document.querySelector('#command')?.textContent.includes('--alpha 0.25 --keep 0.125'),
  );
  assert.equal(await page.inputValue('#keep'), '0.125');
  assert.equal(await page.evaluate('document.activeElement.id'), 'half');
  await page.click('#half');
  assert.equal(await page.inputValue('#keep'), '0.125');
  await close();
});

test('what the validation says of a score stands over every view and beside the command', async () => {
  const { page, close } = await open('');
  for (const view of VIEWS) {
    await page.evaluate((name) => (location.hash = `view=${name}`), view);
    await page.waitForSelector(`main[data-view="${view}"]`);
    assert.match(await page.textContent('header .verdict'), /^Validation: .* longattn/);
  }
  // Of the score that is tried, not of that of the run.
  await page.evaluate(() => (location.hash = 'view=whatif&score=1'));
  await page.waitForFunction(() => document.querySelector('main .verdict')?.textContent.includes('content'));
  await page.click('main .verdict a');
  await page.waitForSelector('main[data-view="evidence"]');
  await close();
});

test('a window says what the settings of What if make of it; a hot span is selected in its text, and seen', async () => {
  const { page, close } = await open('view=whatif');
  await page.waitForSelector('#summary');
  await page.click('#half');
  await page.waitForFunction(() => document.querySelector('#command').textContent.includes('--keep 0.125'));
  const leaves = await page.textContent('.pair tbody a >> nth=0');
  await page.click('.pair tbody a >> nth=0');
  await page.waitForSelector('#under-what-if');
  assert.equal(await page.textContent('h2'), leaves);
  assert.match(await page.textContent('#why'), /^Kept: /);
  assert.match(await page.textContent('#under-what-if'), /this window leaves \(below the cut\): rank \d+, score/);
  await page.click('button:text-matches("^token ") >> nth=0');
  const { selected, text, seen } = await page.evaluate(() => {
    const box = document.querySelector('.text-region').getBoundingClientRect();
    const own = globalThis.getSelection().getRangeAt(0).getBoundingClientRect();
    return {
      selected: globalThis.getSelection().toString(),
      text: document.querySelector('table:last-of-type button').closest('tr').cells[3].textContent,
      seen: own.top >= Math.max(0, box.top) && own.bottom <= Math.min(globalThis.innerHeight, box.bottom),
    };
  });
  assert.ok(selected.length > 0 && text.includes(selected.slice(0, 40).trim()), `${selected} of ${text}`);
  assert.ok(seen, 'the span is in sight');
  await page.click('#under-what-if a');
  await page.waitForFunction(() => document.querySelector('#keep')?.value === '0.125');
  await close();
});

test('what filters is named while the filters are closed, and taken away at once', async () => {
  const { page, close } = await open('view=list&domain=0&q=plain');
  const summary = await page.textContent('.filters summary');
  assert.match(summary, /^Filters: domain .*, id or source has "plain"$/);
  await page.click('.filters button:text("Clear")');
  await page.waitForFunction(() => document.querySelector('.filters summary').textContent === 'Filters');
  assert.equal(await listed(page), rows.length);
  await close();
});

test('evidence, by mouse and by keyboard: what the validation found stands there', async () => {
  const found = JSON.parse(readFileSync(path.join(folder, 'check', 'evidence', 'report.json'), 'utf8'));
  const { page, close } = await open('');
  await page.click('nav a:text("Evidence")');
  await page.waitForSelector('main[data-view="evidence"] table');
  const main = await page.textContent('main');
  for (const line of found.advice) assert.ok(main.includes(visible(line.replaceAll('`', ''))), line);
  const cells = await page.locator('table:has(caption:has-text("AUC of")) tbody td').allTextContents();
  const [row] = found.map.controls[0].auc;
  assert.deepEqual(
    cells.slice(1),
    row.map((value) => (value === null ? '-' : value.toFixed(2))),
  );
  await page.focus('nav a[aria-current]');
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate('document.activeElement.getAttribute("aria-label")'), /^AUC of .* against splice/);
  // The controls' texts: opened by keyboard, three pairs, of which the made ones are no longer the real ones.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate('document.activeElement.textContent'), /^Texts of splice: 3 pairs, whole windows/);
  await page.keyboard.press('Enter');
  await page.waitForSelector('details[open].controls');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.getAttribute("aria-label")'), 'Pair 1: real');
  const texts = await page.locator('details.controls pre').allTextContents();
  assert.equal(texts.length, 6);
  assert.ok(texts.every((text) => /(whale|sea|captain) \w+/.test(text)));
  for (let i = 0; i < 6; i += 2) assert.notEqual(texts[i], texts[i + 1]);
  await close();
});

/** The page of the run with another text in place of its first: 10,000 tokens of 6 characters, every other one hot. */
async function longText(copy) {
  const { page: made } = await report(runDir, { output: copy });
  const file = path.join(copy, 'data', 'text-0.js');
  const [, literal] = /^D\("text-0","json",(".*")\)\n$/s.exec(readFileSync(file, 'utf8'));
  const texts = JSON.parse(JSON.parse(literal));
  const base64 = (array) => Buffer.from(array.buffer).toString('base64');
  Object.assign(texts[0], {
    text: 'whale '.repeat(10_000),
    offsets: base64(Int32Array.from({ length: 10_001 }, (_, i) => 6 * i)),
    heat: base64(Float32Array.from({ length: 10_000 }, (_, i) => i % 2)),
  });
  writeFileSync(file, `D("text-0","json",${JSON.stringify(JSON.stringify(texts))})\n`);
  return { at: pathToFileURL(made).href, row: texts[0].row };
}

test('printed, a window is whole: its text, and the heat of all its tokens', async () => {
  const { at, row } = await longText(path.join(folder, 'printed'));
  const { page, close } = await open(`view=window&w=${row}&heat=far`, {}, at);
  await page.waitForSelector('.text-region');
  const painted = () => page.evaluate('[...CSS.highlights].reduce((sum, [, one]) => sum + one.size, 0)');
  await page.waitForFunction('CSS.highlights.size > 0');
  const onScreen = await painted();
  assert.ok(onScreen > 0 && onScreen < 5000, `${onScreen} ranges on the screen`);
  await page.evaluate(() =>
    globalThis.addEventListener('beforeprint', () => {
      globalThis.printed = [...globalThis.CSS.highlights].reduce((sum, [, one]) => sum + one.size, 0);
    }),
  );
  await page.pdf();
  assert.equal(await page.evaluate('printed'), 5000);
  assert.ok((await painted()) < 5000, 'what is scrolled is light again');
  await page.emulateMedia({ media: 'print' });
  const { shown, whole, hidden } = await page.evaluate(() => {
    const region = document.querySelector('.text-region');
    const hidden = globalThis.getComputedStyle(document.querySelector('nav')).display;
    return { shown: region.clientHeight, whole: region.scrollHeight, hidden };
  });
  assert.ok(shown >= whole - 1, `${shown} of ${whole} px of the text are printed`);
  assert.equal(hidden, 'none');
  await close();
});

/** Areas that a PDF fills with the colour of the heat, whatever its opacity. */
function heatAreas(pdf) {
  const file = pdf.toString('latin1');
  let areas = 0;
  for (const { index, 0: mark } of file.matchAll(/\bstream\r?\n/g)) {
    const from = index + mark.length;
    let operators;
    try {
      operators = inflateSync(pdf.subarray(from, file.indexOf('endstream', from))).toString('latin1');
    } catch {
      // A font or a picture.
      continue;
    }
    const outer = [];
    let colour = '';
    for (const [word, given] of operators.matchAll(/([\d.]+ [\d.]+ [\d.]+) rg\b|\b[qQf]\b/g)) {
      if (given) colour = given;
      else if (word === 'q') outer.push(colour);
      else if (word === 'Q') colour = outer.pop() ?? '';
      else if (colour === HEAT) areas++;
    }
  }
  return areas;
}

/** rgb(222 90 20), as Chromium writes it. */
const HEAT = '.8706 .3529 .0784';

test('the heat is on paper, by highlights and by elements, in the dark theme too, and the text on it can be read', async () => {
  const { at, row } = await longText(path.join(folder, 'paper'));
  for (const highlights of [true, false]) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' });
    const page = await context.newPage();
    if (!highlights) await page.addInitScript('delete globalThis.Highlight');
    await page.goto(`${at}#view=window&w=${row}&heat=far`);
    await page.waitForSelector('.text-region');
    await page.waitForFunction(
      (own) => (own ? globalThis.CSS.highlights.size > 0 : document.querySelectorAll('.text .heat-8').length === 5000),
      highlights,
    );
    // As a browser prints where nobody asks it for backgrounds.
    const areas = heatAreas(await page.pdf({ printBackground: false }));
    assert.ok(areas >= 5000, `${areas} areas of heat on paper for 5,000 hot tokens`);
    await page.addStyleTag({
      content: '.text * { background: none !important } ::highlight(heat-8) { background: none !important }',
    });
    const cold = heatAreas(await page.pdf({ printBackground: false }));
    assert.ok(cold < 100, `${cold} areas of heat on paper where the text has none`);
    await context.close();
  }
  const { page, close } = await open('view=window');
  for (const [media, colorScheme] of [
    ['print', 'dark'],
    ['screen', 'dark'],
    ['screen', 'light'],
  ]) {
    await page.emulateMedia({ media, colorScheme });
    const [ink, ground, ...heat] = await page.evaluate(() => {
      const styleOf = (element) => globalThis.getComputedStyle(element);
      const text = document.querySelector('.text');
      const level = document.createElement('span');
      text.append(level);
      const levels = Array.from({ length: 8 }, (_, i) => {
        level.className = `heat-${i + 1}`;
        return styleOf(level).backgroundColor;
      });
      level.remove();
      return [styleOf(text).color, styleOf(document.body).backgroundColor, ...levels];
    });
    const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = (colour) =>
      [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
        const share = colour[i] / 255;
        return sum + weight * (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
      }, 0);
    for (const one of heat) {
      const [red, green, blue, alpha] = numbers(one);
      const under = numbers(ground);
      const mixed = [red, green, blue].map((value, i) => alpha * value + (1 - alpha) * under[i]);
      const [dark, light] = [luminance(numbers(ink)), luminance(mixed)].sort((a, b) => a - b);
      const contrast = (light + 0.05) / (dark + 0.05);
      assert.ok(
        contrast >= 4.5,
        `${media}, ${colorScheme}: ${ink} on ${one} over ${ground} has ${contrast.toFixed(2)}`,
      );
    }
  }
  await close();
});

/** What is drawn: the picture without the shade of a filter, and what it says of itself. */
const pictures = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('figure')].map((figure) => {
      const picture = figure.querySelector('svg').cloneNode(true);
      picture.querySelector('.brush').remove();
      return [figure.querySelector('figcaption').textContent, picture.getAttribute('aria-label'), picture.innerHTML];
    }),
  );

test('the first picture is that of the columns, and needs none of them', async () => {
  const { page, close } = await open('');
  const first = await pictures(page);
  assert.ok(first.length >= 8, `${first.length} histograms`);
  const columns = readdirSync(path.join(path.dirname(fileURLToPath(address)), 'data'));
  // A filter that leaves everything in: counted from the columns.
  await page.evaluate(() => (location.hash = 'brush=score~-1e9~1e9&brush=ds~-1~2'));
  await page.waitForFunction(() => document.querySelector('details.filters[open]'));
  assert.deepEqual(await pictures(page), first);
  const filtered = async (from) => {
    await page.evaluate((least) => (location.hash = `brush=score~${least}~1e9`), from);
    await page.waitForFunction(
      (least) => document.querySelector('.filters summary').textContent.includes(`score ${least} to`),
      from,
    );
  };
  await filtered(0);
  assert.notDeepEqual(await pictures(page), first);
  const passing = rows.filter((row) => row.domain === 'sea' && row.score >= 0).length;
  const sea = page.locator('section:has(h2 bdi:text-is("sea"))');
  assert.match(await sea.locator('p').textContent(), new RegExp(` ${passing} of all pass the filters`));
  // None is left: empty pictures, of which the filtered score keeps its own.
  await filtered(50);
  for (const [title, name, drawn] of await pictures(page)) {
    assert.doesNotMatch(drawn, /NaN/);
    if (!title.startsWith('score')) assert.match(name, /: 0 windows /);
  }
  await close();
  const copy = path.join(folder, 'without-columns');
  cpSync(path.dirname(fileURLToPath(address)), copy, { recursive: true });
  for (const file of columns) if (!['meta.js', 'overview.js'].includes(file)) rmSync(path.join(copy, 'data', file));
  const alone = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await alone.goto(pathToFileURL(path.join(copy, 'index.html')).href);
  await alone.waitForSelector('main[data-view="domains"]');
  assert.deepEqual(await pictures(alone), first);
  await alone.click('nav a:text("List")');
  await alone.waitForSelector('main [role="alert"]');
  assert.match(await alone.textContent('main'), /data\/\w+\.js is not there: copy the whole folder/);
  await alone.close();
});

test('labels of the axes do not touch', async () => {
  const { page, close } = await open('');
  const touching = await page.evaluate(() =>
    [...document.querySelectorAll('figure svg')].flatMap((picture) => {
      const labels = [...picture.querySelectorAll('text')].map((one) => [one.textContent, one.getBoundingClientRect()]);
      const pairs = labels.flatMap((one, i) => labels.slice(i + 1).map((other) => [one, other]));
      const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      return pairs.filter(([[, a], [, b]]) => meet(a, b)).map(([[a], [b]]) => `${a} ${b}`);
    }),
  );
  assert.deepEqual(touching, []);
  await close();
});

test('compare, by mouse and by keyboard: what one alone keeps leads to the window', async () => {
  const { page, close } = await open('');
  await page.click('nav a:text("Compare")');
  await page.waitForSelector('#against');
  const id = await page.textContent('.pair tbody a >> nth=0');
  await page.click('.pair tbody a >> nth=0');
  await page.waitForSelector('main[data-view="window"] h2');
  assert.equal(await page.textContent('h2'), id);
  await page.goBack();
  await page.waitForSelector('#against');
  await page.focus('.pair tbody a >> nth=0');
  await page.keyboard.press('Enter');
  await page.waitForSelector('main[data-view="window"] h2');
  assert.equal(await page.textContent('h2'), id);
  await close();
});
