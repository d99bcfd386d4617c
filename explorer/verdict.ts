// What the validation says of a score, wherever somebody chooses by it: in the head of every view, and beside a command.
import { el } from './dom.js';
import { linkTo, type Page } from './model.js';
import type { PageScore } from '../src/report/page-data.js';

/** @returns undefined where the page has no evidence */
export function verdictLine(page: Page, { verdict }: PageScore): HTMLElement | undefined {
  if (!verdict) return undefined;
  return el(
    'p',
    { class: verdict.says === 'yes' ? 'verdict' : 'verdict warning' },
    ...['Validation: ', verdict.why, ' '],
    el('a', { href: linkTo(page, { view: 'evidence' }) }, 'Evidence'),
  );
}
