// A decoder inside the folder of a model that also sees or hears: one part of the config, other starts of the tensor names.
//
// Whether the head is tied stands outside the decoder's own config in newer folders and inside in older ones: either counts, and a
// head that was saved is used in any case.
import type { ConfigReader } from '../config-reader.js';
import type { Family } from '../plan.js';

const PREFIXES = ['model.language_model.', 'language_model.model.', 'model.', ''];

/**
 * @param architecture class of the whole model
 * @param rules `tied`: of the whole, where its config does not say
 */
export function wrapped(text: Family, architecture: string, rules: { tied: boolean }): Family {
  return {
    ...text,
    architectures: [architecture],
    prefixes: PREFIXES,
    config: (config) => {
      const inner = textConfig(config);
      return text.config ? text.config(inner) : inner;
    },
  };

  function textConfig(config: ConfigReader): ConfigReader {
    const inner = config.has('text_config') ? config.object('text_config') : config;
    const outer = config.has('tie_word_embeddings') ? config.bool('tie_word_embeddings') : rules.tied;
    return inner.with({ tie_word_embeddings: outer || inner.bool('tie_word_embeddings', false) });
  }
}
