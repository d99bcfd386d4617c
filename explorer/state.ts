// What the page shows, in its address: a link shows the same to somebody else.
import type { RankSettings } from './rank.js';
import type { PageMeta } from '../src/report/page-data.js';

export const VIEWS = ['domains', 'list', 'window', 'whatif', 'compare', 'evidence'] as const;
export type View = (typeof VIEWS)[number];
export const GROUP = '=';

export const KINDS = ['all', 'kept', 'border', 'dropped', 'text'] as const;
export type Kind = (typeof KINDS)[number];

/** What a token is coloured by: its far mass beside that of the tokens around it, or alone. */
export const HEAT_KINDS = ['around', 'far'] as const;
export type HeatKind = (typeof HEAT_KINDS)[number];

export interface WhatIf {
  /** Index into the scores of the page. */
  score: number;
  alpha: number;
  /** A share of each domain, tokens of each domain, or tokens in all, divided by quota. */
  mode: 'share' | 'tokens' | 'quota';
  keep: number;
  tokens: number;
  quota: Record<string, number>;
  maxRepeats: number;
  maxPerDocument: number | undefined;
  maxOverlap: number;
  /** Another layer, k or heads than those of the score: with `longattn serve`. */
  layer: number | undefined;
  k: number | undefined;
  heads: string | undefined;
}

/** Whose attention is looked at. */
export interface Look {
  layer: number | undefined;
  /** A number or `mean`. */
  head: string | undefined;
  token: number | undefined;
}

export interface State {
  view: View;
  /** Index of a domain; undefined: all. */
  domain: number | undefined;
  /** Ranges by column. */
  brush: Map<string, readonly [number, number]>;
  query: string;
  kind: Kind;
  /** A column, or `rank` or `id`; with a minus: from the largest. */
  sort: string;
  page: number;
  /** The window that is looked at. */
  row: number | undefined;
  look: Look;
  heat: HeatKind;
  whatIf: WhatIf;
}

export function defaultWhatIf({ settings, domains, window, windows }: PageMeta): WhatIf {
  const { alpha, keep, keepTokens, quota, maxRepeats, maxPerDocument, maxOverlap } = settings;
  const even = Object.fromEntries(domains.map((domain) => [domain, Math.floor(1e4 / domains.length) / 1e4]));
  return {
    ...{ score: 0, alpha, mode: quota ? 'quota' : keepTokens === undefined ? 'share' : 'tokens' },
    ...{ keep: keep ?? 0.125, tokens: keepTokens ?? Math.round((windows / 8 / domains.length) * window) },
    ...{ quota: quota ?? even, maxRepeats, maxPerDocument, maxOverlap },
    ...{ layer: undefined, k: undefined, heads: undefined },
  };
}

/** Whether it is set to something else than the run. */
export function isChanged(whatIf: WhatIf, meta: PageMeta): boolean {
  const own = defaultWhatIf(meta);
  const keys = Object.keys(own) as (keyof WhatIf)[];
  return keys.some((key) => JSON.stringify(whatIf[key]) !== JSON.stringify(own[key]));
}

export function keepSettings(whatIf: WhatIf): RankSettings {
  const { alpha, mode, keep, tokens, quota, maxRepeats, maxPerDocument, maxOverlap } = whatIf;
  return {
    ...{ alpha, maxRepeats, maxPerDocument, maxOverlap },
    ...(mode === 'share' ? { keep } : { keepTokens: tokens }),
    ...(mode === 'quota' && { quota }),
  };
}

export function parseState(hash: string, meta: PageMeta): State {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const number = (name: string): number | undefined => {
    const word = words.get(name);
    return word === null || word === '' || !Number.isFinite(Number(word)) ? undefined : Number(word);
  };
  const index = (name: string, length: number): number | undefined => {
    const value = number(name);
    return value !== undefined && Number.isInteger(value) && value >= 0 && value < length ? value : undefined;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T =>
    allowed.find((one) => one === words.get(name)) ?? otherwise;
  const share = (name: string, otherwise: number): number => {
    const value = number(name);
    return value !== undefined && value >= 0 && value <= 1 ? value : otherwise;
  };
  const columns = new Set(['score', ...meta.columns.map(({ column }) => column)]);
  const brush = new Map<string, readonly [number, number]>();
  for (const text of words.getAll('brush')) {
    const [column = '', from = '', to = ''] = text.split('~');
    const range = [from === '' ? -Infinity : Number(from), to === '' ? Infinity : Number(to)] as const;
    if (columns.has(column) && !Number.isNaN(range[0]) && !Number.isNaN(range[1])) brush.set(column, range);
  }
  const own = defaultWhatIf(meta);
  const quota: Record<string, number> = { ...own.quota };
  meta.domains.forEach((domain, i) => (quota[domain] = share(`quota${i}`, own.quota[domain] ?? 0)));
  const whole = number('perDocument');
  return {
    view: oneOf('view', VIEWS, 'domains'),
    domain: index('domain', meta.domains.length),
    brush,
    query: words.get('q') ?? '',
    kind: oneOf('kind', KINDS, 'all'),
    heat: oneOf('heat', HEAT_KINDS, 'around'),
    sort: words.get('sort') ?? 'rank',
    page: index('page', Infinity) ?? 0,
    row: index('w', meta.windows),
    look: {
      layer: index('lookLayer', Infinity),
      head: words.get('lookHead') ?? undefined,
      token: index('token', meta.window),
    },
    whatIf: {
      score: index('score', meta.scores.length) ?? 0,
      alpha: number('alpha') ?? own.alpha,
      mode: oneOf('mode', ['share', 'tokens', 'quota'] as const, own.mode),
      keep: share('keep', own.keep),
      tokens: Math.max(0, Math.round(number('tokens') ?? own.tokens)),
      quota,
      maxRepeats: share('repeats', own.maxRepeats),
      maxPerDocument: whole !== undefined && whole >= 1 ? Math.floor(whole) : own.maxPerDocument,
      maxOverlap: share('overlap', own.maxOverlap),
      layer: meta.served && index('layer', Infinity),
      k: meta.served && index('k', Infinity),
      heads: (meta.served && words.get('heads')) || undefined,
    },
  };
}

export function formatState(state: State, meta: PageMeta): string {
  const words = new URLSearchParams();
  const own = defaultWhatIf(meta);
  const put = (name: string, value: string | number | undefined, otherwise?: string | number): void => {
    if (value !== undefined && value !== otherwise && value !== '') words.set(name, String(value));
  };
  put('view', state.view, 'domains');
  put('domain', state.domain);
  for (const [column, [from, to]] of state.brush) {
    const edge = (value: number): string => (Number.isFinite(value) ? String(value) : '');
    words.append('brush', `${column}~${edge(from)}~${edge(to)}`);
  }
  put('q', state.query);
  put('kind', state.kind, 'all');
  put('sort', state.sort, 'rank');
  put('page', state.page, 0);
  put('w', state.row);
  put('heat', state.heat, 'around');
  put('lookLayer', state.look.layer);
  put('lookHead', state.look.head);
  put('token', state.look.token);
  const { score, alpha, mode, keep, tokens, quota, maxRepeats, maxPerDocument, maxOverlap, layer, k, heads } =
    state.whatIf;
  put('score', score, 0);
  put('alpha', alpha, own.alpha);
  put('mode', mode, own.mode);
  put('keep', keep, own.keep);
  put('tokens', tokens, own.tokens);
  meta.domains.forEach((domain, i) => put(`quota${i}`, quota[domain], own.quota[domain]));
  put('repeats', maxRepeats, own.maxRepeats);
  put('perDocument', maxPerDocument, own.maxPerDocument);
  put('overlap', maxOverlap, own.maxOverlap);
  put('layer', layer);
  put('k', k);
  put('heads', heads);
  return `#${words.toString()}`;
}
