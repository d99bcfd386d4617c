// The lookup path: layer 0's attention of any window from the embedding, the first norm, Wq and Wk alone.
#pragma once

#include "layer_zero/token_projector.h"
#include "layer_zero/token_table.h"
#include "windows/layer_provider.h"

namespace longattn {

class LayerZero : public LayerProvider {
 public:
  // Reads and checks what layer 0 needs. Throws Error(kModelInvalid, kFileUnreadable, kWeightNotFinite), Cancelled.
  LayerZero(const ModelSpec& spec, const OpenOptions& options);
  // With a table of embeddings that somebody else reads too.
  LayerZero(const ModelSpec& spec, const OpenOptions& options, std::shared_ptr<const Embedding> embedding);

  int64_t layers() const override { return 1; }
  int64_t vocab() const override { return config_.vocab; }
  void visit(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers, const ProviderOptions& options,
             const Visitor& visitor) override;
  Counters counters() const override;

 private:
  const uint64_t model_;  // TokenRows::model()
  AttentionConfig config_;
  std::shared_ptr<const Embedding> embedding_;
  TokenProjector projector_;
  TokenTable table_;
  std::atomic<int64_t> distinct_{0};  // distinct tokens of all windows so far
  std::atomic<int64_t> found_{0};     // of these, found in the table that was asked: ours, or a device's
  std::atomic<int64_t> table_rows_{0};
  std::atomic<int64_t> table_bytes_{0};
};

}  // namespace longattn
