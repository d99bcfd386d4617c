// Choose again from stored statistics, without the model: other k, heads, weight.   node docs/examples/select.mjs RUN
import { select } from 'longattn';

const [output = 'RUN'] = process.argv.slice(2);
const { domains } = await select({ output, score: 'content', heads: [0, 2, 5], keep: '20%' });
console.table(domains);
