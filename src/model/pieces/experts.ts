// Mixtures of experts: a router picks a few of many MLPs for each token.
import type { LayerPiece, PlanContext, TensorRef, Tensors } from '../plan.js';
import { activation, gatedMlp, gatedTensors } from './mlp.js';
import { isOn, type Switch } from './projections.js';

/** More than any model has, by an order of magnitude. */
export const MAX_EXPERTS = 4096;

export interface Router {
  experts: number;
  topK: number;
  /** Of the router's logits: over all experts, each by itself, over the chosen ones only, or for each of two over those near it. */
  scoring: 'softmax' | 'sigmoid' | 'softmax_chosen' | 'sparse_mixer';
  /** sparse_mixer: a logit is near the best where it is less than this share below it. */
  tolerance?: number;
  /** Weights of the chosen experts are divided by their sum. */
  normalize: boolean;
  /** Factor on the weights; default 1. */
  scale?: number;
  /** Experts are chosen from the best `topGroups` of `groups`; a group's score is its best or the sum of its two best. */
  groups?: { count: number; top: number; score: 'max' | 'top2' };
  /** Tensor added to the scores for the choice alone; `row`: one row of a matrix. */
  correction?: { name: string; row?: number };
  bias?: boolean;
}

export interface ExpertRules {
  router: (model: PlanContext, layer: number) => Router;
  /** Name of the router's matrix, without `.weight`. */
  routerName: string;
  /** Tensors of expert `index` under roles that start with `role`. */
  expert: (model: PlanContext, index: number, role: string) => Tensors;
  activation?: (model: PlanContext) => string;
  /** An MLP that every token passes. Width 0: there is none. */
  shared?: { name: string; width: (model: PlanContext) => number; gate?: string; bias?: Switch };
  /** Layers that have a plain gated MLP instead. */
  dense?: (model: PlanContext, layer: number) => boolean;
  denseBias?: Switch;
}

export function experts(rules: ExpertRules): LayerPiece {
  const dense = gatedMlp(rules.denseBias === undefined ? {} : { bias: rules.denseBias });
  return (model, layer) => {
    if (rules.dense?.(model, layer)) return dense(model, layer);
    const { hidden } = model.sizes;
    const router = rules.router(model, layer);
    const width = rules.shared?.width(model) ?? 0;
    const shared = width > 0 ? rules.shared : undefined;
    const each = Array.from({ length: router.experts }, (_, index) => rules.expert(model, index, `experts.${index}.`));
    return {
      forwardSettings: {
        'mlp.kind': 'experts',
        'mlp.activation': rules.activation?.(model) ?? activation(model),
        'experts.count': router.experts,
        'experts.top_k': router.topK,
        'experts.scoring': router.scoring,
        ...(router.tolerance !== undefined && { 'experts.tolerance': router.tolerance }),
        'experts.normalize': router.normalize,
        'experts.scale': router.scale ?? 1,
        'experts.groups': router.groups?.count ?? 1,
        'experts.top_groups': router.groups?.top ?? 1,
        'experts.group_score': router.groups?.score ?? 'max',
        'experts.shared': shared !== undefined,
      },
      forward: {
        router: { name: `${rules.routerName}.weight`, shape: [router.experts, hidden] },
        ...(router.bias && { 'router.bias': { name: `${rules.routerName}.bias`, shape: [router.experts] } }),
        ...(router.correction && { router_correction: correctionTensor(router.correction, router.experts) }),
        ...(shared && gatedTensors('shared.', shared.name, width, hidden, isOn(shared.bias, model))),
        ...(shared?.gate && { 'shared.router': { name: `${shared.gate}.weight`, shape: [1, hidden] } }),
        ...(Object.assign({}, ...each) as Tensors),
      },
    };
  };
}

function correctionTensor({ name, row }: { name: string; row?: number }, count: number): TensorRef {
  return row === undefined ? { name, shape: [count] } : { name, shape: [row + 1, count], slice: row };
}
