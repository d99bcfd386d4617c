// Every model family that is known, by `model_type`.
import { dataError, show } from '../../base/errors.js';
import type { ConfigReader } from '../config-reader.js';
import type { Family } from '../plan.js';
import { bloom, falcon, mpt } from './alibi.js';
import { apertus } from './apertus.js';
import { cohere, cohere2 } from './cohere.js';
import { deepseekV2, deepseekV3, kimiK2, kimiK25, minicpm3 } from './deepseek.js';
import { gemma, gemma2, gemma3, gemma3WithVision } from './gemma.js';
import { glm, glm4, hunyuan, nemotron, stablelm, starcoder2 } from './glm.js';
import { gpt2, gptj, gptNeox, opt } from './gpt.js';
import { gptOss } from './gpt-oss.js';
import { ernie45, granite, llama, mistral, seedOss, smollm3 } from './llama.js';
import { arcee, helium, internlm3, ministral3, mistral3 } from './llama-likes.js';
import { mixtral } from './mixtral.js';
import { dots1, ernie45Moe, exaoneMoe, glm4Moe, granitemoe, hunyuanMoe, minimaxM2, olmoe } from './mixtures.js';
import { nanochat } from './nanochat.js';
import { exaone4, olmo, olmo2, olmo3 } from './olmo.js';
import { phi, phi3 } from './phi.js';
import { phimoe } from './phimoe.js';
import { qwen2, qwen2Moe, qwen3, qwen3Moe } from './qwen.js';
import { qwen25Vl, qwen2Vl, qwen3Vl, qwen3VlMoe } from './qwen-vision.js';

/** A family, or what names it by more of the config than `model_type`. */
const FAMILIES: Readonly<Record<string, Family | ((config: ConfigReader) => Family)>> = {
  apertus,
  arcee,
  bloom,
  cohere,
  cohere2,
  deepseek_v2: deepseekV2,
  deepseek_v3: deepseekV3,
  dots1,
  ernie4_5: ernie45,
  ernie4_5_moe: ernie45Moe,
  exaone4,
  exaone_moe: exaoneMoe,
  falcon,
  gemma,
  gemma2,
  gemma3: gemma3WithVision,
  gemma3_text: gemma3,
  glm,
  glm4,
  glm4_moe: glm4Moe,
  gpt2,
  gpt_neox: gptNeox,
  gpt_oss: gptOss,
  gptj,
  granite,
  granitemoe,
  helium,
  hunyuan_v1_dense: hunyuan,
  hunyuan_v1_moe: hunyuanMoe,
  internlm3,
  kimi_k2: kimiK2,
  kimi_k25: kimiK25,
  llama,
  minicpm3,
  minimax_m2: minimaxM2,
  ministral3,
  mistral,
  mistral3,
  mixtral,
  mpt,
  nanochat,
  nemotron,
  olmo,
  olmo2,
  olmo3,
  olmoe,
  opt,
  phi,
  phi3,
  phimoe,
  qwen2,
  qwen2_5_vl: qwen25Vl,
  qwen2_moe: qwen2Moe,
  qwen2_vl: qwen2Vl,
  qwen3,
  qwen3_moe: qwen3Moe,
  qwen3_vl: qwen3Vl,
  qwen3_vl_moe: qwen3VlMoe,
  seed_oss: seedOss,
  smollm3,
  stablelm,
  starcoder2,
};

const LINEAR = 'linear attention or state spaces in some layers';
const DEEPSEEK_SPARSE = 'a mask that picks keys by their content';
/** What models need that nothing here computes, by `model_type`. */
const MISSING: Readonly<Record<string, string>> = {
  bamba: LINEAR,
  deepseek_v32: DEEPSEEK_SPARSE,
  falcon_h1: LINEAR,
  gemma3n: 'embeddings of each layer and keys shared between layers',
  gemma3n_text: 'embeddings of each layer and keys shared between layers',
  gemma4: 'embeddings of each layer, keys shared between layers, keys as values and proportional rotation',
  gemma4_text: 'embeddings of each layer, keys shared between layers, keys as values and proportional rotation',
  glm_moe_dsa: DEEPSEEK_SPARSE,
  granitemoehybrid: LINEAR,
  jamba: LINEAR,
  kimi_linear: LINEAR,
  lfm2: 'convolutions in some layers',
  llama4: 'attention in chunks, and queries scaled by position in layers without rotation',
  llama4_text: 'attention in chunks, and queries scaled by position in layers without rotation',
  mamba2: LINEAR,
  minimax: LINEAR,
  nemotron_h: LINEAR,
  qwen3_5: LINEAR,
  qwen3_5_moe: LINEAR,
  qwen3_next: LINEAR,
};

/** `model_type` values that are known. */
export function knownModelTypes(): string[] {
  return Object.keys(FAMILIES);
}

/**
 * The family that a config names.
 * @throws LongattnError UNKNOWN_ARCHITECTURE listing the known ones
 */
export function findFamily(config: ConfigReader): Family {
  const modelType = config.text('model_type');
  if (!Object.hasOwn(FAMILIES, modelType)) {
    const missing = Object.hasOwn(MISSING, modelType)
      ? `needs ${MISSING[modelType]}, which is not there yet`
      : 'is not known';
    throw dataError(
      'UNKNOWN_ARCHITECTURE',
      `${config.path}: model_type ${show(modelType)} ${missing}. Known are ${knownModelTypes().join(', ')}.`,
    );
  }
  const row = FAMILIES[modelType]!;
  const family = typeof row === 'function' ? row(config) : row;
  if (config.has('architectures')) {
    const named = config.list('architectures', 'strings', (item): item is string => typeof item === 'string');
    const known = family.architectures.map(stem);
    if (!named.some((architecture) => known.includes(stem(architecture)))) {
      throw dataError(
        'UNKNOWN_ARCHITECTURE',
        `${config.path}: architectures ${show(named)} is not known for model_type ${modelType}. Known are ${family.architectures.join(', ')}.`,
      );
    }
  }
  return family;
}

/** What stands on top of a decoder: a head for tokens, classes or rewards, or nothing. The decoder is the same. */
const TOP =
  /(For(CausalLM|ConditionalGeneration|ImageTextToText|SequenceClassification|TokenClassification|QuestionAnswering|(Process)?RewardModel(WithGating)?)|LMHeadModel|DoubleHeadsModel|ModelForScore|RewardModel|Model)$/;

/** Name of the decoder in that of a class. Lower case: LLaMAForCausalLM is how the first checkpoints spelt it. */
function stem(architecture: string): string {
  return architecture.replace(TOP, '').toLowerCase();
}
