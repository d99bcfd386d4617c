// What a validation multiplies, by part: of SmolLM2-135M on the text of `npm run demo`, 16 windows a domain, layers 0, 7, 14 and 21, the six controls.
// Counted from the shapes, two operations a product and sum; nothing is measured here.

const MODEL = { hidden: 576, inner: 1536, heads: 9, keyHeads: 3, dim: 64, layers: 30, vocabulary: 49_152 };
/** Tokens; near: the last k, and the sink. */
const [W, K, SINK] = [2048, 512, 4];
/** Scored above layer 0, which is a lookup. */
const SCORED = [7, 14, 21];
/** Real windows and controls with losses (eight of each of six kinds), the controls without, and what `cost.json` is measured on. */
const WINDOWS = { losses: 48 + 48, statistics: 319 - 96, costs: { layers: [21, 7, 7, 21, 21], losses: 1 } };

const { hidden, inner, heads, keyHeads, dim, layers, vocabulary } = MODEL;
const queries = 2 * hidden * heads * dim;
const keys = 2 * hidden * keyHeads * dim;
/** Operations a token in the weights of a layer: queries, keys, values, output, and the three matrices of the MLP. */
const WEIGHTS = 2 * queries + 2 * keys + 3 * 2 * hidden * inner;
const sum = (values) => values.reduce((total, value) => total + value, 0);
const rows = (first, of) => sum(Array.from({ length: W - first }, (_, i) => of(first + i)));
/** Of a row and a key: a dot product, and the sum of values. */
const pair = 2 * heads * dim;
const dots = pair * rows(0, (n) => n + 1);
const near = (first) => 2 * pair * rows(first, (n) => Math.min(n + 1, K + SINK));
const shared = K + SINK;

/** Up to the queries and keys of the last layer, with its statistics. */
function throughLayers(last) {
  const scored = SCORED.filter((layer) => layer <= last).length;
  return { weights: W * (last * WEIGHTS + queries + keys), attention: last * 2 * dots, statistics: scored * dots };
}

function parts() {
  const one = throughLayers(SCORED.at(-1));
  const { losses, statistics, costs } = WINDOWS;
  const full = layers * W * WEIGHTS;
  const nearWeights = layers * (W - shared) * WEIGHTS;
  const lossWindow = full + nearWeights + layers * (2 * dots + near(0)) + (2 * W - shared) * 2 * hidden * vocabulary;
  const cost = sum(costs.layers.map((layer) => sum(Object.values(throughLayers(layer))))) + costs.losses * lossWindow;
  return [
    [`${losses} windows, all ${layers} layers, full context: weights`, losses * full],
    ['the same, attention', losses * layers * 2 * dots],
    [`the same, near context: weights, without the ${shared} rows that both passes share`, losses * nearWeights],
    ['the same, attention', losses * layers * near(0)],
    ['losses over the vocabulary, of both', losses * (2 * W - shared) * 2 * hidden * vocabulary],
    [`${statistics} windows up to layer ${SCORED.at(-1)}: weights`, statistics * one.weights],
    ['the same, attention', statistics * one.attention],
    [
      `statistics of layers ${SCORED.join(', ')}, all ${losses + statistics} windows`,
      (losses + statistics) * one.statistics,
    ],
    ['what a window costs, measured', cost],
  ];
}

/** What oneDNN and MKL reach in float32 on the two cores that it is timed on: an operation a second. */
const RATE = 290e9;

/**
 * Whole validations of this size by the clock, on a quiet machine, newest first: { machine, date, build, minutes }. By hand: it wants a machine
 * to itself.
 */
const TIMED = [
  { machine: 'two cores of an Intel Xeon (family 6, model 207)', date: '2026-11-29', build: '488711e', minutes: 13.6 },
  { machine: 'two cores of an Intel Xeon (family 6, model 207)', date: '2026-11-29', build: '107e807', minutes: 14.6 },
];

/** @returns TFLOP by part and in all, the minutes that they take at the least, and what was timed */
export function validateProducts() {
  const found = parts().map(([part, operations]) => ({ part, tflop: operations / 1e12 }));
  const total = sum(found.map(({ tflop }) => tflop));
  return {
    parts: found,
    total,
    windows: WINDOWS.losses + WINDOWS.statistics,
    lossWindows: WINDOWS.losses,
    floor: { rate: RATE, minutes: (total * 1e12) / RATE / 60 },
    // Of both losses it is the difference that counts, and there these rows are equal; each is a mean over all tokens, and is kept as such.
    equalRows: {
      rows: shared,
      losses: (WINDOWS.losses * shared * 2 * hidden * vocabulary) / 1e12,
      attention: (WINDOWS.losses * layers * (near(0) - near(shared))) / 1e12,
    },
    timed: TIMED,
  };
}
