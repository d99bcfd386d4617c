// The windows of a run, each beside its row of the selection: what became of it.
//
// Both have the same rows in the same order, so the join is a walk over both, column by column: a window is no object until somebody
// makes one of it.
import type { Batch } from '../arrow/columns.js';
import { ArrowFile } from '../arrow/file.js';
import { requireRows } from '../arrow/reader.js';
import { SELECTION_COLUMNS, WINDOW_COLUMNS } from '../arrow/schema.js';
import { dataError, show } from '../base/errors.js';
import { partName, type Ledger } from '../run/ledger.js';

type WindowColumn = keyof typeof WINDOW_COLUMNS;
type SelectionColumn = keyof typeof SELECTION_COLUMNS;

/** A row of a batch. */
interface Place<Columns> {
  columns: Columns;
  row: number;
}

export interface JoinedWindow<W extends WindowColumn, S extends SelectionColumn> {
  /** Row in the part. */
  at: number;
  windowId: string;
  window: Place<Batch<Pick<typeof WINDOW_COLUMNS, W>>['columns']>;
  /** Of the selection. */
  chosen: Place<Batch<Pick<typeof SELECTION_COLUMNS, S>>['columns']>;
}

type Named<C extends string> = C | 'window_id';

export class JoinedWindows<S extends SelectionColumn> implements AsyncDisposable {
  readonly #rows: AsyncGenerator<Place<Batch<Pick<typeof SELECTION_COLUMNS, Named<S>>>['columns']>, void, undefined>;

  private constructor(
    private readonly file: ArrowFile<typeof SELECTION_COLUMNS>,
    private readonly windows: Ledger,
    names: readonly S[],
  ) {
    this.#rows = rowsOf(file, ['window_id', ...names]);
  }

  /**
   * @param path of selection.arrow
   * @param names columns of the selection that are looked at
   */
  static async open<S extends SelectionColumn>(
    path: string,
    windows: Ledger,
    names: readonly S[],
  ): Promise<JoinedWindows<S>> {
    return new JoinedWindows(await ArrowFile.open(path, SELECTION_COLUMNS, windows.fs), windows, names);
  }

  /**
   * The windows of a part. Parts are taken in their order, each once and to its end.
   * @param rows of the part, as its ledger has it
   * @param names columns of the windows that are looked at
   * @throws LongattnError SELECTION_STALE, ROWS_MISSING, ARROW_INVALID; the signal's reason
   */
  async *part<W extends WindowColumn>(
    part: number,
    rows: number,
    names: readonly W[],
    signal?: AbortSignal,
  ): AsyncGenerator<JoinedWindow<Named<W>, Named<S>>, void, undefined> {
    await using file = await ArrowFile.open(this.windows.file(partName(part)), WINDOW_COLUMNS, this.windows.fs);
    let at = 0;
    for await (const { columns, rows: count } of file.batches<Named<W>>(['window_id', ...names])) {
      signal?.throwIfAborted();
      for (let row = 0; row < count; row++, at++) {
        const windowId = idOf({ columns, row });
        const chosen = await this.#rows.next();
        if (chosen.done || idOf(chosen.value) !== windowId) {
          throw this.#stale(`its rows differ from the windows at ${show(windowId)}`);
        }
        yield { at, windowId, window: { columns, row }, chosen: chosen.value };
      }
    }
    requireRows(file.path, at, rows);
  }

  /** After the last part. @throws LongattnError SELECTION_STALE where rows of the selection are left */
  async end(): Promise<void> {
    if (!(await this.#rows.next()).done) throw this.#stale('it has more rows than there are windows');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rows.return();
    await this.file.close();
  }

  #stale(where: string): Error {
    return dataError('SELECTION_STALE', `${this.file.path} does not belong to these windows: ${where}. Select again.`);
  }
}

/** Both tables have it under one name; tsc loses that among the other columns. */
function idOf({ columns, row }: Place<object>): string {
  return (columns as Batch<{ window_id: 'utf8' }>['columns']).window_id.get(row);
}

async function* rowsOf<N extends SelectionColumn>(
  file: ArrowFile<typeof SELECTION_COLUMNS>,
  names: readonly N[],
): AsyncGenerator<Place<Batch<Pick<typeof SELECTION_COLUMNS, N>>['columns']>, void, undefined> {
  for await (const { columns, rows } of file.batches(names)) {
    for (let row = 0; row < rows; row++) yield { columns, row };
  }
}
