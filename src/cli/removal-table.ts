// What a selection removes, as a person reads it: where the share kept is far from that of the domain, and how the text differs.
import type { RunSummary } from '../pipeline/pipeline.js';
import { renderTable } from './output.js';

/** Rows a group of sources: the rest stands in the file. */
const SHOWN_SOURCES = 10;

export function describeRemoval({ domains, path }: NonNullable<RunSummary['removal']>): string {
  const groups = domains.flatMap(({ domain, byLength, bySource }) => [
    ...byLength.map((one) => [domain, `documents of ${one.group}`, one] as const),
    ...bySource.slice(0, SHOWN_SOURCES).map((one) => [domain, one.group, one] as const),
  ]);
  const rows = groups.map(([domain, name, { windows, kept, ratio }]) => [
    domain,
    name,
    windows.toLocaleString('en'),
    kept.toLocaleString('en'),
    ratio.toFixed(2),
  ]);
  const texts = domains.flatMap(({ domain, text }) =>
    text.map(({ statistic, keptMean, removedMean, difference }) => [
      domain,
      statistic,
      keptMean.toFixed(3),
      removedMean.toFixed(3),
      difference.toFixed(2),
    ]),
  );
  return [
    'What the selection keeps and removes (ratio: share kept against that of the domain, 1 is as expected)',
    renderTable(['domain', 'of', 'windows', 'kept', 'ratio'], rows),
    ...(texts.length > 0
      ? [
          'Text of kept and removed windows (difference in standard deviations)',
          renderTable(['domain', 'statistic', 'kept', 'removed', 'difference'], texts),
        ]
      : []),
    path,
  ].join('\n');
}
