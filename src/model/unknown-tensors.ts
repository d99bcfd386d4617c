// Refuses tensors that a layer has and its family does not know: a bias, a norm or a quantization scale that is left out of the
// computation would give numbers that look right and are wrong.
//
// Looked at is what lies in the same modules as the tensors that are used. Elsewhere in the file anything may lie: another layer's
// weights, a vision tower, extra heads.
import { dataError, show } from '../errors.js';

/** Buffers that older versions saved and that are computed anew: causal masks, rotary frequencies. */
const BUFFERS = /(^|\.)(rotary_emb|rotary)\.[a-z_]+$|^(masked_)?bias$/;

/**
 * @param names all tensors of the checkpoint
 * @param root start of the layer's tensor names
 * @param known names that the family knows in this layer
 * @param used those of them that are read
 * @throws LongattnError TENSOR_UNKNOWN
 */
export function refuseUnknownTensors(
  names: Iterable<string>,
  root: string,
  known: ReadonlySet<string>,
  used: readonly string[],
): void {
  const modules = new Set(used.map((name) => moduleOf(name, root)));
  for (const name of names) {
    if (!name.startsWith(root) || known.has(name)) continue;
    const owner = [...modules].find((module) => name.startsWith(module));
    if (owner === undefined || BUFFERS.test(name.slice(owner.length))) continue;
    throw dataError(
      'TENSOR_UNKNOWN',
      `tensor ${show(name)} belongs to a module that is read, and models of this type have none of that name: without it the ` +
        `numbers would be wrong. Check that model_type in config.json is right and that the weights are neither quantized nor adapters.`,
    );
  }
}

/** `ROOT.self_attn.` of `ROOT.self_attn.q_proj.weight`; of a module directly in the layer, the module itself. */
function moduleOf(name: string, root: string): string {
  const path = name.slice(root.length).split('.');
  return root + path.slice(0, Math.max(1, path.length - 2)).join('.') + '.';
}
