// Compare: another selection of the same windows: what both keep, how ranks move, and the windows on which they differ most.
import { loadColumn } from '../data.js';
import { count, el, foreign, percent, short, table } from '../dom.js';
import { domainsOf, idOf, isKept, linkTo, type Model } from '../model.js';

const SHOWN = 50;

interface Other {
  rank: Int32Array;
  kept: Uint8Array;
  score: Float64Array;
}

interface Overlap {
  both: number;
  here: number;
  there: number;
  /** Of the windows that both rank. */
  spearman: number;
}

export async function compareView(model: Model): Promise<Node> {
  const { meta } = model;
  const { compare } = meta;
  if (!compare) {
    return el(
      'div',
      {},
      el('h2', {}, 'Nothing to compare with'),
      el('p', {}, 'Keep another selection under a name, and make the page again:'),
      el(
        'pre',
        { class: 'command' },
        `longattn select ${meta.run} --name A --alpha 0\nlongattn report ${meta.run} --against A`,
      ),
    );
  }
  const [rank, kept, score] = await Promise.all([
    loadColumn<Int32Array>('against_rank'),
    loadColumn<Uint8Array>('against_kept'),
    loadColumn('against_score'),
  ]);
  const other = { rank, kept, score };
  const rows = domainsOf(model).map((domain, i) => {
    const { both, here, there, spearman } = overlapOf(model, other, domain.rows);
    const either = here + there - both;
    return [
      foreign(meta.domains[i]!, 60),
      ...[count(here), count(there), count(both), count(here - both), count(there - both)],
      either === 0 ? '-' : percent(both / either),
      short(spearman),
    ];
  });
  const missing =
    compare.missing === 0 ? '' : ` ${count(compare.missing)} windows are in one of the two alone and are left out.`;
  const head = [
    'domain',
    'kept here',
    'kept there',
    'by both',
    'here alone',
    'there alone',
    'of either',
    'Spearman of ranks',
  ];
  return el(
    'div',
    {},
    el(
      'p',
      { id: 'against' },
      `Here: ${meta.scores[0]!.name}. There: `,
      foreign(compare.name, 80),
      `, by ${compare.score}.${missing}`,
    ),
    el(
      'p',
      {},
      'Of either: the share of what one of them keeps that both keep. Spearman: 1 where ranks are the same, 0 where they have nothing in common. Moved by: the difference of ranks, as a share of the domain.',
    ),
    table('What both keep', head, rows),
    el(
      'div',
      { class: 'pair' },
      await differences(model, other, 'Kept here alone', (row) => isKept(model, row) && kept[row] === 0),
      await differences(model, other, 'Kept there alone', (row) => !isKept(model, row) && kept[row] === 1),
    ),
  );
}

/** Ranks have no ties, so Spearman is that of their differences; over the windows that both have, ranked anew. */
function overlapOf(model: Model, other: Other, rows: Uint32Array): Overlap {
  const shared = rows.filter((row) => other.rank[row]! > 0);
  let [both, here, there] = [0, 0, 0];
  for (const row of shared) {
    const [now, then] = [isKept(model, row), other.kept[row] === 1];
    here += now ? 1 : 0;
    there += then ? 1 : 0;
    both += now && then ? 1 : 0;
  }
  const place = new Map<number, number>();
  shared.toSorted((a, b) => model.rank[a]! - model.rank[b]!).forEach((row, i) => place.set(row, i));
  let squares = 0;
  shared
    .toSorted((a, b) => other.rank[a]! - other.rank[b]!)
    .forEach((row, i) => (squares += (place.get(row)! - i) ** 2));
  const n = shared.length;
  return { both, here, there, spearman: n < 2 ? NaN : 1 - (6 * squares) / (n * (n * n - 1)) };
}

/** The furthest moves first, as a share of the domain. */
async function differences(
  model: Model,
  other: Other,
  name: string,
  differs: (row: number) => boolean,
): Promise<HTMLElement> {
  const domains = domainsOf(model);
  const found: { row: number; move: number }[] = [];
  for (const { rows } of domains) {
    for (const row of rows) {
      if (other.rank[row] === 0 || !differs(row)) continue;
      found.push({ row, move: Math.abs(other.rank[row]! - model.rank[row]!) / rows.length });
    }
  }
  const most = found.sort((a, b) => b.move - a.move || a.row - b.row).slice(0, SHOWN);
  const lines = await Promise.all(
    most.map(async ({ row, move }) => [
      el('a', { href: linkTo(model, { view: 'window', row }) }, foreign(await idOf(model, row), 60)),
      foreign(model.meta.domains[model.domains[row]!]!, 30),
      ...[count(model.rank[row]!), count(other.rank[row]!), percent(move)],
      ...[short(model.score[row]!), short(other.score[row]!)],
    ]),
  );
  const caption = `${name}: ${count(found.length)}${found.length > SHOWN ? `, the ${SHOWN} that moved most` : ''}`;
  return table(
    caption,
    ['window', 'domain', 'rank here', 'rank there', 'moved by', 'score here', 'score there'],
    lines,
  );
}
