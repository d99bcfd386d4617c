// Cases on disk: the windows to score as a part of the windows table, and beside it what is known of each without a model.
import { ArrowFile } from '../arrow/file.js';
import { windowRow } from '../arrow/rows.js';
import { WINDOW_COLUMNS, type Columns } from '../arrow/schema.js';
import { requireRows } from '../arrow/reader.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { partName, type Ledger } from '../run/ledger.js';
import { REAL, type Case, type ControlFacts, type MadeCases } from './cases.js';
import { CaseTable, type CaseFacts, type CountValueColumn } from './case-table.js';
import type { CountColumn } from './count-values.js';
import { nearDuplicates } from './near-duplicates.js';
import { repeats } from '../scores/counts/repeats.js';
import { REPEAT_TOKENS } from '../selection/guards/repeats-limit.js';

const FACTS = 'facts';
/** With all layers of a small model on two cores a part is a minute or two of work, which is what a kill costs. */
const PART_TOKENS = 1 << 15;

const factColumns = (columns: number): Columns => ({
  case_id: 'utf8',
  pair: 'utf8',
  control: 'utf8',
  domain: 'utf8',
  repeats: 'float64',
  cluster: 'int32',
  text_scores: `float64[${columns}]`,
});

/** @param countsOf the count scores of a case, one a column */
export async function writeCases(
  ledger: Ledger,
  { cases, controls }: MadeCases,
  columns: readonly CountColumn[],
  countsOf: (one: Case) => number[],
): Promise<void> {
  const size = Math.max(1, Math.floor(PART_TOKENS / cases[0]!.window.tokenIds.length));
  const parts = Math.ceil(cases.length / size);
  const clusters = clustersOf(cases);
  for (let part = 0; part < parts; part++) {
    const rows = cases.slice(part * size, (part + 1) * size).map(({ window }) => windowRow(window));
    await writeArrowPart(ledger, partName(part), { columns: WINDOW_COLUMNS, rows });
  }
  await writeArrowPart(ledger, FACTS, {
    columns: factColumns(columns.length),
    metadata: {
      controls: JSON.stringify(controls),
      text_scores: JSON.stringify(columns.map(({ score, k }) => ({ score: score.name, k }))),
    },
    rows: cases.map((one) => ({
      case_id: one.window.windowId,
      pair: one.pair,
      control: one.control,
      domain: one.window.domain,
      repeats: repeats(one.window.tokenIds, REPEAT_TOKENS),
      cluster: clusters.get(one.pair)!,
      text_scores: countsOf(one),
    })),
    entry: () => ({ counts: { parts } }),
  });
}

/** By id of the real window: near-duplicates of a domain have the same number. */
function clustersOf(cases: readonly Case[]): Map<string, number> {
  const reals = cases.filter(({ control }) => control === REAL);
  const clusters = new Map<string, number>();
  for (const domain of new Set(reals.map(({ window }) => window.domain))) {
    const own = reals.filter(({ window }) => window.domain === domain);
    const numbers = nearDuplicates(own.map(({ window }) => window.tokenIds));
    own.forEach(({ pair }, i) => clusters.set(pair, numbers[i]!));
  }
  return clusters;
}

export interface StoredCases {
  table: CaseTable;
  /** Of the windows table. */
  parts: number[];
}

/** Undefined while they are not there, or not as they were written. */
export async function readCases(ledger: Ledger): Promise<StoredCases | undefined> {
  const facts = await ledger.inspect(FACTS);
  if (facts.status !== 'done') return undefined;
  const parts = Array.from({ length: facts.record.counts['parts'] ?? 0 }, (_, part) => part);
  for (const part of parts) if ((await ledger.inspect(partName(part))).status !== 'done') return undefined;
  await using file = await ArrowFile.open(ledger.file(FACTS), {
    case_id: 'utf8',
    pair: 'utf8',
    control: 'utf8',
    domain: 'utf8',
  });
  const columns = JSON.parse(file.metadata.get('text_scores')!) as { score: string; k?: number }[];
  file.require(factColumns(columns.length));
  const controls = JSON.parse(file.metadata.get('controls')!) as ControlFacts[];
  const cases: CaseFacts[] = [];
  const values: number[][] = columns.map(() => []);
  const typed = file as unknown as ArrowFile<
    Record<'case_id' | 'pair' | 'control' | 'domain', 'utf8'> & {
      repeats: 'float64';
      cluster: 'int32';
      text_scores: 'float64[1]';
    }
  >;
  for await (const { columns: batch, rows } of typed.batches([
    ...(['case_id', 'pair', 'control', 'domain'] as const),
    ...(['repeats', 'cluster', 'text_scores'] as const),
  ])) {
    for (let row = 0; row < rows; row++) {
      cases.push({
        caseId: batch.case_id.get(row),
        pair: batch.pair.get(row),
        control: batch.control.get(row),
        domain: batch.domain.get(row),
        repeats: batch.repeats[row]!,
        cluster: batch.cluster[row]!,
      });
      batch.text_scores.get(row).forEach((value, at) => values[at]!.push(value));
    }
  }
  requireRows(ledger.file(FACTS), cases.length, facts.record.rows);
  const counts = columns.map(({ score, k }, at): CountValueColumn => ({
    score,
    k,
    values: Float64Array.from(values[at]!),
  }));
  return { table: new CaseTable(cases, controls, counts), parts };
}
