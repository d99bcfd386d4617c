// A model of experts has tens of thousands of tensors: a descriptor each would pass the limit of a process.
#include "checkpoint/mapped_files.h"

#include <utility>

namespace longattn {

void MappedFiles::add(std::shared_ptr<MappedTensor> tensor) {
  std::shared_ptr<MappedTensor>& last = last_[tensor->spec().file];
  if (last == nullptr || tensor->end() > last->end()) std::swap(last, tensor);
  if (tensor != nullptr) tensor->close_file();
}

void MappedFiles::check_not_truncated() const {
  for (const auto& [file, tensor] : last_) tensor->check_not_truncated();
}

}  // namespace longattn
