#!/usr/bin/env node
// The tests of the page in Chromium: LONGATTN_CHROMIUM, or the one of this machine. Skipped, saying so, where there is none
// (with CI=true: an error).
//   LONGATTN_SCREENSHOTS=DIR also keeps a picture of every view
import { findChromium } from './lib/chromium.mjs';
import { skip } from './lib/skip.mjs';
import { main, run, step } from './lib/step.mjs';

await main(async () => {
  const chromium = findChromium();
  if (chromium === undefined)
    return skip('page', 'no Chromium is installed (apt-get install chromium, or LONGATTN_CHROMIUM)');
  await step('page', () => {
    run(process.execPath, ['--test', '--test-concurrency=1', 'test/browser/page.test.mjs'], {
      env: { LONGATTN_CHROMIUM: chromium },
    });
    return 'passed';
  });
});
