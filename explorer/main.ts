// The page: a heading, the views, and the state in the address.
import './app.css';
import { count, el } from './dom.js';
import { filterColumns } from './filters.js';
import { columnOf, linkTo, openPage, withWindows, type Model, type Page } from './model.js';
import { terms } from './terms.js';
import { parseState, VIEWS, type View } from './state.js';
import { verdictLine } from './verdict.js';
import { compareView } from './views/compare.js';
import { domainsView } from './views/domains.js';
import { evidenceView } from './views/evidence.js';
import { listView } from './views/list.js';
import { whatIfView } from './views/what-if.js';
import { windowView } from './views/window.js';

const NAMES: Record<View, string> = {
  domains: 'Domains',
  list: 'List',
  window: 'Window',
  whatif: 'What if',
  compare: 'Compare',
  evidence: 'Evidence',
};
const whole =
  (view: (model: Model) => Promise<Node>) =>
  async (page: Page): Promise<Node> =>
    view(await withWindows(page));
const SHOW: Record<View, (page: Page) => Promise<Node>> = {
  domains: domainsView,
  list: whole(listView),
  window: whole(windowView),
  whatif: whole(whatIfView),
  compare: whole(compareView),
  evidence: evidenceView,
};

const app = document.querySelector<HTMLElement>('#app')!;

async function start(): Promise<void> {
  const page = await openPage();
  const { meta, overview } = page;
  const main = el('main', { id: 'main', tabindex: -1 });
  const verdict = el('div');
  const nav = el('nav', { 'aria-label': 'Views' });
  const { texts } = meta;
  const kept = overview.domains.reduce((sum, domain) => sum + domain.kept, 0);
  const facts =
    `${count(kept)} of ${count(meta.windows)} windows of ${count(meta.window)} tokens kept by ${meta.scores[0]!.name}` +
    (meta.layer === undefined ? '' : `, layer ${meta.layer}, k = ${count(meta.k!)}`) +
    (meta.model === undefined ? '' : `, model ${meta.model}`);
  const left =
    texts.stored === meta.windows || meta.served
      ? ''
      : `The text of ${count(texts.stored)} windows is in this folder, that of ${count(meta.windows - texts.stored)} is not${texts.note ? `: ${texts.note}` : ''}.`;
  app.replaceChildren(
    el(
      'a',
      { class: 'skip', href: '#main', onclick: (event: Event) => (event.preventDefault(), main.focus()) },
      'To the content',
    ),
    el('header', {}, el('h1', {}, 'longattn'), el('p', {}, facts, '. ', left), terms(page), verdict, nav),
    main,
  );
  let shown = 0;
  const show = async (): Promise<void> => {
    const turn = ++shown;
    page.state = parseState(location.hash, meta);
    const { view } = page.state;
    nav.replaceChildren(
      ...VIEWS.map((one) =>
        el('a', { href: linkTo(page, { view: one }), 'aria-current': one === view ? 'page' : undefined }, NAMES[one]),
      ),
    );
    verdict.replaceChildren(...[verdictLine(page, meta.scores[0]!)].filter((line) => line !== undefined));
    document.title = `${NAMES[view]} - longattn`;
    const content = await SHOW[view](page).catch((error: unknown) =>
      el('p', { class: 'warning', role: 'alert' }, error instanceof Error ? error.message : String(error)),
    );
    // A view that took longer than the next click is late.
    if (turn === shown) refocused(() => main.replaceChildren(content));
    main.dataset['view'] = view;
  };
  addEventListener('hashchange', () => void show());
  await show();
  whenIdle(() => void readAhead(page).catch(() => undefined));
}

/** The columns, which a filter and the other views need. Where one cannot be read, the view that needs it says so. */
async function readAhead(page: Page): Promise<void> {
  const model = await withWindows(page);
  for (const { column } of filterColumns(page)) await columnOf(model, column);
}

/** Safari has no such call. */
const whenIdle = (act: () => void): void =>
  typeof requestIdleCallback === 'function' ? void requestIdleCallback(act) : void setTimeout(act, 200);

/** What is drawn anew keeps the keyboard where it was: at the element of the same id or name. */
function refocused(draw: () => void): void {
  const active = document.activeElement;
  const name = active?.getAttribute('aria-label') ?? '';
  const selector = active?.id ? `#${CSS.escape(active.id)}` : name && `[aria-label="${CSS.escape(name)}"]`;
  const inside = main().contains(active);
  draw();
  if (inside && selector) main().querySelector<HTMLElement>(selector)?.focus();
}

const main = (): HTMLElement => document.querySelector<HTMLElement>('#main')!;

start().catch((error: unknown) => {
  app.replaceChildren(
    el('p', { class: 'warning', role: 'alert' }, error instanceof Error ? error.message : String(error)),
  );
});
