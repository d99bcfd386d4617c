// Elements from code. Text is only ever set as text: nothing that comes from a corpus is parsed as markup.
import { visible } from '../src/base/visible.js';

type Child = Node | string | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

/** An attribute that is a function is a listener: `onclick`. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

/** A stranger's short text in a line of ours: its direction stays its own, and control characters are seen. */
export function foreign(text: string, most = 200): HTMLElement {
  const cut = text.length > most ? `${text.slice(0, most)}...` : text;
  return el('bdi', { class: 'foreign', title: visible(text.slice(0, 1000)) }, visible(cut));
}

/** Of a row of a table. */
export type Cells = readonly Child[];

export const rowsOf = (rows: readonly Cells[]): HTMLElement[] =>
  rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))));

export function table(caption: string, head: readonly string[], rows: readonly Cells[]): HTMLElement {
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    el(
      'table',
      {},
      el('caption', {}, el('span', {}, caption)),
      el('thead', {}, el('tr', {}, ...head.map((name) => el('th', { scope: 'col' }, name)))),
      el('tbody', {}, ...rowsOf(rows)),
    ),
  );
}

export { count, percent, short } from './numbers.js';
