// The parser: what it reads, and a line for every way to be wrong. Then random damage: an Error or a spec, never a
// crash.
#include "checkpoint/model_spec.h"

#include <random>

#include "error_check.h"

using namespace longattn;

namespace {

const std::string kHead = "longattn-model 1\n";

void reads_a_spec() {
  const ModelSpec spec = parse_model_spec(
      kHead +
      "# comment\n\nset hidden 576\nset architecture two words\nset layers.3.rope main\nset rope.main.theta 1e6\n"
      "tensor embed F16 49152x576 336 /a folder/model%25%0A.safetensors\n"
      "tensor layers.12.q BF16 8x4 0 /m\nview layers.12.q transposed rows 1 2 3 4\n"
      "tensor layers.0.norm F32 576 9223372036854775807 /m");
  CHECK(spec.values.at("hidden") == "576");
  CHECK(spec.values.at("architecture") == "two words");
  CHECK(spec.values.at("layers.3.rope") == "main");
  const TensorSpec& embed = spec.tensors.at("embed");
  CHECK(embed.file == "/a folder/model%\n.safetensors");
  CHECK(embed.offset == 336 && embed.dtype == DType::f16);
  CHECK((embed.shape == std::vector<int64_t>{49152, 576}));
  CHECK(!embed.transposed && embed.rows.count == 0);
  const TensorSpec& q = spec.tensors.at("layers.12.q");
  CHECK(q.transposed && q.rows.start == 1 && q.rows.size == 2 && q.rows.stride == 3 && q.rows.count == 4);
  CHECK(spec.tensors.at("layers.0.norm").offset == INT64_MAX);
}

void refuses() {
  const struct {
    const char* lines;
    const char* part;
  } cases[] = {
      {"set hiden 1", "line 2 (set hiden 1): unknown key hiden"},
      {"set rope.main.thetas 1", "unknown key rope.main.thetas"},
      {"set rope..theta 1", "unknown key"},
      {"set layers.x.rope main", "unknown key"},
      {"set hidden", "no value"},
      {"set", "no key"},
      {"set hidden 1\nset hidden 1", "line 3"},
      {"unset hidden 1", "set, tensor, scale or view"},
      {" set hidden 1", "no statement"},
      {"tensor embd F16 1 0 /m", "unknown role embd"},
      {"scale embed F32 1 1 0 /m", "must be given before it"},
      {"tensor embed F16 2x2 0 /m\nscale embed F32 1 1 0 /m", "only a quantized tensor"},
      {"tensor embed F8_E4M3 2x2 0 /m\nscale embed F4_E2M1 1 1 0 /m", "must not be quantized itself"},
      {"tensor embed F8_E4M3 2x2 0 /m\nscale embed F32 0 1 0 /m", "a block must not be empty"},
      {"tensor embed F8_E4M3 2x2 0 /m\nscale embed F32 1 1 0 m", "absolute path"},
      {"tensor embed F8_E4M3 2x2 0 /m\nscale embed F32 1 1 0 /m\nscale embed F32 1 1 0 /m", "given twice"},
      {"tensor layers.0.qq F16 1 0 /m", "unknown role"},
      {"tensor embed F64 1 0 /m", "dtype must not be F64"},
      {"tensor embed F16 1xx2 0 /m", "dimension"},
      {"tensor embed F16 -1 0 /m", "dimension"},
      {"tensor embed F16 1x2x3x4x5 0 /m", "at most 4"},
      {"tensor embed F16 99999999999999999999 0 /m", "dimension"},
      {"tensor embed F16 1 -1 /m", "offset"},
      {"tensor embed F16 1 0x10 /m", "offset"},
      {"tensor embed F16 1 0", "no file"},
      {"tensor embed F16 1 0 m", "absolute path"},
      {"tensor embed F16 1 0 /m%2", "hexadecimal"},
      {"tensor embed F16 1 0 /m%zz", "hexadecimal"},
      {"tensor embed F16 1 0 /m\ntensor embed F16 1 0 /m", "given twice"},
      {"view embed transposed", "must be given before"},
      {"tensor embed F16 1 0 /m\nview embed sideways", "a view is"},
      {"tensor embed F16 1 0 /m\nview embed rows 1 2 3", "no number of rows"},
      {"tensor embed F16 1 0 /m\nview embed rows 1 0 3 1", "must not be 0"},
      {"tensor embed F16 1 0 /m\nview embed transposed transposed", "a view is"},
      {"tensor embed F16 1 0 /m\nview embed transposed\nview embed transposed", "given twice"},
  };
  for (const auto& one : cases) CHECK_ERROR(parse_model_spec(kHead + one.lines), kModelInvalid, one.part);
  CHECK_ERROR(parse_model_spec(""), kModelInvalid, "empty");
  CHECK_ERROR(parse_model_spec("longattn-model 2\n"), kModelInvalid, "the first line must be");
}

void survives_damage() {
  const std::string good =
      kHead + "set hidden 4\ntensor layers.0.q F32 4x4 8 /m%20\nview layers.0.q transposed rows 0 2 2 2\n";
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = good;
    for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
      const size_t at = random() % text.size();
      if (random() % 2) {
        text[at] = static_cast<char>(random() % 128);
      } else {
        text.erase(at, 1 + random() % 4);
      }
      if (text.empty()) break;
    }
    try {
      parse_model_spec(text);
    } catch (const Error& error) {
      refused += error.code == std::string(kModelInvalid);
    }
  }
  CHECK(refused > 10000);
}

}  // namespace

int main() {
  reads_a_spec();
  refuses();
  survives_damage();
  return check::exit_code();
}
