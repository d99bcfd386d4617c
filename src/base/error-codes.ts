// Every code that an error or a warning can have: one row a code, under its kind, with a sentence for docs/errors.md.
//
// The kind of a code stands here alone, and decides the exit code: so one code never ends a command in two ways. What a sentence says is
// what is always true; the message of the error itself names the file, the value and what is allowed.

/** Exit codes of the CLI by kind of error. */
export const EXIT_CODES = { fault: 1, usage: 2, data: 3, environment: 4, partial: 5 } as const;

export type ErrorKind = keyof typeof EXIT_CODES;

export const ERRORS = {
  fault: {
    CANCELLED: 'The work was stopped, by a signal or by its caller. Run the same command to go on.',
    FAULT: 'A mistake of longattn itself. Report it with the whole output.',
    SCORER_MISMATCH: 'The addon answered something else than it was asked. Report it with the whole output.',
  },

  usage: {
    CHOICE_MISSING:
      'An option is "auto", and nothing says what was chosen. Give the choice of `longattn validate`, or a value.',
    CHOICE_OF_ANOTHER_MODEL:
      'The choice was found on another model. Give that model, validate with this one, or name values.',
    CHOICE_TELLS_NOTHING:
      'The choice was found to be as good as chance. Validate with more text, or choose another score.',
    CONFIG_UNREADABLE: 'The file of `--config` is not there or no JSON object. Give one.',
    DISPOSED: 'A model was used after its `dispose()`. Open it again.',
    HEAD_UNAVAILABLE: 'A loss was asked of a model that was opened without its output head. Open it with losses.',
    INPUT_ADDRESS: 'An address cannot be used. The message says why, and never repeats a key in it.',
    INVALID_OPTION: 'An option has a value that it cannot have. The message says what is allowed.',
    INVALID_REQUEST: 'Lengths, k or layers that make no sense together were asked of the addon. Correct them.',
    LAYER_UNAVAILABLE: 'The model, or the part of it that is open, does not have this layer. Name another one.',
    MISSING_OPTION: 'An option that is needed is not given. Give it.',
    NOT_SCORED: 'A score of attention was asked of a run without a model. Choose a count, or start a run with a model.',
    NO_TOKENIZER: 'Documents of text need a tokenizer. Give a model that has one, or `--ids-field`.',
    OUTPUT_EXISTS: 'The output is there already and would be overwritten. Choose another one.',
    SCORE_EXISTS: 'A score of this name is registered already. Choose another name.',
    SPEC_CHANGED:
      'An option decides what the run has made already and has another value now. Give the old one, or start a new run.',
    USAGE: 'The command line is not understood. See `longattn --help`.',
    WINDOW_TOO_LONG: "Windows are longer than the model's positions are defined for. Choose a shorter `--window`.",
  },

  data: {
    ALL_DOCUMENTS_TOO_SHORT:
      'No document has the tokens of one window. Choose a shorter `--window`, or join documents first.',
    ARROW_INVALID: 'A file of the run is no whole Arrow file: it was cut or changed. Make it again.',
    ARROW_SCHEMA: 'An Arrow file lacks a column, or has it with another type. Give a file that longattn wrote.',
    ATTENTION_NOT_FINITE: 'The weights are finite and the attention overflowed. Check the checkpoint and its dtype.',
    COLUMN_TYPE:
      'A column of `--keep-columns` has a type that cannot be kept, or another type in another file. Leave it out, or write the files alike.',
    COLUMN_UNREADABLE:
      'The columns of a row that the run has cannot be read from its file. Leave `--keep-columns` out, or mend the file.',
    CONFIG_INVALID: 'A field of config.json is missing or has a value that is not supported. The message names it.',
    CORPUS_CHANGED:
      'The corpus is not the one that the windows were cut from. Put the old files back, or start a new run.',
    DOMAIN_MISSING: 'The domain is to come from a field, and a text file has none. Name it: DOMAIN=FILE.',
    EVIDENCE_UNREADABLE: 'The evidence folder holds the work of another version. Give another folder.',
    FIELD_WITHOUT_ROWS: 'A text file has no fields, and one was asked for. Give ids as .jsonl, .parquet or .arrow.',
    FILE_MISSING: 'A file that was named does not exist. Check the path.',
    FILE_UNREADABLE: 'A weight file cannot be opened or is cut. Check the download.',
    GOLDEN_MISSING: 'The golden file does not exist. Give it, or write it with `--update`.',
    GOLDEN_TWICE: 'The golden file has a row twice. Write it anew with `--update`.',
    HUB_DATASET_NOT_FOUND:
      'The Hub has no data set of this name, or does not show it. Check the spelling and HF_TOKEN.',
    HUB_FILE_CHANGED: 'A file changed on the Hub while it was being downloaded. Run the same command again.',
    HUB_FILE_NOT_FOUND: 'The model on the Hub lacks a file that is needed. Check the name and the revision.',
    HUB_MODEL_NOT_FOUND: 'The Hub has no model of this name, or does not show it. Check the spelling and HF_TOKEN.',
    HUB_NO_WEIGHTS: 'The repository on the Hub has no safetensors. Name a repository that has them.',
    HUB_REVISION_NOT_FOUND: 'The model on the Hub has no such revision. Name a branch, a tag or a commit.',
    IDS_TOO_LARGE: 'A token id does not fit the `--ids-type`. Leave the option out.',
    INDEX_INVALID: 'The index of the weights (model.safetensors.index.json) contradicts itself. Save the model again.',
    INPUT_CHANGED: 'An input is not what it was when the run was planned. Put the old file back, or start a new run.',
    INPUT_FORMAT: 'An input has an ending that is not known. Convert, rename or leave it out.',
    INPUT_IN_TWO_DOMAINS: 'A file is given for two domains. Narrow one of the patterns.',
    INPUT_MISSING:
      'An input of the run is gone. Put it back, or start a new run. An export without texts needs none (docs/export.md).',
    INPUT_NOT_FOUND: 'No file matches an input. Check the path or the pattern.',
    INPUT_REFUSED:
      'Files were refused, whole or in part. Mend them, or go on without them with `--allow-refused-files`.',
    K_NOT_STORED:
      'The score needs another k than the stored bins have an edge for. The message lists those that are there.',
    LAYER_CANNOT_SEE_FAR: 'The layer sees only near tokens, so that its far attention is 0. Choose another layer.',
    LAYER_NOT_SCORED: 'The run has no scores of this layer. Choose one that it has, or score it in a new run.',
    LOSSES_NOT_STORED: 'The score needs losses, and the run has none. Score again with `--losses`.',
    LOSS_NOT_FINITE: "A window's loss is NaN or infinite. Check the checkpoint.",
    LOSS_UNAVAILABLE:
      'Losses need the whole model, and a part of it is there. Give the whole model, or leave losses out.',
    MODEL_FILE_UNREADABLE: 'A file of the model cannot be read. Check that it is there and may be read.',
    MODEL_INVALID: "The model's description, shapes or files contradict each other. Check the download.",
    MODEL_NOT_FOUND: 'There is no such model folder, or it holds no weights. Check the path or the name.',
    MODEL_QUANTIZED: 'The weights are quantized in a way that is not supported. Use the model as it was before.',
    NOTHING_SELECTED: 'No window was kept, so there is nothing to export. Keep more.',
    NO_DOCUMENTS: 'The corpus has no documents. rejects.jsonl says what was refused.',
    NO_WINDOWS: 'The run has no scored windows. Score a corpus first.',
    PART_CHANGED: 'A part is not what its ledger says: it was changed or cut. Run the stage that makes it again.',
    PART_MISSING: 'A part that is needed is not made. Run the stage that makes it first.',
    PART_UNREADABLE: 'A file of refused rows is damaged. Remove the part beside it: it is made again.',
    PICKLE_ONLY:
      'The weights are there only as a pickle, which can run any code when it is opened. Convert them to safetensors.',
    PLAN_LOST: 'The plan of the corpus is gone or damaged. Run the command once where the run was started.',
    ROWS_MISSING: 'A file has fewer or more rows than its ledger says. Make it again.',
    RUN_FORMAT: 'The run was made by a version whose format is not read. The message says which version reads it.',
    RUN_MISSING: 'The folder is no run directory. Give the folder that a run wrote.',
    RUN_UNREADABLE: 'A file that describes the run is damaged. The message names it and says what to do.',
    SAFETENSORS_INVALID: 'A safetensors file contradicts itself. Download or save it again.',
    SCORES_STALE: 'The scores do not belong to the windows. Score again.',
    SCORE_NOT_FINITE: 'A score is NaN or infinite. Check the checkpoint, or mend the score of your own.',
    SELECTION_MISSING: 'The run has no selection yet. Run `longattn select` first.',
    SELECTION_STALE: 'The selection does not belong to the windows. Select again.',
    TENSOR_AMBIGUOUS: 'The model holds a tensor under two names. Use a model that was saved by transformers.',
    TENSOR_DTYPE: 'A tensor has a dtype that is not supported. Use the model as it was before quantization.',
    TENSOR_MISSING: 'The model lacks a tensor. Check that the download is whole and config.json belongs to it.',
    TENSOR_SHAPE: 'A tensor has another shape than config.json asks for. The two do not belong together.',
    TENSOR_UNKNOWN: 'A tensor would change the numbers, and nobody knows it for this model_type. Check config.json.',
    TEXT_INVALID: 'A text is empty or no valid Unicode. Give UTF-8.',
    TOKENIZER_INVALID: 'The tokenizer of the model cannot be read. Fetch it again, or save it anew with transformers.',
    TOKENIZER_MISSING: 'The model folder has no tokenizer.json. Add it, or give ready ids with `--ids-field`.',
    TOKENS_NOT_STORED: 'The score needs the far mass of each token, and the run has none. Score again with `--tokens`.',
    TOKEN_ID: 'A token id is not one of the model, or ids cannot be read. They come from another tokenizer.',
    TOKEN_OUT_OF_RANGE: 'A token id is outside the vocabulary of the model. It comes from another tokenizer.',
    TOO_FEW_WINDOWS:
      'The corpus is too small for `longattn validate` to tell anything. Give more text, or a shorter `--window`.',
    TOO_MANY_DOMAINS: 'The corpus has more domains than can be told apart. Choose a coarser field for them.',
    TOO_MANY_REJECTS: 'More rows were refused than `--max-reject-rate` allows. Mend them, or raise the rate.',
    UNKNOWN_ARCHITECTURE: 'The model_type or architecture is not supported. docs/models.md lists those that are.',
    WEIGHT_NOT_FINITE: 'A weight that is used is NaN or infinite. Check the checkpoint.',
    WINDOW_ID: 'A window id is none: it does not end with ":" and a number. Make the file again.',
    WINDOW_LENGTH: "A stored window has another length than the run's. Make the windows again.",
    WINDOW_UNKNOWN: 'The run has no window of this id. `longattn report` lists them, and so does the selection.',
  },

  environment: {
    ADDON_BROKEN:
      'The native addon is there and cannot be loaded, or is of another version. The message says what to do.',
    ADDON_MISSING: 'The native addon, or that of the tokenizer, is not there. The message says what to do.',
    CACHE_DAMAGED:
      'A downloaded file and the record of its ranges do not belong together. Remove the folder that is named.',
    DEVICE_FAILED:
      'The GPU or its driver failed, whatever the data. Start again; if it comes back, look for errors of the card.',
    DEVICE_MISMATCH: 'The GPU computes what the CPU does not. Set LONGATTN_CUDA_KERNEL=tiles, or use another device.',
    DEVICE_UNAVAILABLE: 'The device is not in this machine or this build. `longattn doctor` lists those that are.',
    DISK_FULL: 'No space is left. Free some, then run the same command again.',
    FOLDER_IN_USE: 'The output folder holds files that longattn did not write. Move them, or choose another one.',
    HUB_ANSWER_INVALID: 'The Hub, or what stands for it, answered something that cannot be used. Check HF_ENDPOINT.',
    HUB_FAILED: 'The Hub answered with an error. Try again later.',
    HUB_FORBIDDEN: 'The Hub does not show the model to this account. Set HF_TOKEN to a token that may read it.',
    HUB_GATED: 'The model is gated. Ask for access on its page, and set HF_TOKEN.',
    HUB_NO_RANGES: 'The server sends whole files only. Download the model with `hf download`.',
    HUB_OFFLINE: 'HF_HUB_OFFLINE is set, and the cache does not hold what is needed. Unset it, or give a folder.',
    HUB_RANGE_WRONG: 'The server sent another range than was asked for. Download the model with `hf download`.',
    HUB_RATE_LIMITED: 'The Hub takes no more requests now. Wait, or set HF_TOKEN.',
    HUB_UNREACHABLE: 'The connection to the Hub failed. Check the network, then run the same command again.',
    INPUT_UNREADABLE: 'A file of the corpus cannot be read. Check that it may be, and the disk.',
    KERNEL_CHANGED: 'This machine computes with another kernel than the run was begun with. Use machines of one kind.',
    KERNEL_UNREADABLE:
      'The file that names the kernel of the run is damaged. Remove it: the next worker writes it again.',
    MODEL_INCOMPLETE: 'The cache holds a part of the model, and more of it is needed. Name the model as ID@COMMIT.',
    MODEL_NOT_FETCHED: 'The model is made on this machine, and was not yet. Run `longattn model fetch`.',
    MODEL_SCRIPT_FAILED: 'The script that makes the model failed. Its last lines are in the message.',
    MODEL_SUM_WRONG: 'The script made another file than it must. Report it with the versions of python3 and pip.',
    NOT_A_FOLDER: 'A part of the output path is a file. Choose another output.',
    NOT_WRITABLE: 'The output must not be written. Choose another one, or change its permissions.',
    OUT_OF_MEMORY: 'Memory ran out. Use fewer threads, shorter windows or a bigger machine.',
    PAGE_NOT_BUILT: 'The script of the page is not built. Run `npm run build:ts`.',
    PORT_UNAVAILABLE: 'The port is used by another program, or only root may use it. Choose another one, or none.',
    PYTHON_MISSING: 'Python cannot be started. Install Python 3.9 or newer with pip, or name one in LONGATTN_PYTHON.',
    READ_FAILED: 'Reading a file failed. Check the disk and the permissions.',
    RUN_LOST: 'The run directory was removed while it was being made. Start again.',
    SETUP_FAILED:
      'The half that runs on torch could not be made: what failed is in the message. Mend it, and run `longattn setup` again.',
    SLURM_MISSING: 'This machine cannot submit to Slurm. Use a login node, or `--print`.',
    SLURM_REFUSED: 'Slurm refused the job. Its own words are in the message.',
    STORAGE_FORBIDDEN:
      'The storage does not give the file to these credentials. Set those of an account that may have it.',
    STORAGE_NO_RANGES:
      'The server of an input sends whole files only, and a part of one is needed. Fetch the file, and give its path.',
    STORAGE_PACKAGE_MISSING:
      'The scheme of an address needs an optional package. The message has the command that installs it.',
    STORAGE_SETTINGS: 'The environment lacks what the storage needs, such as a region. The message names the variable.',
    TOKEN_INVALID: 'The token of the Hub has characters that no token has. Copy it again.',
    TOKEN_UNREADABLE: 'The file with the token of the Hub cannot be read. Check its permissions.',
    TOOLS_MISSING: 'A program that building takes is not on the PATH. The message names each, and how to get it.',
    TORCH_MISSING:
      'The half of the addon that runs on torch is not there. Layers above 0, losses and devices need it: `longattn setup`.',
    UPLOAD_FAILED: 'A file was not sent to the storage. Mend what the message names, then run the same command again.',
    WRITE_FAILED: 'Writing a file failed. Check the disk, then run the same command again.',
    ZSTD_UNAVAILABLE: 'This Node.js cannot write zstd. Use 22.15 or newer, or compress afterwards.',
  },

  partial: {
    PARTS_FAILED: 'Some parts failed and the others are done. Mend the cause, then run the same command again.',
    PARTS_MISSING: 'Some parts are not made yet. Let the workers or the other shards make them.',
    STOPPED: 'The work was asked to end, by a time limit or by who started it. Run the same command to go on.',
  },
} as const satisfies Record<ErrorKind, Record<string, string>>;

/** Codes that only a warning has; a warning may also have the code of an error that did not end the work. */
export const WARNINGS = {
  DEVICE_OUT_OF_MEMORY: 'The device ran out of memory and goes on with less at a time. End other programs on it.',
  DOWNLOAD_WAITING: 'Another process downloads the same model, and is waited for.',
  FILES_SKIPPED: 'Files in a folder are of no known format and are not read.',
  IDS_FOUND: 'Rows have no text and a field input_ids, which is taken for ids of the tokenizer of the run.',
  OPTION_RENAMED: 'An option was given by its old name, which works for one version. Use the new one.',
  PAGE_WITHOUT_TEXTS: 'The corpus cannot be read any more, so the page has fewer texts.',
  PART_FAILED: 'A part failed. The others go on, and the command ends with PARTS_FAILED.',
  TOKENIZER_TEMPLATE: 'What tokenizer_config.json says of BOS and EOS and what tokenizer.json does are not the same.',
  TOKENS_BEYOND_MODEL: 'The tokenizer knows more tokens than the model. Texts that hold them are refused.',
  WINDOW_BEYOND_MODEL: 'Windows are longer than the model was made for: its attention there is extrapolation.',
} as const;

export type CodeOf<Kind extends ErrorKind> = { [K in Kind]: keyof (typeof ERRORS)[K] }[Kind];
export type ErrorCode = CodeOf<ErrorKind>;
export type WarningCode = ErrorCode | keyof typeof WARNINGS;

const KINDS = new Map(
  Object.entries(ERRORS).flatMap(([kind, codes]) => Object.keys(codes).map((code) => [code, kind as ErrorKind])),
);

export function isErrorCode(code: unknown): code is ErrorCode {
  return KINDS.has(code as string);
}

export function kindOf(code: ErrorCode): ErrorKind {
  return KINDS.get(code)!;
}
