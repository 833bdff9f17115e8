// SPDX-License-Identifier: Apache-2.0
// When to set rows aside that are no JSON. One that was damaged on its way is whole at the next
// try; one that the API writes so is met again, and must not stop its stream. Pure.
#pragma once

namespace anthropic_metrics {

class BrokenRows {
 public:
  /// A row is met so often before it is set aside.
  static constexpr int readings = 3;

  /// A window is about to be read.
  void begin() { met_now_ = false; }
  /// A page of it had such rows, or had not.
  void met(bool broken) {
    if (broken && !met_now_ && in_a_row_ < readings) ++in_a_row_;
    met_now_ = met_now_ || broken;
  }
  /// The window was read to its end.
  void end() {
    if (!met_now_) in_a_row_ = 0;
  }
  /// Whether the next page is to be read past them.
  bool set_aside() const { return in_a_row_ >= readings - 1; }

 private:
  int in_a_row_ = 0;  ///< Readings that met them.
  bool met_now_ = false;
};

}  // namespace anthropic_metrics
