// Adds up what blocks and heads leave behind, one thread a number and in ascending order: a library's reduction may
// choose its order by the card, and bits must not depend on one.
#pragma once

#include "device/fused/fused_kernel.h"
#include "device/fused/machine.h"

namespace longattn {
namespace device {

// Neighbours in `number` read neighbours in memory.
LONGATTN_DEVICE void sum_number(const SumArguments& a, int64_t number) {
  const int64_t fields = static_cast<int64_t>(a.heads) * kSlotFields;
  double sum = 0;
  if (number < fields) {
    const double* slot = a.slots + number / kSlotFields * a.blocks * kSlotFields + number % kSlotFields;
    for (int block = 0; block < a.blocks; ++block) sum += slot[static_cast<int64_t>(block) * kSlotFields];
    a.sums[number] = sum;
  } else {
    const int64_t token = number - fields;
    for (int head = 0; head < a.heads; ++head)
      sum += static_cast<double>(a.token_far[head * static_cast<int64_t>(a.length) + token]);
    a.token_sums[token] = sum;
  }
}

}  // namespace device
}  // namespace longattn
