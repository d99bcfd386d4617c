// Checks the request, asks for each window's losses.
#include "windows/window_losses.h"

#include "windows/window_checks.h"

namespace longattn {

std::vector<std::vector<double>> window_losses(const std::vector<Replica>& replicas, const LossRequest& request,
                                               const ProviderOptions& options) {
  check_windows(request.lengths, request.ids.size(), "near", request.near);
  const std::vector<const int32_t*> ids = window_starts(request.ids, request.lengths);
  std::vector<std::vector<double>> results(ids.size());
  for_each_window(replicas, static_cast<int64_t>(ids.size()), options,
                  [&](int64_t window, LayerProvider& provider, const ProviderOptions& own) {
                    const int64_t length = request.lengths[window];
                    check_tokens(ids[window], length, provider.vocab(), window);
                    results[window] = provider.losses(ids[window], length, request.near[window], own);
                  });
  return results;
}

}  // namespace longattn
