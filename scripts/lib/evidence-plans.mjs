// What scripts/evidence.mjs measures: a validation a plan, small enough that each can be had by itself.
//
// The lift needs the losses of real windows, two passes through the whole model each; attention of layer 0 and counts cost next to
// nothing. So there are plans with losses, many layers and one control, and plans with all controls, no losses and layer 0.

/** Text that the scores were made on, text that the lift was looked at on, and text that nothing was ever decided by. */
const FIRST = ['book', 'code', 'latex', 'speech'];
const SEEN = ['perl', 'cpython'];
const UNSEEN = ['dictionary', 'german', 'proofs', 'scripture'];

/** A quarter is kept, so that few windows still say something. */
const COMMON = { window: 2048, k: 512, keep: '25%', loss: 'real' };

const ATTENTION = { texts: FIRST, windows: 16, layers: '0,7,14,17,19,21', tokens: true };

export const FULL = [
  { name: 'old', title: 'Book, code, LaTeX, speech', ...COMMON, ...ATTENTION, controls: 'splice' },
  {
    name: 'documents',
    title: 'The same text: six layers against slices of the same document',
    ...COMMON,
    ...ATTENTION,
    loss: 'none',
    controls: 'same-document',
  },
  {
    name: 'controls',
    title: 'The same text: all controls, counts and layer 0',
    ...COMMON,
    texts: FIRST,
    windows: 16,
    layers: '0',
    loss: 'none',
    // Of splice plan `old` has it, with losses.
    yardstick: ['same-document', 'matched-recurrence', 'matched-gzip'],
  },
  {
    name: 'new',
    title: 'Text that no score was made on, all controls, counts and layer 0',
    ...COMMON,
    texts: [...SEEN, ...UNSEEN],
    windows: 16,
    layers: '0',
    loss: 'none',
  },
  {
    name: 'w4096',
    title: 'Windows of 4,096 tokens, all controls, counts and layer 0',
    ...COMMON,
    window: 4096,
    k: 1024,
    texts: ['book', 'latex'],
    windows: 8,
    layers: '0',
    loss: 'none',
  },
  {
    name: 'seen',
    title: "Lift on Perl's manual and CPython's library",
    ...COMMON,
    texts: SEEN,
    windows: 16,
    layers: '0,7,14,19',
    controls: 'splice',
    fit: 'gain',
  },
  {
    name: 'unseen',
    title: 'Lift on text that nothing was decided by: dictionary, German, proofs, scripture',
    ...COMMON,
    texts: UNSEEN,
    windows: 16,
    layers: '0,7,14,19',
    controls: 'splice',
    fit: 'gain',
  },
];

/** Minutes: to see that everything works. */
export const QUICK = [
  { name: 'quick', title: 'Quick look', ...COMMON, window: 512, k: 128, texts: FIRST, windows: 4, layers: '0,14' },
];

/** Arguments of `longattn validate` for a plan. @param inputs by name of the text: NAME=PATH */
export function validateArguments(plan, inputs, model, folder) {
  const { window, windows, layers, k, keep, loss, controls, tokens, fit } = plan;
  return [
    'validate',
    ...plan.texts.flatMap((name) => ['--input', inputs.get(name)]),
    ...['--model', model, '--window', window, '--windows', windows, '--layers', layers],
    ...['--k', k, '--keep', keep, '--loss', loss],
    ...(controls ? ['--controls', controls] : []),
    ...(tokens ? ['--tokens'] : []),
    ...(fit ? ['--fit', fit] : []),
    ...['--output', folder],
  ].map(String);
}
