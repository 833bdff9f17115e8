// SPDX-License-Identifier: Apache-2.0
// One instance, two threads, as the contract allows: what one does while the other polls. Meant for
// AddressSanitizer and ThreadSanitizer above all; without them the bytes are compared.
#include <malloc.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <random>
#include <thread>

#include "waiting_instance.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::WaitingInstance;

/// Ids from the thread that polls to the one that acknowledges; 0 ends it.
class Ids {
 public:
  void put(beat_batch_id id) {
    const std::lock_guard lock(mutex_);
    ids_.push_back(id);
    there_.notify_one();
  }
  beat_batch_id take() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [&] { return !ids_.empty(); });
    const beat_batch_id id = ids_.front();
    ids_.pop_front();
    return id;
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::deque<beat_batch_id> ids_;
};

/// True if the documents and the NDJSON of a batch are the same bytes.
bool whole(const beat_batch& batch) {
  std::string joined;
  for (std::uint64_t i = 0; i < batch.doc_count; ++i)
    joined.append(batch.docs[i].json.ptr, batch.docs[i].json.len) += '\n';
  return joined == std::string(batch.ndjson.ptr, batch.ndjson.len) && joined[0] == '{';
}

TEST_CASE("a batch that another thread gives back is whole when it is handed out again") {
  constexpr int batches = 40, returns = 4000;
  WaitingInstance instance(batches, 3, R"(,"batch":{"max_in_flight":4})");
  Ids ids;
  std::atomic<int> retried{0}, done{0};
  std::atomic<bool> refused{false};
  std::thread other([&] {
    while (const beat_batch_id id = ids.take()) {
      const bool again = retried < returns;
      if (instance.ack(id, again ? BEAT_ACK_RETRY : BEAT_ACK_DURABLE) != BEAT_OK) refused = true;
      ++(again ? retried : done);
    }
  });
  bool sound = true;
  while (done < batches && !refused) {
    beat_poll_result result{};
    const beat_status status = instance.poll(0, result);
    if (status == BEAT_OK) {
      sound = sound && whole(*result.batch);
      ids.put(result.batch->id);
    }
    if (status < 0) refused = true;
  }
  ids.put(0);
  other.join();

  CHECK(sound);
  CHECK_FALSE(refused);
  CHECK(retried == returns);
}

TEST_CASE("every cancel ends exactly one poll, whenever it comes") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::minstd_rand random(seed);
  constexpr int cancels = 20'000;
  WaitingInstance instance;
  std::atomic<int> ended{0};
  std::atomic<bool> lost{false};
  std::thread other([&] {
    for (int sent = 1; sent <= cancels && !lost; ++sent) {
      // At different moments of a poll: before it, as it begins, as it ends.
      for (auto spin = random() % 2000; spin > 0; --spin)
        std::atomic_signal_fence(std::memory_order_seq_cst);
      instance->cancel();
      while (ended < sent && !lost) std::this_thread::yield();
    }
  });
  while (ended < cancels && !lost) {
    beat_poll_result result{};
    const auto begun = std::chrono::steady_clock::now();
    if (instance.poll(20'000, result) != BEAT_E_CANCELLED) lost = true;
    if (std::chrono::steady_clock::now() - begun > 10s) lost = true;
    ++ended;
  }
  other.join();
  CHECK_FALSE(lost);
  CHECK(ended == cancels);

  beat_poll_result result{};
  CHECK(instance.poll(0, result) == BEAT_IDLE);
}

TEST_CASE("a cancel is kept for the next poll, and that one only") {
  WaitingInstance instance(1);
  beat_poll_result result{};
  CHECK(instance->cancel() == BEAT_OK);
  CHECK(instance->cancel() == BEAT_OK);
  CHECK(instance.poll(60'000, result) == BEAT_E_CANCELLED);
  CHECK(result.batch == nullptr);
  CHECK(instance.poll(0, result) == BEAT_OK);
  CHECK(result.batch != nullptr);
}

TEST_CASE("a poll that is held back asks to come again in a second") {
  WaitingInstance instance(3, 1, R"(,"batch":{"max_in_flight":2})");
  beat_poll_result result{};
  REQUIRE(instance.poll(0, result) == BEAT_OK);
  const beat_batch_id first = result.batch->id;
  REQUIRE(instance.poll(0, result) == BEAT_OK);
  CHECK(instance.poll(0, result) == BEAT_BACKPRESSURE);
  CHECK(result.next_poll_ms == 1000);
  CHECK(result.in_flight == 2);
  REQUIRE(instance.ack(first, BEAT_ACK_DURABLE) == BEAT_OK);
  CHECK(instance.poll(0, result) == BEAT_OK);
}

TEST_CASE("with handover a batch is gone with the next poll, and nothing of it stays") {
  WaitingInstance instance(2, 1, R"(,"acknowledge":"handover","re_emit":"0s")");
  beat_poll_result result{};
  REQUIRE(instance.poll(0, result) == BEAT_OK);
  const beat_batch* first = result.batch;
  CHECK(whole(*first));
  REQUIRE(instance.poll(0, result) == BEAT_OK);
  CHECK(whole(*result.batch));
  CHECK(instance.poll(0, result) == BEAT_IDLE);
  CHECK(result.in_flight == 0);
}

TEST_CASE("with handover no memory stays behind for documents that are gone") {
  constexpr int batches = 50, documents = 1000;
  WaitingInstance instance(batches, documents, R"(,"acknowledge":"handover","re_emit":"0s")");
  beat_poll_result result{};
  const auto hand_over = [&](int number) {
    for (int i = 0; i < number; ++i) REQUIRE(instance.poll(0, result) == BEAT_OK);
  };
  hand_over(batches / 2);
  const auto before = ::mallinfo2().uordblks;
  hand_over(batches / 2);
  const auto after = ::mallinfo2().uordblks;
  CHECK(after < before + batches / 2 * documents);  // A byte each; an id alone has 22.
}

}  // namespace
}  // namespace anthropic_metrics
