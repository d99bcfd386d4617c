// The feed-forward part of a layer.
import type { LayerPiece, PlanContext } from '../plan.js';
import { isOn, linear } from './projections.js';

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
  bias?: boolean | ((model: PlanContext) => boolean);
}

/** down(act(gate(x)) * up(x)), three matrices. */
export function gatedMlp(rules: GatedRules = {}): LayerPiece {
  return (model) => {
    const { hidden, intermediate } = model.sizes;
    const bias = isOn(rules.bias, model);
    return {
      forwardSettings: { 'mlp.kind': 'gated', 'mlp.activation': activation(model) },
      forward: {
        ...linear('gate', 'mlp.gate_proj', intermediate, hidden, bias),
        ...linear('up', 'mlp.up_proj', intermediate, hidden, bias),
        ...linear('down', 'mlp.down_proj', hidden, intermediate, bias),
      },
    };
  };
}
