// Files that tensors are mapped from: a page past the end of a file that was cut kills the process when it is read, so
// whoever reads mapped weights checks before each window.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "checkpoint/mapped_tensor.h"

namespace longattn {

class MappedFiles {
 public:
  // Of each file the tensor that ends last is kept, and its descriptor with it; the others' are closed.
  void add(std::shared_ptr<MappedTensor> tensor);
  // Throws Error(kFileUnreadable) naming file and tensor.
  void check_not_truncated() const;

 private:
  std::map<std::string, std::shared_ptr<MappedTensor>> last_;
};

}  // namespace longattn
