// Checks the request, asks for one window after the other.
#include "window_losses.h"

#include "window_checks.h"

namespace longattn {

std::vector<std::vector<double>> window_losses(LayerProvider& provider, const LossRequest& request,
                                               const ProviderOptions& options) {
  check_windows(request.lengths, request.ids.size(), "near", request.near);
  std::vector<std::vector<double>> results;
  const int32_t* ids = request.ids.data();
  for (size_t w = 0; w < request.lengths.size(); ids += request.lengths[w++]) {
    check_tokens(ids, request.lengths[w], provider.vocab(), w);
    results.push_back(provider.losses(ids, request.lengths[w], request.near[w], options));
  }
  return results;
}

}  // namespace longattn
