// The encoding of a text from the encodings of its pieces.
import { codePointCount } from '../base/code-points.js';
import { usableProcessors } from '../base/processors.js';
import { mapOrdered } from '../base/map-ordered.js';
import { PIECE_UNITS, type PieceRule } from './pieces.js';
import type { Encoded } from './encoded.js';

interface PlacedPiece extends Encoded {
  /** Index of the piece's first token in the text's ids, and of its first code point in the text. */
  firstToken: number;
  firstPoint: number;
}

/**
 * @param pieces of a text, cut where `rule` holds
 * @param encode a piece, without what the template adds
 */
export async function encodePieces(
  pieces: readonly string[],
  rule: PieceRule,
  encode: (piece: string, isFirst: boolean) => Promise<Encoded>,
): Promise<Encoded> {
  const placed: PlacedPiece[] = [];
  let firstToken = rule.prefix.length;
  let firstPoint = 0;
  let begun = 0;
  const work = async (text: string): Promise<Encoded & { points: number }> => ({
    ...(await encode(text, begun++ === 0)),
    points: codePointCount(text),
  });
  const concurrency = usableProcessors();
  const options = { concurrency, weigh: (text: string) => text.length, maxWeight: 2 * concurrency * PIECE_UNITS };
  for await (const { ids, span, points } of mapOrdered(fromArray(pieces), work, options)) {
    placed.push({ ids, span, firstToken, firstPoint });
    firstToken += ids.length;
    firstPoint += points;
  }
  const ids = new Int32Array(firstToken + rule.suffix.length);
  ids.set(rule.prefix);
  for (const piece of placed) ids.set(piece.ids, piece.firstToken);
  ids.set(rule.suffix, firstToken);
  return {
    ids,
    span(token) {
      if (token < rule.prefix.length || token >= firstToken) return undefined;
      const piece = pieceOf(placed, token);
      const span = piece.span(token - piece.firstToken);
      return span && [span[0] + piece.firstPoint, span[1] + piece.firstPoint];
    },
  };
}

/** The last piece that starts at or before the token. Pieces are never empty. */
function pieceOf(pieces: readonly PlacedPiece[], token: number): PlacedPiece {
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle]!.firstToken <= token) low = middle;
    else high = middle - 1;
  }
  return pieces[low]!;
}

async function* fromArray<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}
