// SPDX-License-Identifier: Apache-2.0
// One instance as the ABI sees it: a runtime, and who is inside it. Decides who may call when; what
// happens is the runtime's, and so is every batch, with what the host sees of it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "beat_plugin.h"
#include "collect/runtime.hpp"

namespace anthropic_metrics {

class Instance {
 public:
  /// id: the host's name for it; made printable.
  Instance(std::unique_ptr<Runtime> runtime, std::string_view id);

  beat_status poll(const beat_poll_args& args, beat_poll_result& result);
  beat_status ack(beat_batch_id batch, const beat_ack_args& args);
  beat_status release(beat_batch_id batch);
  beat_status cancel();
  beat_status descriptor(int& number);
  /// BEAT_OK once everything is freed; the object is then empty.
  beat_status shutdown(Milliseconds budget);

  beat_status read_on_request();
  /// error: a sentence, if it fails.
  beat_status ask(const Reads::Wish& wish, std::string& error);
  beat_status asked(Asked::Progress& progress);
  beat_status document_id(std::string_view stream, std::string_view json, std::string& id);

  void note_escape(std::string_view what);
  std::string status_json() const;
  std::string last_error() const;

 private:
  /// The runtime, kept alive for the call; null after shutdown.
  std::shared_ptr<Runtime> runtime() const;

  mutable std::mutex mutex_;
  std::condition_variable left_;
  std::shared_ptr<Runtime> runtime_;
  bool inside_ = false;  ///< A poll or a shutdown is at work.
  bool stopping_ = false;
};

}  // namespace anthropic_metrics
