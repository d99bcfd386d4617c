// The command that makes the choice that the page shows.
import { GROUP, type WhatIf } from './state.js';
import type { PageScore } from '../src/report/page-data.js';

/** A word of a POSIX shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Words of the command, before they are quoted. */
export function selectWords(run: string, score: PageScore, settings: WhatIf): string[] {
  const { alpha, mode, keep, tokens, quota, maxOverlap, maxPerDocument, maxRepeats } = settings;
  const budget =
    mode === 'share'
      ? ['--keep', String(keep)]
      : ['--keep-tokens', String(tokens), ...(mode === 'quota' ? ['--quota', quotaText(quota)] : [])];
  return [
    ...['longattn', 'select', run, ...score.flags],
    ...['--alpha', String(score.kind === 'lds' ? alpha : score.alpha)],
    ...budget,
    ...(maxRepeats === score.maxRepeats ? [] : ['--max-repeats', String(maxRepeats)]),
    ...(maxPerDocument === undefined ? [] : ['--max-per-document', String(maxPerDocument)]),
    ...(maxOverlap === 1 ? [] : ['--max-overlap', String(maxOverlap)]),
  ];
}

export function selectCommand(run: string, score: PageScore, settings: WhatIf): string {
  return selectWords(run, score, settings).map(quote).join(' ');
}

function quotaText(quota: Readonly<Record<string, number>>): string {
  // Pairs would be cut at the wrong place.
  if (Object.keys(quota).some((domain) => /[=,{]/.test(domain))) return JSON.stringify(quota);
  return Object.entries(quota)
    .map(([domain, share]) => `${domain}${GROUP}${share}`)
    .join(',');
}
