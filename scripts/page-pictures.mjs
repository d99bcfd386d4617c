#!/usr/bin/env node
// The pictures of the page in the README and in docs/page.md, of a run: that of `npm run demo`. Look at them after a change of the page.
//   node dist/cli/bin.cjs report build/demo/run && node scripts/page-pictures.mjs build/demo/run
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from './lib/chromium.mjs';
import { main, root, SetupError } from './lib/step.mjs';

await main(async ([run = path.join('build', 'demo', 'run')]) => {
  const page = path.resolve(run, 'report', 'index.html');
  if (!existsSync(page)) throw new SetupError(`${page} is not there: longattn report ${run}`);
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new SetupError('No Chromium is installed: apt-get install chromium, or LONGATTN_CHROMIUM.');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const tab = await browser.newPage({ viewport: { width: 1280, height: 760 }, colorScheme: 'light' });
  const take = (name) => tab.screenshot({ path: path.join(root, 'docs', name) });
  await tab.goto(pathToFileURL(page).href);
  await tab.waitForSelector('figure svg');
  await take('page-domains.png');
  await tab.click('nav a:text("What if")');
  await tab.click('#half');
  await tab.waitForFunction("document.querySelector('#summary')?.textContent.includes(' 0 enter')");
  // The focus of the button is not what is shown.
  await tab.evaluate('document.activeElement.blur()');
  await tab.mouse.move(0, 0);
  await take('page-what-if.png');
  await browser.close();
});
