// The form of What if: score, budget and guards. What is set stands in the address of the page.
import { el } from '../dom.js';
import { go, replaceState, type Model } from '../model.js';
import { defaultWhatIf, type WhatIf } from '../state.js';

export function controls(model: Model, update: () => Promise<void>): HTMLElement {
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
