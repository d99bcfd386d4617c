// Parses the model spec text. Syntax and known names only: whether the values fit together is the reader's business.
#include "checkpoint/model_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "error.h"

namespace longattn {
namespace {

constexpr std::string_view kFirstLine = "longattn-model 1";
constexpr size_t kMaxRank = 4;

// `*` stands for one word without a dot: the name of a rotary set.
constexpr std::array kKeys = {
    "architecture",
    "layers",
    "hidden",
    "vocab",
    "heads",
    "kv_heads",
    "head_dim",
    "embed.scale",
    "embed.norm",
    "embed.norm.kind",
    "norm.kind",
    "norm.eps",
    "norm.plus_one",
    "attention.scale",
    "attention.softcap",
    "attention.window",
    "attention.clip",
    "qk_norm.kind",
    "qk_norm.over",
    "qk_norm.place",
    "qk_norm.eps",
    "qk_norm.plus_one",
    "rope",
    "positions",
    "positions.offset",
    "alibi.slopes",
    "rope.*.type",
    "rope.*.theta",
    "rope.*.dim",
    "rope.*.offset",
    "rope.*.interleaved",
    "rope.*.reversed",
    "rope.*.factor",
    "rope.*.attention_factor",
    "rope.*.original_length",
    "rope.*.low_freq_factor",
    "rope.*.high_freq_factor",
    "rope.*.beta_fast",
    "rope.*.beta_slow",
    "rope.*.truncate",
    "rope.*.short_factor",
    "rope.*.long_factor",
    "attention.kind",
    "latent.rope_dim",
    "latent.eps",
    "embed.width",
    "forward.dtype",
    "value_dim",
    "block.parallel",
    "block.residual_scale",
    "block.residual_from_norm",
    "block.norms",
    "block.norm.kind",
    "block.norm.eps",
    "block.norm.plus_one",
    "mlp.kind",
    "mlp.activation",
    "experts.count",
    "experts.top_k",
    "experts.scoring",
    "experts.tolerance",
    "experts.normalize",
    "experts.scale",
    "experts.groups",
    "experts.top_groups",
    "experts.group_score",
    "experts.shared",
    "final_norm.kind",
    "final_norm.eps",
    "final_norm.plus_one",
    "head.scale",
    "head.softcap",
};
constexpr std::array kRoles = {"embed",         "embed_norm",  "embed_norm.bias", "positions",
                               "embed_project", "final_norm",  "final_norm.bias", "head",
                               "head.bias",     "head_project"};
// `*` stands for a number: of a head, of an expert.
constexpr std::array kLayerRoles = {"norm",
                                    "norm.bias",
                                    "q",
                                    "q.bias",
                                    "k",
                                    "k.bias",
                                    "q_norm",
                                    "q_norm.bias",
                                    "k_norm",
                                    "k_norm.bias",
                                    "q_norm.*",
                                    "k_norm.*",
                                    "sinks",
                                    "q_a",
                                    "q_a.bias",
                                    "q_a_norm",
                                    "kv_a",
                                    "kv_a.bias",
                                    "kv_a_norm",
                                    "k_rope",
                                    "k_rope.bias",
                                    "v",
                                    "v.bias",
                                    "o",
                                    "o.bias",
                                    "attention_out_norm",
                                    "attention_out_norm.bias",
                                    "attention_sum_norm",
                                    "attention_sum_norm.bias",
                                    "mlp_norm",
                                    "mlp_norm.bias",
                                    "mlp_out_norm",
                                    "mlp_out_norm.bias",
                                    "mlp_sum_norm",
                                    "mlp_sum_norm.bias",
                                    "gate",
                                    "gate.bias",
                                    "up",
                                    "up.bias",
                                    "down",
                                    "down.bias",
                                    "xielu.positive",
                                    "xielu.negative",
                                    "xielu.beta",
                                    "xielu.eps",
                                    "router",
                                    "router.bias",
                                    "router_correction",
                                    "experts.*.gate",
                                    "experts.*.gate.bias",
                                    "experts.*.up",
                                    "experts.*.up.bias",
                                    "experts.*.down",
                                    "experts.*.down.bias",
                                    "shared.gate",
                                    "shared.gate.bias",
                                    "shared.up",
                                    "shared.up.bias",
                                    "shared.down",
                                    "shared.down.bias",
                                    "shared.router"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "layers.12.rest" -> "rest"; anything else -> nothing.
std::optional<std::string_view> without_layer(std::string_view name) {
  constexpr std::string_view prefix = "layers.";
  if (!name.starts_with(prefix)) return std::nullopt;
  const size_t digits = name.find_first_not_of("0123456789", prefix.size());
  if (digits == prefix.size() || digits == std::string_view::npos || name[digits] != '.') return std::nullopt;
  return name.substr(digits + 1);
}

bool known_key(std::string_view key) {
  key = without_layer(key).value_or(key);
  if (contains(kKeys, key)) return true;
  constexpr std::string_view rope = "rope.";
  const size_t dot = key.starts_with(rope) ? key.find('.', rope.size()) : std::string_view::npos;
  return dot != std::string_view::npos && dot > rope.size() && contains(kKeys, "rope.*" + std::string(key.substr(dot)));
}

// "experts.12.up" -> "experts.*.up": the first word that is a number becomes a star.
std::string number_as_star(std::string_view name) {
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const size_t end = std::min(name.find_first_not_of("0123456789", dot + 1), name.size());
    if (end == dot + 1 || (end < name.size() && name[end] != '.')) continue;
    return std::string(name.substr(0, dot + 1)) + "*" + std::string(name.substr(end));
  }
  return std::string(name);
}

bool known_role(std::string_view role) {
  const auto in_layer = without_layer(role);
  return in_layer ? contains(kLayerRoles, number_as_star(*in_layer)) : contains(kRoles, role);
}

// One line, cut into words from the left.
class Line {
 public:
  Line(std::string_view text, int64_t number) : text_(text), rest_(text), number_(number) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(kModelInvalid,
                "model spec, line " + std::to_string(number_) + " (" + std::string(text_) + "): " + what);
  }

  std::string_view word(const char* what) {
    const size_t space = rest_.find(' ');
    const std::string_view word = rest_.substr(0, space);
    if (word.empty()) fail(std::string("no ") + what);
    rest_ = space == std::string_view::npos ? std::string_view() : rest_.substr(space + 1);
    return word;
  }

  std::string_view rest(const char* what) {
    if (rest_.empty()) fail(std::string("no ") + what);
    return std::exchange(rest_, {});
  }

  int64_t count(std::string_view word, const char* what) const {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value < 0) {
      fail(std::string(what) + " must not be " + std::string(word) + ". It must be an integer of 0 or more");
    }
    return value;
  }

  bool done() const { return rest_.empty(); }

 private:
  std::string_view text_;
  std::string_view rest_;
  int64_t number_;
};

std::string unescape(std::string_view text, const Line& line) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int byte = 0;
    const char* first = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(first, first + 2, byte, 16).ptr != first + 2) {
      line.fail("% must be followed by two hexadecimal digits");
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

DType parse_dtype(std::string_view word, const Line& line) {
  if (word == "F32") return DType::f32;
  if (word == "F16") return DType::f16;
  if (word == "BF16") return DType::bf16;
  if (word == "F8_E4M3") return DType::f8_e4m3;
  if (word == "F8_E5M2") return DType::f8_e5m2;
  if (word == "F4_E2M1") return DType::f4_e2m1;
  if (word == "E8M0") return DType::e8m0;
  line.fail("dtype must not be " + std::string(word) +
            ". It must be F32, F16, BF16, F8_E4M3, F8_E5M2 or F4_E2M1, or E8M0 for a scale");
}

std::vector<int64_t> parse_shape(std::string_view word, const Line& line) {
  std::vector<int64_t> shape;
  for (size_t start = 0; start <= word.size();) {
    const size_t cross = std::min(word.find('x', start), word.size());
    shape.push_back(line.count(word.substr(start, cross - start), "a dimension"));
    start = cross + 1;
  }
  if (shape.size() > kMaxRank) line.fail("a shape has at most 4 dimensions");
  return shape;
}

void parse_set(Line& line, ModelSpec& spec) {
  const std::string key(line.word("key"));
  if (!known_key(key)) line.fail("unknown key " + key + ". The keys are listed in docs/model-spec.md");
  if (!spec.values.emplace(key, line.rest("value")).second) line.fail(key + " is set twice");
}

void parse_tensor(Line& line, ModelSpec& spec) {
  TensorSpec tensor;
  tensor.role = line.word("role");
  if (!known_role(tensor.role))
    line.fail("unknown role " + tensor.role + ". The roles are listed in docs/model-spec.md");
  tensor.dtype = parse_dtype(line.word("dtype"), line);
  tensor.shape = parse_shape(line.word("shape"), line);
  tensor.offset = line.count(line.word("offset"), "the offset");
  tensor.file = unescape(line.rest("file"), line);
  if (tensor.file.front() != '/') line.fail("the file must be an absolute path");
  const std::string role = tensor.role;
  if (!spec.tensors.emplace(role, std::move(tensor)).second) line.fail(role + " is given twice");
}

void parse_scale(Line& line, ModelSpec& spec) {
  const std::string role(line.word("role"));
  const auto found = spec.tensors.find(role);
  if (found == spec.tensors.end()) line.fail("the tensor of a scale must be given before it");
  TensorSpec& tensor = found->second;
  if (!is_quantized(tensor.dtype)) line.fail("only a quantized tensor has a scale");
  if (tensor.scale) line.fail("the scale of " + role + " is given twice");
  ScaleSpec scale;
  scale.dtype = parse_dtype(line.word("dtype"), line);
  if (is_quantized(scale.dtype)) line.fail("a scale must not be quantized itself");
  scale.block_rows = line.count(line.word("rows of a block"), "rows of a block");
  scale.block_columns = line.count(line.word("columns of a block"), "columns of a block");
  if (scale.block_rows == 0 || scale.block_columns == 0) line.fail("a block must not be empty");
  scale.offset = line.count(line.word("offset"), "the offset");
  scale.file = unescape(line.rest("file"), line);
  if (scale.file.front() != '/') line.fail("the file must be an absolute path");
  tensor.scale = std::move(scale);
}

void parse_view(Line& line, ModelSpec& spec) {
  const std::string role(line.word("role"));
  const auto found = spec.tensors.find(role);
  if (found == spec.tensors.end()) line.fail("the tensor of a view must be given before it");
  TensorSpec& tensor = found->second;
  if (tensor.transposed || tensor.rows.count > 0) line.fail("the view of " + role + " is given twice");
  while (!line.done()) {
    const std::string_view word = line.word("view");
    if (word == "transposed" && !tensor.transposed && tensor.rows.count == 0) {
      tensor.transposed = true;
    } else if (word == "rows" && tensor.rows.count == 0) {
      for (int64_t* field : {&tensor.rows.start, &tensor.rows.size, &tensor.rows.stride, &tensor.rows.count}) {
        *field = line.count(line.word("number of rows START SIZE STRIDE COUNT"), "a number of rows");
      }
      if (tensor.rows.size == 0 || tensor.rows.count == 0) line.fail("SIZE and COUNT must not be 0");
    } else {
      line.fail("a view is [transposed] [rows START SIZE STRIDE COUNT]");
    }
  }
}

}  // namespace

ModelSpec parse_model_spec(const std::string& text) {
  ModelSpec spec;
  int64_t number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view content(text.data() + start, end - start);
    start = end + 1;
    Line line(content, ++number);
    if (number == 1 && content != kFirstLine) line.fail("the first line must be: " + std::string(kFirstLine));
    if (number == 1 || content.empty() || content.front() == '#') continue;
    const std::string_view verb = line.word("statement");
    if (verb == "set") {
      parse_set(line, spec);
    } else if (verb == "tensor") {
      parse_tensor(line, spec);
    } else if (verb == "scale") {
      parse_scale(line, spec);
    } else if (verb == "view") {
      parse_view(line, spec);
    } else {
      line.fail("a statement starts with set, tensor, scale or view");
    }
  }
  if (number == 0) throw Error(kModelInvalid, "the model spec is empty");
  return spec;
}

}  // namespace longattn
