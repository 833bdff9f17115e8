// SPDX-License-Identifier: Apache-2.0
#include "ledger/delivery.hpp"

#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::failure;
using test::must;

constexpr Delivery::Limits no_limits{};

/// A delivery over an outbox in memory.
struct Fixture {
  std::unique_ptr<ledger::Ledger> ledger = must(ledger::Ledger::open(""));
  int rooms = 0;  ///< How often on_room was called.
  Delivery delivery;

  explicit Fixture(std::size_t most_in_flight = 3, bool handover = false,
                   Milliseconds re_emit = Milliseconds(0))
      : delivery(*ledger, most_in_flight, handover, re_emit, [this] { ++rooms; }) {}

  /// Commits a batch of documents of ten bytes each and queues it; its id.
  std::uint64_t produce(std::size_t documents) {
    Batch batch;
    batch.stream = "usage";
    for (std::size_t i = 0; i < documents; ++i)
      batch.add(std::string(10, static_cast<char>('a' + produced++ % 26)), "AAAAAAAAAAAAAAAAAAAAAA",
                test::at("2026-09-01T00:00:00Z"));
    std::vector<Batch> batches;
    batches.push_back(std::move(batch));
    must(ledger->commit({}, batches));
    const std::uint64_t id = batches[0].id;
    delivery.add(std::move(batches));
    return id;
  }

  const Batch& take(const Delivery::Limits& limits = no_limits) {
    const auto batch = must(delivery.hand_out(limits));
    if (batch == nullptr) FAIL("nothing was handed out");
    return *batch;
  }
  bool none() { return must(delivery.hand_out(no_limits)) == nullptr; }
  std::size_t stored() { return must(ledger->outbox()).size(); }

 private:
  std::size_t produced = 0;
};

TEST_CASE("batches are handed out oldest first, up to the number in flight") {
  Fixture f(2);
  const auto first = f.produce(1), second = f.produce(1), third = f.produce(1);

  CHECK(f.take().id == first);
  CHECK(f.take().id == second);
  CHECK(f.none());
  CHECK(f.delivery.in_flight() == 2);
  CHECK(f.delivery.ready() == 1);

  must(f.delivery.acknowledge(second, AckOutcome::durable, 0));
  CHECK(f.take().id == third);
}

TEST_CASE("without batches nothing is handed out") {
  CHECK(Fixture().none());
}

TEST_CASE(
    "a batch that is taken makes room, and again when it is acknowledged and leaves the outbox") {
  Fixture f;
  const auto id = f.produce(4);
  f.take();
  CHECK(f.stored() == 1);

  must(f.delivery.acknowledge(id, AckOutcome::durable, 0));

  CHECK(f.stored() == 0);
  CHECK(f.rooms == 2);  // One of them when it was taken.
  CHECK(f.delivery.in_flight() == 0);
  CHECK(f.delivery.pending_documents() == 0);
  CHECK(f.delivery.counters().documents == 4);
}

TEST_CASE("a batch to retry goes out again before others, with the same bytes") {
  Fixture f;
  const auto first = f.produce(2);
  f.produce(1);
  const std::string bytes = f.take().ndjson;

  must(f.delivery.acknowledge(first, AckOutcome::retry, 0));

  CHECK(f.stored() == 2);
  const Batch& again = f.take();
  CHECK(again.id == first);
  CHECK(again.ndjson == bytes);
  CHECK(f.delivery.counters().retried == 1);
  CHECK(f.delivery.counters().batches == 2);
  CHECK(f.delivery.counters().documents == 0);
}

TEST_CASE("dropped and rejected documents are counted apart from delivered ones") {
  Fixture f;
  const auto first = f.produce(5), second = f.produce(3);
  f.take();
  f.take();

  must(f.delivery.acknowledge(first, AckOutcome::durable, 2));
  must(f.delivery.acknowledge(second, AckOutcome::drop, 0));

  const auto counters = f.delivery.counters();
  CHECK(counters.documents == 3);
  CHECK(counters.rejected == 2);
  CHECK(counters.dropped == 3);
  CHECK(f.stored() == 0);
}

TEST_CASE("no more documents are rejected than a batch has") {
  Fixture f;
  const auto id = f.produce(2);
  f.take();

  must(f.delivery.acknowledge(id, AckOutcome::durable, 99));

  CHECK(f.delivery.counters().documents == 0);
  CHECK(f.delivery.counters().rejected == 2);
}

TEST_CASE("acknowledging twice is fine and counts once") {
  Fixture f;
  const auto id = f.produce(2);
  f.take();
  must(f.delivery.acknowledge(id, AckOutcome::durable, 0));

  must(f.delivery.acknowledge(id, AckOutcome::durable, 0));
  must(f.delivery.acknowledge(id, AckOutcome::drop, 0));
  must(f.delivery.release(id));

  CHECK(f.delivery.counters().documents == 2);
  CHECK(f.delivery.counters().dropped == 0);
  CHECK(must(f.delivery.documents_of(id)) == 0);
}

TEST_CASE("a batch that was never handed out cannot be acknowledged, released or asked about") {
  Fixture f;
  const auto id = f.produce(2);
  const auto unknown = GENERATE_COPY(std::uint64_t{0}, id, id + 1, ~std::uint64_t{0});
  CAPTURE(unknown);

  CHECK(failure(f.delivery.acknowledge(unknown, AckOutcome::durable, 0)).code == Errc::argument);
  CHECK(failure(f.delivery.release(unknown)).code == Errc::argument);
  CHECK(failure(f.delivery.documents_of(unknown)).code == Errc::argument);
  CHECK(f.take().id == id);
}

TEST_CASE("a batch over the host's limits is cut into batches with ids of their own") {
  Fixture f(10);
  const auto whole = f.produce(5);
  const auto next = f.produce(1);

  const Batch& first = f.take({.most_documents = 2});

  CHECK(first.id != whole);
  CHECK(first.documents.size() == 2);
  CHECK(f.stored() == 4);
  std::string bytes = first.ndjson;
  bytes += f.take({.most_documents = 2}).ndjson;
  bytes += f.take({.most_bytes = 11}).ndjson;
  CHECK(bytes == "aaaaaaaaaa\nbbbbbbbbbb\ncccccccccc\ndddddddddd\neeeeeeeeee\n");
  CHECK(f.take().id == next);
}

TEST_CASE("ids of other batches stay unknown when parts of an older one were handed out") {
  Fixture f(10);
  f.produce(2);
  const auto waiting = f.produce(1);
  const Batch& part = f.take({.most_documents = 1});
  REQUIRE(part.id > waiting);

  CHECK(failure(f.delivery.acknowledge(waiting, AckOutcome::durable, 0)).code == Errc::argument);
}

TEST_CASE("a single document over the limit is handed out alone") {
  Fixture f;
  const auto id = f.produce(1);

  CHECK(f.take({.most_bytes = 5}).id == id);
}

TEST_CASE("a released batch is loaded again for a retry, byte for byte") {
  Fixture f;
  const auto id = f.produce(3);
  const Batch before = f.take();

  must(f.delivery.release(id));
  CHECK(f.delivery.in_flight() == 1);
  CHECK(must(f.delivery.documents_of(id)) == 3);
  must(f.delivery.acknowledge(id, AckOutcome::retry, 0));
  const Batch& again = f.take();

  CHECK(again.id == id);
  CHECK(again.stream == "usage");
  CHECK(again.ndjson == before.ndjson);
  CHECK(pack_index(again) == pack_index(before));
}

TEST_CASE("a released batch can be acknowledged without loading it") {
  Fixture f;
  const auto id = f.produce(3);
  f.take();
  must(f.delivery.release(id));

  must(f.delivery.acknowledge(id, AckOutcome::durable, 0));

  CHECK(f.delivery.counters().documents == 3);
  CHECK(f.stored() == 0);
}

TEST_CASE("with handover handing out is the acknowledgement") {
  Fixture f(1, true);
  f.produce(2);
  f.produce(1);

  CHECK(f.take().documents.size() == 2);
  CHECK(f.stored() == 1);
  CHECK(f.rooms == 1);
  CHECK(f.delivery.in_flight() == 0);
  CHECK(f.take().documents.size() == 1);
  CHECK(f.none());
  CHECK(f.delivery.counters().documents == 3);
  CHECK(f.delivery.pending_documents() == 0);
}

TEST_CASE("with handover an acknowledgement is accepted and changes nothing") {
  Fixture f(1, true);
  const auto id = f.produce(2);
  f.take();

  must(f.delivery.acknowledge(id, AckOutcome::retry, 0));

  CHECK(f.none());
  CHECK(f.delivery.counters().documents == 2);
  CHECK(f.delivery.counters().retried == 0);
}

TEST_CASE("with handover a restart hands out again what may not have arrived") {
  using namespace std::chrono_literals;
  const Instant noon = test::at("2026-09-01T12:00:00Z");
  Fixture f(5, true, 1h);
  const auto old = f.produce(1), recent = f.produce(1), newest = f.produce(1);
  CHECK(f.take({.now = noon}).id == old);
  CHECK(f.take({.now = noon + 30min}).id == recent);

  CHECK(f.take({.now = noon + 61min}).id == newest);

  CHECK(f.stored() == 2);  // The old one is past the horizon.
  Delivery next(*f.ledger, 5, true, 1h, {});
  must(next.recover());
  CHECK(must(next.hand_out({.now = noon + 62min}))->id == recent);
  CHECK(must(next.hand_out({.now = noon + 62min}))->id == newest);
}

TEST_CASE("with handover nothing is forgotten while server time is unknown") {
  Fixture f(5, true, std::chrono::hours(1));
  f.produce(1);
  f.take();

  CHECK(f.stored() == 1);
}

TEST_CASE("drivers must stop while two batches wait to be taken, and hear when one is") {
  Fixture f(5);
  f.produce(1);
  CHECK_FALSE(f.delivery.enough());
  f.produce(1);
  CHECK(f.delivery.enough());
  CHECK_FALSE(f.delivery.full());
  CHECK(f.rooms == 0);

  f.take();

  CHECK_FALSE(f.delivery.enough());
  CHECK(f.rooms == 1);
}

TEST_CASE("drivers must stop while as many batches wait as may be in flight") {
  Fixture f(2);
  CHECK_FALSE(f.delivery.full());
  f.produce(1);
  CHECK_FALSE(f.delivery.full());
  const auto id = f.produce(1);
  CHECK(f.delivery.full());

  f.take();
  f.take();
  CHECK(f.delivery.full());
  CHECK(f.delivery.enough());
  must(f.delivery.acknowledge(id, AckOutcome::durable, 0));
  CHECK_FALSE(f.delivery.full());
}

TEST_CASE("what an earlier run did not get acknowledged is queued again") {
  Fixture f(5);
  const auto first = f.produce(2), second = f.produce(1);
  const std::string bytes = f.take().ndjson;

  Delivery next(*f.ledger, 5, false, Milliseconds(0), {});
  must(next.recover());

  CHECK(next.ready() == 2);
  CHECK(next.pending_documents() == 3);
  const auto again = must(next.hand_out(no_limits));
  REQUIRE(again != nullptr);
  CHECK(again->id == first);
  CHECK(again->ndjson == bytes);
  must(next.acknowledge(first, AckOutcome::durable, 0));
  CHECK(must(next.hand_out(no_limits))->id == second);
}

}  // namespace
}  // namespace anthropic_metrics
