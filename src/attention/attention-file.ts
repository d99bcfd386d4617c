// Rows and maps as an Arrow file: a record a layer and head, with its map and its rows as tensors of one shape.
//
// Rows differ in length and tensors do not: a row is filled up with zeros to L, which is what the causal mask says of these keys.
import { fixedSize, type Columns } from '../arrow/schema.js';
import { ArrowWriter } from '../arrow/writer.js';
import { invalid } from '../base/errors.js';
import { writeAtomically } from '../io/atomic-file.js';
import { version } from '../base/version.js';
import type { AttentionResult } from './attention.js';

/** The `head` of a mean over heads. */
export const MEAN_HEAD = -1;

/** Arrow counts the numbers of one tensor in an int32. */
const MAX_VALUES = 2 ** 31 - 1;

/** Columns of the file: `map` is there only with a map, `rows` and `row` only with rows. */
export function attentionColumns({ ids, rows, blocks }: Pick<AttentionResult, 'ids' | 'rows' | 'blocks'>): Columns {
  return {
    layer: 'int32',
    head: 'int32',
    token_ids: `int32[${ids.length}]`,
    ...(blocks > 0 ? { map: `tensor<float32>[${blocks},${blocks}]` as const } : {}),
    ...(rows.length > 0
      ? { row: `int32[${rows.length}]` as const, rows: `tensor<float32>[${rows.length},${ids.length}]` as const }
      : {}),
  };
}

/**
 * Write `result` to the Arrow file `path`, which is there only once it is whole.
 * @returns its columns
 * @throws LongattnError INVALID_OPTION for more rows than a tensor can hold, and those of the disk
 */
export async function writeAttention(path: string, result: AttentionResult): Promise<Columns> {
  const { ids, rows, blocks } = result;
  const columns = attentionColumns(result);
  const tensor = columns['rows'];
  if (tensor?.startsWith('tensor') && fixedSize(tensor as `tensor<float32>[${string}]`) > MAX_VALUES) {
    throw invalid('rows', rows.length, `at most ${Math.floor(MAX_VALUES / ids.length)} rows of ${ids.length} tokens`);
  }
  const metadata = { ...result.metadata, length: `${ids.length}`, blocks: `${blocks}`, longattn: version };
  await writeAtomically(path, async (sink) => {
    const writer = new ArrowWriter(sink, columns, { metadata });
    for (const { layer, head, map, rows: found } of result.attention) {
      await writer.push({
        layer,
        head: head === 'mean' ? MEAN_HEAD : head,
        token_ids: ids,
        map,
        row: rows,
        rows: rows.length > 0 ? padded(found, ids.length) : undefined,
      });
    }
    await writer.close();
  });
  return columns;
}

function padded(rows: readonly Float32Array[], length: number): Float32Array {
  const values = new Float32Array(rows.length * length);
  rows.forEach((row, index) => values.set(row, index * length));
  return values;
}
