// The whole job from Node: text -> windows -> scores -> selection -> data set.   node docs/examples/run.mjs moby.txt RUN
import { run } from 'longattn';

const [input = 'moby.txt', output = 'RUN'] = process.argv.slice(2);
const summary = await run(
  { input: [`book=${input}`], model: 'models/smollm2-135m-layer0', window: 4096, keep: 0.125, output },
  { onProgress: (event) => event.type === 'stage-done' && console.error(event.stage, event.counts) },
);
console.table(summary.domains);
console.log(summary.result);
