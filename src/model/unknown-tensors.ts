// Refuses tensors that a model has and its family does not know: a bias, a norm or a quantization scale that is left out of the
// computation would give numbers that look right and are wrong.
//
// What belongs to a part that is not read may be anything: the experts of a layer that is only scored, a vision tower, extra heads.
// Names decide, not shapes: of a sharded model only the shards that are read have been opened.
import { dataError, show } from '../base/errors.js';

/** Rotary frequencies that older versions saved and that are computed anew. */
const ROTARY_BUFFER = /(^|\.)(rotary_emb|rotary)\.[a-z_]+$/;
/** Causal masks that older versions saved, directly in an attention module: what has weights of its own has a true bias there. */
const MASK_BUFFER = /^(masked_)?bias$/;
/** A norm, a table or a projection beside the layers would be part of the computation. */
const PART_OF_STREAM = /^[^.]*(norm|ln|embed|pos|proj|wpe|wte)[^.]*\.(weight|bias)$/i;

/** One layer, or what lies around the layers. */
export interface KnownPart {
  /** Start of its tensor names. */
  root: string;
  /** Names that the family knows here. */
  known: ReadonlySet<string>;
  /** Those of them that are read. */
  used: readonly string[];
}

/**
 * Tensors of one layer: all must be known, but for those beside known ones that are not read.
 * @param names all tensors of the checkpoint
 * @throws LongattnError TENSOR_UNKNOWN
 */
export function refuseUnknownInLayer(names: Iterable<string>, part: KnownPart): void {
  const { root, known } = part;
  for (const name of names) {
    if (!name.startsWith(root) || known.has(name) || isBuffer(name, part)) continue;
    const owner = ownerOf(name, part);
    if (owner === undefined || isUsed(owner, part)) throw unknown(name);
  }
}

/**
 * Tensors around the layers: unknown are those beside ones that are read, and those that look like a step of the computation.
 * @param layers start of the names of all layers
 */
export function refuseUnknownAround(names: Iterable<string>, part: KnownPart, layers: string): void {
  const { root, known } = part;
  for (const name of names) {
    if (name.startsWith(layers) || known.has(name)) continue;
    const owner = ownerOf(name, part);
    const inStream = name.startsWith(root) && PART_OF_STREAM.test(name.slice(root.length));
    if (owner === undefined ? inStream : isUsed(owner, part)) throw unknown(name);
  }
}

function isBuffer(name: string, part: KnownPart): boolean {
  if (ROTARY_BUFFER.test(name)) return true;
  const owner = ownerOf(name, part);
  return owner !== undefined && !part.known.has(`${owner}weight`) && MASK_BUFFER.test(name.slice(owner.length));
}

/** The innermost module of a known tensor that holds `name`. */
function ownerOf(name: string, { root, known }: KnownPart): string | undefined {
  const modules = new Set([...known].map((other) => moduleOf(other, root)));
  return [...modules].filter((module) => name.startsWith(module)).sort((a, b) => b.length - a.length)[0];
}

function isUsed(module: string, { used }: KnownPart): boolean {
  return used.some((name) => name.startsWith(module));
}

/** `ROOT.self_attn.` of `ROOT.self_attn.q_proj.weight`; of a module directly in the part, the module itself. */
function moduleOf(name: string, root: string): string {
  const inside = name.startsWith(root); // the head lies beside the decoder
  const path = (inside ? name.slice(root.length) : name).split('.');
  return (inside ? root : '') + path.slice(0, Math.max(1, path.length - 2)).join('.') + '.';
}

function unknown(name: string): Error {
  return dataError(
    'TENSOR_UNKNOWN',
    `tensor ${show(name)} belongs to a part that is read, and models of this type have none of that name: without it the ` +
      `numbers would be wrong. Check that model_type in config.json is right and that the weights are neither quantized nor adapters.`,
  );
}
