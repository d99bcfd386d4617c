// What if: another score, alpha, budget or guard, and what enters and leaves. Ranked by the code of `longattn select`.
import { count, el, foreign, percent, rowsOf, short, table, type Cells } from '../dom.js';
import { selectCommand } from '../command.js';
import { downloadText } from '../marks.js';
import { domainsOf, go, idOf, isKept, linkTo, rankWhatIf, replaceState, type Model } from '../model.js';
import type { Ranked } from '../rank.js';
import { verdictLine } from '../verdict.js';
import { defaultWhatIf, type WhatIf } from '../state.js';

/** At first, and a click. */
const SHOWN = 50;
const MORE = 500;

export async function whatIfView(model: Model): Promise<Node> {
  const result = el('div', { 'aria-live': 'polite' });
  let [busy, again] = [false, false];
  /** While one is at work the next waits, and only the last of those that wait is done. */
  const update = async (): Promise<void> => {
    if (busy) return void (again = true);
    busy = true;
    do {
      again = false;
      try {
        result.replaceChildren(await outcome(model));
      } catch (error) {
        result.replaceChildren(el('p', { class: 'warning', role: 'alert' }, (error as Error).message));
      }
    } while (again);
    busy = false;
  };
  const page = el('div', {}, controls(model, update), result);
  await update();
  return page;
}

function controls(model: Model, update: () => Promise<void>): HTMLElement {
  const { meta, state } = model;
  const { whatIf } = state;
  const set = (changes: Partial<WhatIf>): void => {
    replaceState(model, { whatIf: { ...model.state.whatIf, ...changes } });
    arrange();
    void update();
  };
  const field = (
    id: string,
    label: string,
    value: number | undefined,
    { min, max, step }: { min?: number; max?: number; step: number | 'any' },
    apply: (value: number | undefined) => void,
    slider = false,
  ): HTMLElement => {
    const limits = { ...(min !== undefined && { min }), ...(max !== undefined && { max }), step };
    const number = el('input', { id, type: 'number', ...limits, value: value ?? '' });
    const range = slider
      ? el('input', { type: 'range', 'aria-label': `${label}, slider`, ...limits, value: value ?? 0 })
      : undefined;
    const take = (text: string): void => {
      if (text === '') return apply(undefined);
      const given = Number(text);
      const ok = Number.isFinite(given) && given >= (min ?? -Infinity) && given <= (max ?? Infinity);
      number.setAttribute('aria-invalid', String(!ok));
      if (ok) apply(given);
    };
    number.addEventListener('input', () => {
      if (range) range.value = number.value;
      take(number.value);
    });
    range?.addEventListener('input', () => {
      number.value = range.value;
      take(range.value);
    });
    return el('div', { class: 'field', id: `field-${id}` }, el('label', { for: id }, label), range, number);
  };
  const score = el('select', {
    id: 'score',
    onchange: () => {
      const at = Number(score.value);
      const guard = meta.scores[at]!.maxRepeats;
      document.querySelector<HTMLInputElement>('#repeats')!.value = String(guard);
      set({ score: at, maxRepeats: guard });
    },
  });
  meta.scores.forEach(({ name }, i) => score.append(el('option', { value: i, selected: i === whatIf.score }, name)));
  const mode = el('select', { id: 'mode', onchange: () => set({ mode: mode.value as WhatIf['mode'] }) });
  for (const [value, name] of [
    ['share', 'a share of each domain'],
    ['tokens', 'tokens of each domain'],
    ['quota', 'tokens in all, by domain'],
  ] as const)
    mode.append(el('option', { value, selected: value === whatIf.mode }, name));
  const quotas = meta.domains.map((domain, i) =>
    field(`quota-${i}`, `share of ${domain}`, whatIf.quota[domain], { min: 0, max: 1, step: 'any' }, (value) =>
      set({ quota: { ...model.state.whatIf.quota, [domain]: value ?? 0 } }),
    ),
  );
  const unit = { min: 0, max: 1, step: 'any' as const };
  const heads = el('input', { id: 'heads', value: whatIf.heads ?? '', placeholder: 'all, or 0,3' });
  heads.addEventListener('change', () => set({ heads: heads.value.trim() || undefined }));
  const served = meta.served
    ? [
        field('layer', 'layer (empty: that of the score)', whatIf.layer, { min: 0, step: 1 }, (layer) =>
          set({ layer }),
        ),
        field('k', 'k, the minimum distance (empty: that of the score)', whatIf.k, { min: 1, step: 1 }, (k) =>
          set({ k }),
        ),
        el('div', { class: 'field' }, el('label', { for: 'heads' }, 'heads (empty: those of the score)'), heads),
      ]
    : [];
  const form = el(
    'form',
    { class: 'what-if', onsubmit: (event: Event) => event.preventDefault() },
    el('div', { class: 'field' }, el('label', { for: 'score' }, 'score'), score),
    ...served,
    field(
      'alpha',
      'alpha, the weight of DU',
      whatIf.alpha,
      { step: 0.05, min: -5, max: 5 },
      (alpha) => alpha !== undefined && set({ alpha }),
      true,
    ),
    el('div', { class: 'field' }, el('label', { for: 'mode' }, 'keep'), mode),
    field(
      'keep',
      'share kept',
      whatIf.keep,
      { min: 0, max: 1, step: 0.005 },
      (keep) => keep !== undefined && set({ keep }),
      true,
    ),
    field(
      'tokens',
      'tokens',
      whatIf.tokens,
      { min: 0, step: 1 },
      (tokens) => tokens !== undefined && set({ tokens: Math.round(tokens) }),
    ),
    el(
      'fieldset',
      { id: 'field-quota' },
      el('legend', {}, 'share of the tokens by domain (0 leaves a domain out)'),
      ...quotas,
    ),
    el('div', { class: 'field' }, halfButton(model)),
    field(
      'repeats',
      'largest share inside verbatim repeats',
      whatIf.maxRepeats,
      unit,
      (value) => value !== undefined && set({ maxRepeats: value }),
    ),
    field('per-document', 'most windows of a document', whatIf.maxPerDocument, { min: 1, step: 1 }, (value) =>
      set({ maxPerDocument: value === undefined ? undefined : Math.floor(value) }),
    ),
    field(
      'overlap',
      'largest share that a better window covers',
      whatIf.maxOverlap,
      unit,
      (value) => value !== undefined && set({ maxOverlap: value }),
    ),
  );
  const arrange = (): void => {
    const now = model.state.whatIf;
    const show = (id: string, on: boolean): void =>
      void (form.querySelector<HTMLElement>(`#field-${id}`)!.hidden = !on);
    show('alpha', meta.scores[now.score]!.kind === 'lds');
    show('keep', now.mode === 'share');
    show('tokens', now.mode !== 'share');
    show('quota', now.mode === 'quota');
  };
  arrange();
  return form;
}

/** What would be lost at half of what the run was given, whatever is set now. */
function halfButton(model: Model): HTMLElement {
  const { mode, keep, tokens } = defaultWhatIf(model.meta);
  const half = { mode, keep: keep / 2, tokens: Math.round(tokens / 2) };
  const onclick = (): void => go(model, { whatIf: { ...model.state.whatIf, ...half } });
  return el('button', { type: 'button', id: 'half', onclick }, "Half of the run's budget");
}

async function outcome(model: Model): Promise<Node> {
  const { meta, state } = model;
  const ranked = await rankWhatIf(model);
  const score = meta.scores[state.whatIf.score]!;
  const changes = meta.domains.map(() => ({ kept: 0, before: 0, enters: [] as number[], leaves: [] as number[] }));
  for (let row = 0; row < model.domains.length; row++) {
    const own = changes[model.domains[row]!]!;
    const [now, before] = [ranked.reason[row] === 0, model.reason[row] === 0];
    if (now) own.kept++;
    if (before) own.before++;
    if (now && !before) own.enters.push(row);
    if (before && !now) own.leaves.push(row);
  }
  const command = selectCommand(meta.run, score, state.whatIf);
  const total = changes.reduce((sum, { kept }) => sum + kept, 0);
  const before = changes.reduce((sum, own) => sum + own.before, 0);
  const [enters, leaves] = [changes.flatMap((one) => one.enters), changes.flatMap((one) => one.leaves)];
  const rows = changes.map(({ kept, before: had, enters: came, leaves: went }, domain) => [
    foreign(meta.domains[domain]!, 60),
    ...[count(went.length), count(went.length * meta.window), count(came.length), count(kept)],
    ...[percent(kept / Math.max(1, domainsOf(model)[domain]!.rows.length)), count(kept * meta.window)],
    ...[short(ranked.cuts[domain]!), count(had)],
  ]);
  return el(
    'div',
    {},
    el(
      'p',
      { id: 'summary' },
      `${count(total)} windows would be kept, ${count(total * meta.window)} tokens. ` +
        `Of the ${count(before)} that the run keeps, ${count(leaves.length)} leave (${percent(leaves.length / Math.max(1, before))}, ${count(leaves.length * meta.window)} tokens); ${count(enters.length)} enter. Score: ${score.formula}.`,
    ),
    meta.settings.temperature
      ? el(
          'p',
          { class: 'warning' },
          `The selection of this run was drawn with temperature ${meta.settings.temperature}; the page ranks without a draw, so windows enter and leave at the same settings too.`,
        )
      : undefined,
    table(
      'What each domain would keep',
      ['domain', 'leave', 'tokens that leave', 'enter', 'kept', 'share', 'tokens', 'cut', 'kept by the run'],
      rows,
    ),
    verdictLine(model, score),
    commandBox(command),
    el(
      'p',
      { class: 'fields' },
      'Download the ids of what ',
      downloadButton(model, 'download', 'is kept', 'kept.txt', (row) => ranked.reason[row] === 0),
      downloadButton(
        model,
        'download-leaves',
        'leaves',
        'leaves.txt',
        (row) => ranked.reason[row] !== 0 && isKept(model, row),
      ),
      downloadButton(
        model,
        'download-enters',
        'enters',
        'enters.txt',
        (row) => ranked.reason[row] === 0 && !isKept(model, row),
      ),
    ),
    el(
      'div',
      { class: 'pair' },
      await windowTable(model, ranked, 'Enter', enters),
      await windowTable(model, ranked, 'Leave', leaves),
    ),
  );
}

function commandBox(command: string): HTMLElement {
  const told = el('span', { role: 'status' });
  const code = el('code', { id: 'command' }, command);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command);
      told.textContent = ' Copied.';
    } catch {
      // A page from a disk may not be allowed to: then it is marked, ready to be copied.
      getSelection()?.selectAllChildren(code);
      told.textContent = ' Marked: copy it with the keyboard.';
    }
  };
  return el(
    'p',
    { class: 'command' },
    code,
    ' ',
    el('button', { type: 'button', onclick: () => void copy() }, 'Copy command'),
    told,
  );
}

async function windowTable(
  model: Model,
  ranked: Ranked,
  name: string,
  rows: number[],
): Promise<HTMLElement | undefined> {
  if (rows.length === 0) return undefined;
  rows.sort((a, b) => ranked.rank[a]! - ranked.rank[b]! || a - b);
  const head = [
    'window',
    'domain',
    'rank',
    'rank in the run',
    'score',
    name === 'Leave' ? 'why' : 'why not in the run',
  ];
  const list = table(`${name}: ${count(rows.length)}, the best first`, head, await linesOf(rows.slice(0, SHOWN)));
  const body = list.querySelector('tbody')!;
  const rest = el('button', { type: 'button', class: 'turn' });
  const next = (): number[] => rows.slice(body.rows.length, body.rows.length + MORE);
  const tell = (): void => {
    rest.textContent = `Show ${count(next().length)} more`;
    rest.hidden = next().length === 0;
  };
  rest.addEventListener('click', () => void linesOf(next()).then((lines) => (body.append(...rowsOf(lines)), tell())));
  tell();
  return el('div', {}, list, rest);

  function linesOf(some: readonly number[]): Promise<Cells[]> {
    return Promise.all(
      some.map(async (row) => [
        el('a', { href: linkTo(model, { view: 'window', row }) }, foreign(await idOf(model, row), 60)),
        foreign(model.meta.domains[model.domains[row]!]!, 30),
        ...[count(ranked.rank[row]!), count(model.rank[row]!), short(ranked.values[row]!)],
        name === 'Leave' ? ranked.reasons[ranked.reason[row]!]! : model.meta.reasons[model.reason[row]!]!,
      ]),
    );
  }
}

function downloadButton(
  model: Model,
  id: string,
  name: string,
  file: string,
  wanted: (row: number) => boolean,
): HTMLElement {
  const download = async (): Promise<void> => {
    const ids: string[] = [];
    for (let row = 0; row < model.domains.length; row++) if (wanted(row)) ids.push(await idOf(model, row));
    downloadText(file, ids.map((one) => `${one}\n`).join(''));
  };
  return el('button', { type: 'button', id, onclick: () => void download() }, name);
}
