// Typed reading of a model spec: numbers are whole words, ranges are checked here so that nobody downstream has to.
#include "checkpoint/spec_reader.h"

#include <charconv>
#include <cmath>

#include "error.h"

namespace longattn {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& value, const std::string& allowed) {
  throw Error(kModelInvalid, "model spec: " + key + " must not be " + value + ". It must be " + allowed + ".");
}

double parse_real(const std::string& key, const std::string& value, const char* first, const char* last) {
  double number = 0;
  const auto [end, error] = std::from_chars(first, last, number);
  if (error != std::errc() || end != last || !std::isfinite(number)) refuse(key, value, "a finite number");
  return number;
}

}  // namespace

const std::string* SpecReader::find(const std::string& key) const {
  auto found = spec_.values.find(prefix_ + key);
  if (found == spec_.values.end()) found = spec_.values.find(key);
  return found == spec_.values.end() ? nullptr : &found->second;
}

const std::string& SpecReader::text(const std::string& key) const {
  const std::string* value = find(key);
  if (value == nullptr) throw Error(kModelInvalid, "model spec: " + key + " is missing.");
  return *value;
}

int64_t SpecReader::integer(const std::string& key, int64_t low, int64_t high) const {
  const std::string& value = text(key);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < low || number > high) {
    refuse(key, value, "an integer from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

double SpecReader::real(const std::string& key) const {
  const std::string& value = text(key);
  return parse_real(key, value, value.data(), value.data() + value.size());
}

double SpecReader::positive(const std::string& key) const {
  const double number = real(key);
  if (!(number > 0)) refuse(key, text(key), "above 0");
  return number;
}

bool SpecReader::flag(const std::string& key) const {
  return word(key, {"0", "1"}) == "1";
}

std::vector<double> SpecReader::reals(const std::string& key, int64_t count) const {
  const std::string& value = text(key);
  std::vector<double> numbers;
  for (size_t start = 0; start <= value.size();) {
    const size_t comma = std::min(value.find(',', start), value.size());
    numbers.push_back(parse_real(key, value, value.data() + start, value.data() + comma));
    start = comma + 1;
  }
  if (static_cast<int64_t>(numbers.size()) != count) {
    refuse(key, "a list of " + std::to_string(numbers.size()), "a list of " + std::to_string(count) + " numbers");
  }
  return numbers;
}

std::string SpecReader::word(const std::string& key, std::initializer_list<const char*> allowed) const {
  const std::string& value = text(key);
  std::string list;
  for (const char* one : allowed) {
    if (value == one) return value;
    list += (list.empty() ? "" : " or ") + std::string(one);
  }
  refuse(key, value, list);
}

const TensorSpec* SpecReader::tensor(const std::string& role) const {
  const auto found = spec_.tensors.find(role);
  return found == spec_.tensors.end() ? nullptr : &found->second;
}

const TensorSpec* SpecReader::layer_tensor(const std::string& role) const {
  return tensor(prefix_ + role);
}

const TensorSpec& SpecReader::required_tensor(const std::string& role) const {
  const TensorSpec* found = tensor(role);
  if (found == nullptr) throw Error(kModelInvalid, "model spec: the tensor " + role + " is missing.");
  return *found;
}

const TensorSpec& SpecReader::required_layer_tensor(const std::string& role) const {
  return required_tensor(prefix_ + role);
}

}  // namespace longattn
