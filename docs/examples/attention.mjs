// Where the heads of a layer look: a 64 x 64 map of each, one row in full, and an Arrow file of both.   node docs/examples/attention.mjs
import { attention, writeAttention } from 'longattn';
import { readFileSync } from 'node:fs';

const [input = 'README.md', output = 'attention.arrow'] = process.argv.slice(2);
const result = await attention({
  ...{ model: 'models/smollm2-135m-layer0', text: readFileSync(input, 'utf8'), window: 4096 },
  ...{ heads: [0, 3], rows: [500], map: 64 },
});
for (const { layer, head, rows, map } of result.attention) {
  const [row] = rows; // shares of attention of token 500 over tokens 0..500
  const most = row.indexOf(Math.max(...row));
  console.log(`layer ${layer}, head ${head}: token 500 looks most at ${most}; the last block gives the first ${map[63 * 64]}`);
}
await writeAttention(output, result); // tensors, for pyarrow
