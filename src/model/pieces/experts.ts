// Mixtures of experts: a router picks a few of many MLPs for each token.
import type { LayerPiece, PlanContext, Tensors } from '../plan.js';
import { activation, gatedMlp, gatedTensors } from './mlp.js';

/** More than any model has, by an order of magnitude. */
export const MAX_EXPERTS = 4096;

export interface Router {
  experts: number;
  topK: number;
  /** Of the router's logits: over all experts, each by itself, or over the chosen ones only. */
  scoring: 'softmax' | 'sigmoid' | 'softmax_chosen';
  /** Weights of the chosen experts are divided by their sum. */
  normalize: boolean;
  /** Factor on the weights; default 1. */
  scale?: number;
  /** Experts are chosen from the best `topGroups` of `groups`; a group's score is its best or the sum of its two best. */
  groups?: { count: number; top: number; score: 'max' | 'top2' };
  /** Tensor added to the scores for the choice alone. */
  correction?: string;
  bias?: boolean;
}

export interface ExpertRules {
  router: (model: PlanContext) => Router;
  /** Name of the router's matrix, without `.weight`. */
  routerName: string;
  /** Tensors of expert `index` under roles that start with `role`. */
  expert: (model: PlanContext, index: number, role: string) => Tensors;
  activation?: (model: PlanContext) => string;
  /** An MLP that every token passes. */
  shared?: { name: string; width: (model: PlanContext) => number; gate?: string };
  /** Layers that have a plain gated MLP instead. */
  dense?: (model: PlanContext, layer: number) => boolean;
}

export function experts(rules: ExpertRules): LayerPiece {
  const dense = gatedMlp();
  return (model, layer) => {
    if (rules.dense?.(model, layer)) return dense(model, layer);
    const { hidden } = model.sizes;
    const router = rules.router(model);
    const { shared } = rules;
    const each = Array.from({ length: router.experts }, (_, index) => rules.expert(model, index, `experts.${index}.`));
    return {
      forwardSettings: {
        'mlp.kind': 'experts',
        'mlp.activation': rules.activation?.(model) ?? activation(model),
        'experts.count': router.experts,
        'experts.top_k': router.topK,
        'experts.scoring': router.scoring,
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
        ...(router.correction && { router_correction: { name: router.correction, shape: [router.experts] } }),
        ...(shared && gatedTensors('shared.', shared.name, shared.width(model), hidden)),
        ...(shared?.gate && { 'shared.router': { name: `${shared.gate}.weight`, shape: [1, hidden] } }),
        ...(Object.assign({}, ...each) as Tensors),
      },
    };
  };
}
