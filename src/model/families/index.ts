// Every model family that is known, by `model_type`.
import { dataError, show } from '../../base/errors.js';
import type { ConfigReader } from '../config-reader.js';
import type { Family } from '../plan.js';
import { bloom, falcon, mpt } from './alibi.js';
import { cohere, cohere2 } from './cohere.js';
import { deepseekV2, deepseekV3, minicpm3 } from './deepseek.js';
import { gemma, gemma2, gemma3, gemma3WithVision } from './gemma.js';
import { glm, glm4, hunyuan, nemotron, stablelm, starcoder2 } from './glm.js';
import { gpt2, gptj, gptNeox, opt } from './gpt.js';
import { gptOss } from './gpt-oss.js';
import { ernie45, granite, llama, mistral, seedOss, smollm3 } from './llama.js';
import { mixtral } from './mixtral.js';
import { exaone4, olmo, olmo2, olmo3 } from './olmo.js';
import { phi, phi3 } from './phi.js';
import { qwen2, qwen2Moe, qwen3, qwen3Moe } from './qwen.js';

const FAMILIES: Readonly<Record<string, Family>> = {
  bloom,
  cohere,
  cohere2,
  deepseek_v2: deepseekV2,
  deepseek_v3: deepseekV3,
  ernie4_5: ernie45,
  exaone4,
  falcon,
  gemma,
  gemma2,
  gemma3: gemma3WithVision,
  gemma3_text: gemma3,
  glm,
  glm4,
  gpt2,
  gpt_neox: gptNeox,
  gpt_oss: gptOss,
  gptj,
  granite,
  hunyuan_v1_dense: hunyuan,
  llama,
  minicpm3,
  mistral,
  mixtral,
  mpt,
  nemotron,
  olmo,
  olmo2,
  olmo3,
  opt,
  phi,
  phi3,
  qwen2,
  qwen2_moe: qwen2Moe,
  qwen3,
  qwen3_moe: qwen3Moe,
  seed_oss: seedOss,
  smollm3,
  stablelm,
  starcoder2,
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
  const family = Object.hasOwn(FAMILIES, modelType) ? FAMILIES[modelType]! : undefined;
  if (!family) {
    throw dataError(
      'UNKNOWN_ARCHITECTURE',
      `${config.path}: model_type ${show(modelType)} is not known. Known are ${knownModelTypes().join(', ')}.`,
    );
  }
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
