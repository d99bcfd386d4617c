// The feed-forward part of a layer, and how the layer's two halves are joined.
import type { LayerPiece, PlanContext, Tensors } from '../plan.js';
import { rows } from '../plan.js';
import { isOn, linear, type Switch } from './projections.js';

/** Activations, by their names in Hugging Face configs, as the core names them. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  relu: 'relu',
  relu2: 'relu_squared',
};

export function activation({ config }: PlanContext, key = 'hidden_act', fallback = 'silu'): string {
  return ACTIVATIONS[config.oneOf(key, Object.keys(ACTIVATIONS), fallback)]!;
}

export interface GatedRules {
  bias?: Switch;
  activation?: (model: PlanContext) => string;
  /** Gate and up are one matrix, gate first. */
  fused?: boolean;
}

/** down(act(gate(x)) * up(x)). */
export function gatedMlp(rules: GatedRules = {}): LayerPiece {
  return (model) => {
    const { hidden, intermediate } = model.sizes;
    const bias = isOn(rules.bias, model);
    const both = { name: 'mlp.gate_up_proj.weight', shape: [2 * intermediate, hidden] };
    return {
      forwardSettings: { 'mlp.kind': 'gated', 'mlp.activation': rules.activation?.(model) ?? activation(model) },
      forward: rules.fused
        ? {
            gate: rows(both, 0, intermediate),
            up: rows(both, intermediate, intermediate),
            ...linear('down', 'mlp.down_proj', hidden, intermediate, false),
          }
        : gatedTensors('', 'mlp', intermediate, hidden, bias),
    };
  };
}

/** The three matrices of a gated MLP, under roles that start with `role`. */
export function gatedTensors(
  role: string,
  name: string,
  intermediate: number,
  hidden: number,
  bias = false,
  names = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' },
): Tensors {
  return {
    ...linear(`${role}gate`, `${name}.${names.gate}`, intermediate, hidden, bias),
    ...linear(`${role}up`, `${name}.${names.up}`, intermediate, hidden, bias),
    ...linear(`${role}down`, `${name}.${names.down}`, hidden, intermediate, bias),
  };
}

export interface PlainRules {
  /** Tensor names without `.weight`. */
  up: string;
  down: string;
  bias?: Switch;
  activation: (model: PlanContext) => string;
  /** Of the activation. */
  tensors?: (model: PlanContext) => Tensors;
  /** The file holds [in, out]. */
  transposed?: boolean;
}

/** down(act(up(x))). */
export function plainMlp(rules: PlainRules): LayerPiece {
  return (model) => {
    const { hidden, intermediate } = model.sizes;
    const bias = isOn(rules.bias, model);
    return {
      forwardSettings: { 'mlp.kind': 'plain', 'mlp.activation': rules.activation(model) },
      forward: {
        ...linear('up', rules.up, intermediate, hidden, bias, rules.transposed),
        ...linear('down', rules.down, hidden, intermediate, bias, rules.transposed),
        ...rules.tensors?.(model),
      },
    };
  };
}
