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
    ...['longattn', 'select', run, ...flagsOf(score, settings)],
    ...['--alpha', String(score.kind === 'lds' ? alpha : score.alpha)],
    ...budget,
    ...(maxRepeats === score.maxRepeats ? [] : ['--max-repeats', String(maxRepeats)]),
    ...(maxPerDocument === undefined ? [] : ['--max-per-document', String(maxPerDocument)]),
    ...(maxOverlap === 1 ? [] : ['--max-overlap', String(maxOverlap)]),
  ];
}

/** Those of the score, but for what is asked for instead. */
function flagsOf({ flags }: PageScore, { layer, k, heads }: WhatIf): string[] {
  const instead = new Map<string, string | undefined>([
    ['--select-layer', layer?.toString()],
    ['--select-k', k?.toString()],
    ['--heads', heads],
  ]);
  const pairs = Array.from({ length: flags.length / 2 }, (_, i) => [flags[2 * i]!, flags[2 * i + 1]!] as const);
  const asked = [...instead].filter((pair): pair is [string, string] => pair[1] !== undefined);
  return [...pairs.filter(([flag]) => instead.get(flag) === undefined), ...asked].flat();
}

/** The same as options by name, for `longattn serve`. */
export function selectOptions(words: readonly string[]): Record<string, string> {
  const options: Record<string, string> = {};
  for (let i = 3; i < words.length; i += 2)
    options[words[i]!.replace(/^--/, '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] = words[i + 1]!;
  return options;
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
