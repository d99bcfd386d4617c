#!/usr/bin/env node
// Writes docs/performance.md and the README's table from the rows that the last runs of the benches left in build/bench-rows.
//   node scripts/bench-page.mjs [--layers]
// --layers: no more than this processor's table of the layers above the first.
import { writeLayers, writePage } from './lib/bench-page.mjs';
import { main } from './lib/step.mjs';

await main(([flag]) => (flag === '--layers' ? writeLayers() : writePage()));
