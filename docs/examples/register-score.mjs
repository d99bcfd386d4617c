// A score of your own, usable by `select`: the share of far attention that goes to the sink.   node docs/examples/register-score.mjs RUN
import { plainScore, registerScore, select } from 'longattn';

registerScore(
  plainScore('sink-share', 'sink far mass / far mass', 'my paper', (view) =>
    view.mean((head) => (view.ds(head) > 0 ? 1 - view.content(head) / view.ds(head) : 0)),
  ),
);
const [output = 'RUN'] = process.argv.slice(2);
console.table((await select({ output, score: 'sink-share' })).domains);
