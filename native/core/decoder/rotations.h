// What a backend made of the rotary sets of the windows at work: every layer asks for one, a model has one or two, and
// making it again in each layer is work of one thread while the others wait.
#pragma once

#include <cstdint>
#include <list>

#include "layer/rope.h"

namespace longattn {

template <typename Table>
class Rotations {
 public:
  // make() for the first of these, kept until somebody asks for another length. Not thread-safe.
  template <typename Make>
  const Table& of(const RopeConfig& config, int64_t length, const Make& make) {
    if (length != length_) kept_.clear();
    length_ = length;
    for (const Kept& one : kept_)
      if (one.config == config) return one.table;
    kept_.push_back({config, make()});
    return kept_.back().table;
  }

 private:
  struct Kept {
    RopeConfig config;
    Table table;
  };
  int64_t length_ = 0;
  std::list<Kept> kept_;
};

}  // namespace longattn
