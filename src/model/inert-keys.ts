// Keys of config.json that change no number here: of training, of tokens, of pictures, of how work is done.
//
// Every key that a configuration class of transformers reads is either asked for when a model is resolved (and then used or refused) or
// stands here: test/model/config-keys.test.ts holds this list against the classes.

/** In any family. */
const EVERYWHERE: readonly RegExp[] = [
  // What is dropped, lost or drawn at random in training alone, and how weights begin.
  /(^|_)(dropout|pdrop)$/,
  /^(initializer_range|init_std|init_device|layerdrop|router_aux_loss_coef|output_router_logits)$/,
  // How the same product is computed.
  /^(use_cache|pretraining_tp|slow_but_exact|reorder_and_upcast_attn|dtype|torch_dtype|attn_implementation|use_flash_attn)$/,
  // Tokens: the tokenizer is asked, not the config.
  /(_token_id|_token_index)$/,
  // Heads for other tasks.
  /^(summary_.*|id2label|label2id|num_labels|problem_type|finetuning_task)$/,
  // Predictors of later tokens stand above the last layer.
  /^(num_nextn_predict_layers|num_mtp_layers)$/,
  // Pictures.
  /^(vision_config|vision_feature_layer|mm_tokens_per_image|multimodal_projector_bias|projector_.*|projection_.*|spatial_merge_size)$/,
  // Who wrote the file, and where its code lies.
  /^(transformers_version|auto_map|_name_or_path|_commit_hash|_attn_implementation\w*|_sliding_window_pattern|is_encoder_decoder|is_decoder|return_dict|output_attentions|output_hidden_states)$/,
];

const OF_FAMILIES: Readonly<Record<string, readonly string[]>> = {
  // The sum of the two parts, whatever is written.
  deepseek_v2: ['qk_head_dim'],
  deepseek_v3: ['qk_head_dim'],
  minicpm3: ['qk_head_dim'],
  // The class keeps the key and gives it to nobody.
  gemma3: ['attn_logit_softcapping', 'tie_word_embeddings'],
  gemma3_text: ['attn_logit_softcapping'],
  // Experts have an activation of their own.
  gpt_oss: ['hidden_act'],
  // Without an encoder there is nothing to attend to across.
  gpt2: ['add_cross_attention'],
  // Of the first checkpoints' own code: the class always takes ALiBi.
  mpt: ['embedding_fraction', 'learned_pos_emb'],
  // Noise in training; phimoe reads one of the two as a tolerance.
  minimax_m2: ['router_jitter_noise'],
  mixtral: ['router_jitter_noise'],
  phimoe: ['input_jitter_noise'],
  qwen3_vl_moe: ['sliding_window'],
};

/** @param key without the dotted path in front of it */
export function isInert(modelType: string, key: string): boolean {
  return EVERYWHERE.some((pattern) => pattern.test(key)) || (OF_FAMILIES[modelType] ?? []).includes(key);
}

/**
 * Keys that are asked for only where others say so, by family: in the other models they change nothing. Where a class has `layer_types`,
 * these say what slides, and the rule that they come from does not count; without `use_sliding_window` no layer does.
 */
const SOMETIMES: Readonly<Record<string, readonly string[]>> = {
  deepseek_v2: ['n_group', 'topk_group'],
  exaone4: ['sliding_window_pattern'],
  exaone_moe: ['sliding_window_pattern', 'first_k_dense_replace'],
  falcon: ['multi_query', 'num_kv_heads', 'num_ln_in_parallel_attn', 'rope_parameters', 'rope_theta'],
  opt: ['_remove_final_layer_norm'],
  phi3: ['original_max_position_embeddings'],
  qwen2: ['sliding_window', 'max_window_layers'],
  qwen2_moe: ['sliding_window', 'max_window_layers'],
  qwen3: ['sliding_window', 'max_window_layers'],
  qwen3_moe: ['sliding_window', 'max_window_layers'],
  smollm3: ['sliding_window', 'no_rope_layer_interval'],
};

/** Whether a key that was not asked for is known all the same. */
export function isKnownUnread(modelType: string, key: string): boolean {
  return isInert(modelType, key) || (SOMETIMES[modelType] ?? []).includes(key);
}
