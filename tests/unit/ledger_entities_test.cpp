// SPDX-License-Identifier: Apache-2.0
// Things that stay, in the ledger: one transaction with the documents that tell of them.
#include "ledger/entity.hpp"
#include "ledger/ledger.hpp"
#include "older_state.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using test::contains;
using test::failure;
using test::must;

Entity entity(std::string id, std::string name) {
  return {"workspace", std::move(id), "a hash", 20697, 2, std::move(name), R"(["a:b"])", "live"};
}

void tell(Ledger& ledger, std::vector<Entity> entities) {
  Commit commit;
  commit.entities = std::move(entities);
  std::vector<Batch> batches(1);
  batches[0].stream = "workspace";
  batches[0].add("{}", "AAAAAAAAAAAAAAAAAAAAAA", {});
  must(ledger.commit(commit, batches));
}

TEST_CASE("what was told is known after a restart, by its newest state") {
  const test::Scratch scratch;
  {
    const auto ledger = must(Ledger::open(scratch / "state"));
    tell(*ledger, {entity("w1", "One"), entity("w2", "Two")});
    tell(*ledger, {entity("w2", "Zwei")});
  }
  const auto ledger = must(Ledger::open(scratch / "state"));
  CHECK(must(ledger->entities()) == std::vector<Entity>{entity("w1", "One"), entity("w2", "Zwei")});
  CHECK(must(ledger->outbox()).size() == 2);
}

TEST_CASE("an entity that is damaged is refused at the start") {
  const test::Scratch scratch;
  const std::string state = scratch / "state";
  { tell(*must(Ledger::open(state)), {entity("w1", "One")}); }
  const char* const sql =
      GENERATE("UPDATE entity SET name='Eins'", "UPDATE entity SET id='w2'",
               "UPDATE entity SET day=day+1", "UPDATE entity SET state='archived'");
  { must(must(Database::open(state)).execute(sql)); }
  const Error error = failure(Ledger::open(state));
  CHECK(error.code == Errc::state);
  CHECK(contains(error.message, "1 rows differ from their checksums"));
}

TEST_CASE("a state of the third version is brought forward, and knows things from then on") {
  const test::Scratch scratch;
  const std::string state = scratch / "state";
  {
    const auto ledger = must(Ledger::open(state));
    must(ledger->bind_organization("org-1"));
  }
  { must(must(Database::open(state)).execute(test::to_version_3.c_str())); }
  {
    const auto ledger = must(Ledger::open(state));
    CHECK(must(ledger->organization()) == "org-1");
    CHECK(must(ledger->entities()).empty());
    tell(*ledger, {entity("w1", "One")});
  }
  CHECK(must(must(Ledger::open(state))->entities()).size() == 1);
}

}  // namespace
}  // namespace anthropic_metrics::ledger
