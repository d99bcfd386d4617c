// What stands around every text: BOS and EOS by the rule of transformers 5.23, and what to say where others do otherwise.
//
// That rule: the template of tokenizer.json counts, and add_bos_token and add_eos_token of tokenizer_config.json do not. Two classes
// build their own: GPTNeoXTokenizer adds nothing, CodeLlamaTokenizer adds BOS where there is no template.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { dataError } from '../base/errors.js';
import { ifExists } from '../io/file-system.js';

export interface TokenizerWarning {
  code: 'TOKENIZER_TEMPLATE';
  message: string;
}

/** The parts of tokenizer_config.json that decide what is added. */
export interface TokenizerConfig {
  /** Without `Fast`. */
  tokenizerClass: string | undefined;
  addBos: boolean | undefined;
  addEos: boolean | undefined;
  bos: string | undefined;
  eos: string | undefined;
  /** Names of the added tokens by id; undefined where the file lists none. */
  names: ReadonlyMap<number, string> | undefined;
}

interface Step {
  type: string;
  [field: string]: unknown;
}

/** Classes that in transformers 4.57 take the flags instead of the template, and whether they add BOS where no flag says. */
const BY_FLAGS: Readonly<Record<string, boolean>> = {
  LlamaTokenizer: true,
  CodeLlamaTokenizer: true,
  GemmaTokenizer: true,
  CohereTokenizer: true,
  GPTNeoXTokenizer: false,
};

/** @throws LongattnError TOKENIZER_INVALID */
export async function readTokenizerConfig(folder: string): Promise<TokenizerConfig | undefined> {
  const file = path.join(folder, 'tokenizer_config.json');
  const text = await ifExists(readFile(file, 'utf8'));
  if (text === undefined) return undefined;
  let values: Record<string, unknown>;
  try {
    values = JSON.parse(text) as Record<string, unknown>;
    if (typeof values !== 'object' || values === null) throw new Error('it is no object');
  } catch (error) {
    throw dataError(
      'TOKENIZER_INVALID',
      `${file} is not a JSON object: ${(error as Error).message}. Fetch it again.`,
      error,
    );
  }
  const flag = (key: string) => (typeof values[key] === 'boolean' ? values[key] : undefined);
  const token = (key: string) => contentOf(values[key]);
  const name = values['tokenizer_class'];
  return {
    tokenizerClass: typeof name === 'string' ? name.replace(/Fast$/, '') : undefined,
    addBos: flag('add_bos_token'),
    addEos: flag('add_eos_token'),
    bos: token('bos_token'),
    eos: token('eos_token'),
    names: namesOf(values['added_tokens_decoder']),
  };
}

/** A token's text stands there as it is, or as `content`. */
function contentOf(value: unknown): string | undefined {
  const content = typeof value === 'object' ? (value as { content?: unknown } | null)?.content : value;
  return typeof content === 'string' ? content : undefined;
}

function namesOf(decoder: unknown): ReadonlyMap<number, string> | undefined {
  if (typeof decoder !== 'object' || decoder === null) return undefined;
  const named = Object.entries(decoder).map(([id, value]) => [Number(id), contentOf(value)] as const);
  return new Map(named.filter((row): row is readonly [number, string] => row[1] !== undefined));
}

/**
 * tokenizer.json with the post-processor that transformers 5.23 works with.
 * @param json of tokenizer.json; not changed
 * @param idOf of a token
 */
export function withTemplate(
  json: Record<string, unknown>,
  config: TokenizerConfig | undefined,
  idOf: (token: string) => number | undefined,
): Record<string, unknown> {
  const processor = json['post_processor'] as Step | null | undefined;
  if (config?.tokenizerClass === 'GPTNeoXTokenizer' && processor) {
    const steps = processor.type === 'Sequence' ? (processor['processors'] as Step[]) : [processor];
    const kept = steps.filter(({ type }) => type === 'ByteLevel');
    return { ...json, post_processor: kept[0] ?? null };
  }
  const id = config?.bos === undefined ? undefined : idOf(config.bos);
  if (config?.tokenizerClass === 'CodeLlamaTokenizer' && !processor && id !== undefined) {
    return { ...json, post_processor: bosTemplate(config.bos!, id) };
  }
  return json;
}

function bosTemplate(token: string, id: number): Step {
  const text = (name: string, type_id: number) => ({ Sequence: { id: name, type_id } });
  const bos = { SpecialToken: { id: token, type_id: 0 } };
  return {
    type: 'TemplateProcessing',
    single: [bos, text('A', 0)],
    pair: [bos, text('A', 0), text('B', 1)],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}

/**
 * Where tokenizer_config.json, or transformers 4.57, asks for other tokens around a text than `added`.
 * @param added ids of an empty text
 */
export function templateWarnings(
  config: TokenizerConfig | undefined,
  added: readonly number[],
  idOf: (token: string) => number | undefined,
): TokenizerWarning[] {
  if (!config) return [];
  const byFlags = Object.hasOwn(BY_FLAGS, config.tokenizerClass ?? '') ? BY_FLAGS[config.tokenizerClass!]! : undefined;
  const check = (
    name: 'BOS' | 'EOS',
    token: string | undefined,
    flag: boolean | undefined,
    usual: boolean | undefined,
  ) => {
    const id = token === undefined ? undefined : idOf(token);
    const asked = flag ?? usual;
    if (id === undefined || asked === undefined) return [];
    const found = name === 'BOS' ? added[0] === id : added.length > 0 && added.at(-1) === id;
    if (found === asked) return [];
    const key = `add_${name.toLowerCase()}_token`;
    const says =
      flag === undefined ? `${config.tokenizerClass} of transformers 4` : `${key}: ${flag} in tokenizer_config.json`;
    const message = asked
      ? `${says} asks for ${name} (${token}), and the template of tokenizer.json adds none: no ${name} is added, as in transformers 5; transformers 4 ${usual === undefined ? 'adds none either' : 'adds it'}.`
      : `${says} asks for no ${name}, and the template of tokenizer.json adds ${token}: it is added, as in transformers 5${usual === undefined ? '' : '; transformers 4 leaves it out'}.`;
    return [{ code: 'TOKENIZER_TEMPLATE' as const, message }];
  };
  return [
    ...check('BOS', config.bos, config.addBos, byFlags),
    ...check('EOS', config.eos, config.addEos, byFlags === undefined ? undefined : false),
  ];
}
