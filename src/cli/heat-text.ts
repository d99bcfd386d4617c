// A text with the far mass of its tokens, for a terminal: backgrounds of 256 colours. What the text itself would tell the terminal to do is
// made visible first, so that a corpus can move no cursor.
import { visible } from '../base/visible.js';
import type { ShownWindow } from '../report/show.js';

/** From the ground to orange; index 0 is no colour. Black letters stand on all of them. */
const COLOURS = [0, 230, 223, 216, 209, 208] as const;
/** This share of the tokens is at most as hot as the hottest colour begins. */
const TOP_SHARE = 0.98;

/** @param colours false: the text alone */
export function heatText({ text, tokens }: Pick<ShownWindow, 'text' | 'tokens'>, colours: boolean): string {
  if (!colours || !tokens) return safe(text);
  const { far, starts } = tokens;
  const top = far.slice().sort()[Math.floor(TOP_SHARE * far.length)] || 1;
  let out = safe(text.slice(0, starts[0]));
  let last = 0;
  for (let token = 0; token < far.length; token++) {
    const level = Math.min(COLOURS.length - 1, Math.floor((far[token]! / top) * COLOURS.length));
    const piece = text.slice(starts[token], starts[token + 1]);
    if (piece === '') continue;
    if (level !== last) out += level === 0 ? RESET : `\u001b[30;48;5;${COLOURS[level]}m`;
    last = level;
    // A coloured ground does not go on over the end of a line.
    out += level === 0 ? safe(piece) : safe(piece).replaceAll('\n', `${RESET}\n\u001b[30;48;5;${COLOURS[level]}m`);
  }
  return last === 0 ? out : out + RESET;
}

const RESET = '\u001b[0m';
const safe = (text: string): string => visible(text, '\n\t');
