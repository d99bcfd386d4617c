// The windows that enter and leave: a table of them, and their ids as a file.
import { count, el, foreign, rowsOf, short, table, type Cells } from '../dom.js';
import { downloadText } from '../marks.js';
import { idOf, linkTo, type Model } from '../model.js';
import type { Ranked } from '../rank.js';

/** At first, and a click. */
const SHOWN = 50;
const MORE = 500;

export async function windowTable(
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

export function downloadButton(
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
