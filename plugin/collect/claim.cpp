// SPDX-License-Identifier: Apache-2.0
#include "collect/claim.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace anthropic_metrics {
namespace {

std::string quoted_instance(const std::string& id) {
  return id.empty() ? std::string("another input") : fmt::format("input \"{}\"", id);
}

}  // namespace

struct Claim::Held {
  explicit Held(pid_t of) : pid(of) {}

  const pid_t pid;
  std::mutex mutex;
  std::map<Key, std::string> instances;
};

/// Of the process that calls. Never destroyed, and never that of a parent, whose lock may be held
/// by a thread that does not exist here.
Claim::Held& Claim::held() {
  static std::atomic<Held*> newest{nullptr};
  const pid_t pid = ::getpid();
  Held* table = newest.load(std::memory_order_acquire);
  while (table == nullptr || table->pid != pid) {
    auto fresh = std::make_unique<Held>(pid);
    if (newest.compare_exchange_strong(table, fresh.get())) return *fresh.release();
  }
  return *table;
}

Result<Claim> Claim::take(const Wish& wish) {
  Key key{::getpid(), wish.organization, wish.stream, wish.data_stream};
  Held& all = held();
  const std::lock_guard lock(all.mutex);
  const auto [at, fresh] = all.instances.try_emplace(key, wish.instance);
  if (!fresh)
    return Error{
        Errc::configuration,
        fmt::format("{} collects {} of organization {} into {}, and so would {}: sums there would "
                    "be twice the API's; remove the stream from one of them, or give it a "
                    "namespace or a data set of its own",
                    quoted_instance(at->second), wish.stream, wish.organization, wish.data_stream,
                    quoted_instance(wish.instance))};
  return Claim(std::move(key));
}

Claim::Claim(Claim&& other) noexcept : key_(std::move(other.key_)) {
  std::get<0>(other.key_) = 0;
}

Claim::~Claim() {
  if (std::get<0>(key_) != ::getpid()) return;
  Held& all = held();
  const std::lock_guard lock(all.mutex);
  all.instances.erase(key_);
}

}  // namespace anthropic_metrics
