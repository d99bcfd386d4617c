// What if: another score, alpha, budget or guard, and what enters and leaves. Ranked by the code of `longattn select`.
import { count, el, foreign, percent, short, table } from '../dom.js';
import { selectCommand } from '../command.js';
import { domainsOf, isKept, rankWhatIf, type Model } from '../model.js';
import { verdictLine } from '../verdict.js';
import { controls } from './what-if-controls.js';
import { downloadButton, windowTable } from './what-if-windows.js';

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
