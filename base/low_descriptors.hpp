// SPDX-License-Identifier: Apache-2.0
// Keeps everything we open above the descriptors 0, 1 and 2: what a host that closed them writes to
// its standard error must not land in our lock, database or connection.
#pragma once

namespace anthropic_metrics {

/// While one lives, in any thread, those of 0 to 2 that are closed are taken by places that can be
/// neither read nor written (EBADF, as before), so that whatever is opened gets another number.
/// With the last one they are closed again, unless the host put something else there.
class LowDescriptors {
 public:
  LowDescriptors() noexcept;
  ~LowDescriptors();
  LowDescriptors(const LowDescriptors&) : LowDescriptors() {}
  LowDescriptors& operator=(const LowDescriptors&) = default;
};

}  // namespace anthropic_metrics
