// Runs a decoder up to the last layer asked for, and hands out the Q and K of those on the way. No torch in this
// header.
//
// One window at a time, no cache of keys, no L x L matrix: memory is some activations of L x hidden. Activations are
// float32; the weights' products are computed in float32 or in the weights' own type (`forward.dtype` of the spec). On
// a device everything from the first layer's input to the losses is there, weights included (decoder/backend.h).
#pragma once

#include <memory>
#include <vector>

#include "checkpoint/model_spec.h"
#include "device/device.h"
#include "windows/layer_provider.h"

namespace longattn {

class Decoder : public LayerProvider {
 public:
  // Opens the layers that the spec has tensors for. Throws Error, kOutOfMemory where a device cannot hold the weights,
  // and Cancelled.
  Decoder(const ModelSpec& spec, const OpenOptions& options, const Placement& placement = {});
  ~Decoder() override;

  int64_t layers() const override;
  int64_t vocab() const override;
  void visit(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers, const ProviderOptions& options,
             const Visitor& visitor) override;
  Counters counters() const override;

  // Throws Error(kHeadUnavailable) if the spec has no head.
  std::vector<double> losses(const int32_t* ids, int64_t length, int64_t near, const ProviderOptions& options) override;
  // On the CPU in one run: the statistics are of the rows that lead to the losses, and the two losses share the tokens
  // that see all before them anyway. The same bits as by themselves where widths are multiples of 32.
  WindowLosses visit_and_losses(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers, int64_t near,
                                const ProviderOptions& options, const Visitor& visitor) override;

 private:
  class Parts;
  const Placement placement_;
  std::unique_ptr<Parts> parts_;
};

// The lookup path alone where the spec has no more than that, else a Decoder.
std::unique_ptr<LayerProvider> open_layers(const ModelSpec& spec, const OpenOptions& options,
                                           const Placement& placement = {});

}  // namespace longattn
