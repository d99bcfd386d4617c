#!/usr/bin/env node
// Writes docs/performance.md and the README's table from the rows that the last runs of the benches left in build/bench-rows.
//   node scripts/bench-page.mjs
import { writePage } from './lib/bench-page.mjs';
import { main } from './lib/step.mjs';

await main(() => writePage());
