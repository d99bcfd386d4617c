// Each array gets its own buffer: a caller may transfer one and keep the others.
#include "results.h"

#include <algorithm>

#include "windows/statistics.h"

namespace longattn::addon {
namespace {

Napi::Float64Array doubles(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array array = Napi::Float64Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

Napi::Float32Array floats(Napi::Env env, const std::vector<float>& values) {
  Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

Napi::Object write_one(Napi::Env env, const LayerStats& stats) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("layer", static_cast<double>(stats.layer));
  object.Set("length", static_cast<double>(stats.length));
  object.Set("k", static_cast<double>(stats.k));
  for (const Statistic& statistic : kStatistics) {
    if (statistic.doubles != nullptr) object.Set(statistic.name, doubles(env, stats.*statistic.doubles));
    if (statistic.floats != nullptr && !(stats.*statistic.floats).empty())
      object.Set(statistic.name, floats(env, stats.*statistic.floats));
  }
  if (stats.loss) object.Set("loss", *stats.loss);
  if (stats.near_loss) object.Set("nearLoss", *stats.near_loss);
  return object;
}

}  // namespace

Napi::Array write_results(Napi::Env env, const std::vector<LayerStats>& results) {
  Napi::Array array = Napi::Array::New(env, results.size());
  for (uint32_t i = 0; i < results.size(); ++i) {
    const Napi::HandleScope scope(env);
    array.Set(i, write_one(env, results[i]));
  }
  return array;
}

Napi::Array write_attention(Napi::Env env, const std::vector<HeadAttention>& results) {
  Napi::Array array = Napi::Array::New(env, results.size());
  for (uint32_t i = 0; i < results.size(); ++i) {
    const Napi::HandleScope scope(env);
    const HeadAttention& result = results[i];
    Napi::Array rows = Napi::Array::New(env, result.rows.size());
    for (uint32_t r = 0; r < result.rows.size(); ++r) rows.Set(r, floats(env, result.rows[r]));
    Napi::Object attention = Napi::Object::New(env);
    attention.Set("layer", static_cast<double>(result.layer));
    attention.Set("head", static_cast<double>(result.head));
    attention.Set("rows", rows);
    if (!result.map.empty()) attention.Set("map", floats(env, result.map));
    array.Set(i, attention);
  }
  return array;
}

Napi::Array write_losses(Napi::Env env, const std::vector<std::vector<double>>& losses) {
  Napi::Array array = Napi::Array::New(env, losses.size());
  for (uint32_t i = 0; i < losses.size(); ++i) {
    const Napi::HandleScope scope(env);
    array.Set(i, doubles(env, losses[i]));
  }
  return array;
}

}  // namespace longattn::addon
