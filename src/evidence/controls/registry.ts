// Every control that is shipped, with the direction that a score of long-range dependency must show on it.
import { documentOf } from '../../base/window-id.js';
import { invalid } from '../../base/errors.js';
import type { Control, ControlContext, MadeControls } from './control.js';
import { chooseDonors } from './donors.js';
import { matchedOn } from './matched.js';
import { body, withPrefix } from './prefix.js';
import { blockShuffle, repetition } from './rearrange.js';
import { splice, spliceWithin } from './splice.js';

const PIECES = 8;
const BLOCK = 512;
const FEWEST_DONORS = 4;

const splices: Control = {
  name: 'splice',
  higher: 'real',
  how: `${PIECES} equal slices of ${PIECES} other documents of the domain`,
  make(context) {
    const { sample, length, random } = context;
    const result: MadeControls = { made: [], notes: [] };
    let left = 0;
    sample.windows.forEach((real, index) => {
      const draw = random(`splice ${real.windowId}`);
      const donors = chooseDonors(sample, real, PIECES, length, draw);
      if (donors.note && !result.notes.includes(donors.note)) result.notes.push(donors.note);
      if (donors.windows.length < FEWEST_DONORS) {
        left++;
        return;
      }
      const bodies = donors.windows.map((donor) => body(donor, context.prefix));
      result.made.push({
        real: index,
        tokenIds: withPrefix(real, context.prefix, (size) => splice(bodies, size, draw)),
      });
    });
    if (left > 0)
      result.notes.push(
        `${sample.domain}: ${left} windows left out, fewer than ${FEWEST_DONORS} donors apart from them`,
      );
    return result;
  },
};

const sameDocument: Control = {
  name: 'same-document',
  higher: 'real',
  how: `${PIECES} equal slices of ${PIECES} places of the window's own document`,
  make(context) {
    const { sample, documents, length, random } = context;
    const result: MadeControls = { made: [], notes: [] };
    sample.windows.forEach((real, index) => {
      const document = documents.get(documentOf(real.windowId))!;
      // A shorter document would give back most of the window itself.
      if (document.length < 2 * length) return;
      const text = context.prefix === undefined ? document : document.subarray(1);
      const make = (size: number): Int32Array =>
        spliceWithin(text, size, PIECES, random(`same-document ${real.windowId}`));
      result.made.push({ real: index, tokenIds: withPrefix(real, context.prefix, make) });
    });
    const left = sample.windows.length - result.made.length;
    if (left > 0) result.notes.push(`${sample.domain}: ${left} windows left out, their document is shorter than 2W`);
    return result;
  },
};

/** A control that needs nothing but the window's own tokens. */
function fromWindow(
  name: string,
  higher: Control['higher'],
  how: string,
  rearrange: (ids: Int32Array, context: ControlContext, label: string) => Int32Array,
): Control {
  return {
    name,
    higher,
    how,
    make: (context) => ({
      made: context.sample.windows.map((real, index) => ({
        real: index,
        tokenIds: withPrefix(real, context.prefix, () =>
          rearrange(body(real, context.prefix), context, `${name} ${real.windowId}`),
        ),
      })),
      notes: [],
    }),
  };
}

/** Blocks of 512 tokens, or a quarter of a short window: fewer than four blocks would leave most of it in order. */
const blockSize = (length: number): number => Math.max(1, Math.min(BLOCK, Math.floor(length / 4)));

export const CONTROLS: readonly Control[] = [
  splices,
  sameDocument,
  fromWindow(
    'block-shuffle',
    'control',
    `the window's own blocks of ${BLOCK} tokens (at most W/4) in another order: what was near is far`,
    (ids, { length, random }, label) => blockShuffle(ids, blockSize(length), random(label)),
  ),
  fromWindow(
    'repetition',
    'real',
    `one passage of ${BLOCK} tokens (at most W/4) of the window, repeated: a trap for counts`,
    (ids, { length, random }, label) => repetition(ids, blockSize(length), random(label)),
  ),
  matchedOn('gzip'),
  matchedOn('recurrence-2'),
];

/** @param names of controls, or undefined for all @throws LongattnError INVALID_OPTION naming those that exist */
export function findControls(names?: readonly string[]): Control[] {
  const known = CONTROLS.map(({ name }) => name);
  const wrong = names?.find((name) => !known.includes(name));
  if (wrong !== undefined) throw invalid('controls', wrong, `some of ${known.join(', ')}`);
  return CONTROLS.filter(({ name }) => names === undefined || names.includes(name));
}
