// What the words of the page mean, with the numbers of this run: somebody who was sent the folder has nothing else to read.
import { count, el, percent, short } from './dom.js';
import type { Page } from './model.js';

export function terms({ meta }: Page): HTMLElement {
  const { window, k, layer, scores, settings } = meta;
  const uniform = meta.columns.find((column) => column.null !== undefined)?.null;
  const [own] = scores;
  const far = k === undefined ? [] : farTerms(count(k), layer, uniform);
  const all: [string, string][] = [
    ['window', `${count(window)} tokens in a row of one document: what is scored, ranked and kept.`],
    [
      'domain',
      'A part of the corpus that was given a name. Windows are ranked against those of their own domain alone.',
    ],
    ...far,
    [
      'score',
      `What windows are ranked by, here ${own!.name} = ${own!.formula}. ` +
        (own!.kind === 'lds'
          ? `Std: ${own!.std === 'minmax' ? 'the place between the lowest (0) and the highest (1)' : 'how many standard deviations from the mean (0)'} of the domain. alpha: the weight of DU, ${short(settings.alpha)}.`
          : 'Higher is better.'),
    ],
    ...scores
      .slice(1)
      .map(({ name, formula }): [string, string] => [name, `Another score that this page can rank by: ${formula}.`]),
    ['kept', `Chosen: the best of each domain${budgetOf(meta)}. The cut is the score of the last one that is kept.`],
    [
      'share inside verbatim repeats',
      'How much of a window lies inside passages of 64 tokens or more that stand in it more than once. ' +
        (settings.maxRepeats < 1
          ? `Windows above ${percent(settings.maxRepeats)} are not kept.`
          : 'It decides nothing in this run.'),
    ],
  ];
  return el(
    'details',
    { class: 'terms' },
    el('summary', {}, 'What the words mean'),
    el('dl', {}, ...all.flatMap(([term, meaning]) => [el('dt', {}, term), el('dd', {}, meaning)])),
  );
}

function farTerms(k: string, layer: number | undefined, uniform: number | undefined): [string, string][] {
  return [
    ['k', `The least distance that is far: ${k} tokens.`],
    [
      'far mass',
      `Of one token: the share of its attention that goes to tokens ${k} or more before it, 0 to 1; the mean over the heads.`,
    ],
    [
      'DS, dependency strength',
      `The mean far mass of all tokens of a window${layer === undefined ? '' : `, in layer ${layer}`}: how much of its attention looks far back.` +
        (uniform === undefined
          ? ''
          : ` Uniform attention, which looks at all tokens before alike, has ${short(uniform)}; below it a window looks closer than that, not nowhere.`),
    ],
    [
      'DU, distribution uniformity',
      'How evenly what looks far back is spread: minus its variance. Nearer to 0 is more even.',
    ],
    ['head', 'One of the parts of a layer that attend each for itself. DS and DU are means over them.'],
  ];
}

function budgetOf({ settings }: Page['meta']): string {
  const { keep, keepTokens, quota, temperature } = settings;
  if (temperature) return ', drawn with a preference for high scores';
  if (quota) return ', by its share of a budget of tokens';
  if (keepTokens !== undefined) return `, up to ${count(keepTokens)} tokens`;
  return keep === undefined ? '' : `, ${percent(keep)} of its windows, rounded up`;
}
