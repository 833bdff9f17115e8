// SPDX-License-Identifier: Apache-2.0
// personal_data over the life of a state: what reaches documents, ledger and log, and what becomes
// of former rows when it changes.
#include <algorithm>

#include "collect/driver.hpp"
#include "collect/personal_keys.hpp"
#include "scratch.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::contains;
using test::must;
using test::World;

const std::string person = "ann.canary@example.org";

std::string entry(int sessions) {
  return R"({"actor":{"type":"user_actor","email_address":")" + person +
         R"("},"customer_type":"api","core_metrics":{"num_sessions":)" + std::to_string(sessions) +
         "}}";
}
const std::string odd_entry = R"({"actor":{"type":"user_actor","email_address":")" + person +
                              R"("},"note":")" + person + R"(","core_metrics":{"num_sessions":")" +
                              person + R"("}})";

/// One run over a state on the disk, until `until` after its beginning.
struct Run {
  std::string documents, log;
  std::vector<std::string> targets;
  std::vector<ledger::Lane> lanes;

  Run(const std::string& state, const std::string& mode, const std::string& entries,
      Monotonic until = 10min) {
    World world(R"("personal_data": ")" + mode +
                    R"(", "preserve_original_event": true,
                       "streams": {"claude_code": {"enabled": true, "initial_interval": "72h"}})",
                1000, state);
    must(give_personal_keys(world.settings, *world.ledger, world.link));
    world.transport.answer = [&](const std::string& target) {
      Answer answer{.pieces = {target == "/v1/organizations/me"
                                   ? R"({"id":"org-1","type":"organization"})"
                                   : R"({"data":[)" + entries + R"(],"has_more":false})"}};
      answer.headers = world.date();
      return answer;
    };
    const auto choice =
        std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                     [](const StreamChoice& one) { return one.stream->name == "claude_code"; });
    REQUIRE(choice != world.settings.streams.end());
    Driver driver(world.services, *choice);
    boost::asio::co_spawn(*world.loop, driver.run(), boost::asio::detached);
    // Streams wait for the host to take what they made.
    for (bool more = true; more;) {
      world.run(world.began() + until);
      more = false;
      while (const auto batch = must(world.delivery.hand_out({}))) {
        more = true;
        documents += batch->ndjson;
        must(world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
      }
      world.room.open_all();
    }
    lanes = must(world.ledger->lanes("claude_code"));
    for (const std::string& line : world.host.log) log += line + "\n";
    targets = world.transport.targets();
    world.loop.reset();  // Before the driver, whose coroutine is in it.
  }
};

/// Everything below a folder.
std::string files_of(const std::filesystem::path& folder) {
  std::string all;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (file.is_regular_file()) all += test::read(file.path());
  return all;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST_CASE("nothing personal is stored unasked: not in documents, originals, state or log") {
  const test::Scratch scratch;
  const Run run(scratch / "state", "none", entry(3) + "," + odd_entry);
  CHECK(count(run.documents, R"("sessions":3)") == 3);
  CHECK(count(run.documents, R"("kind":"pipeline_error")") == 3);
  CHECK(count(run.documents, R"(\"num_sessions\":3)") == 3);  // The original is there,
  CHECK(contains(run.documents, "[withheld]"));               // without whom it names.
  CHECK(contains(run.log, "cannot be read"));
  for (const std::string& kept : {run.documents, run.log, files_of(scratch / "state")}) {
    CHECK_FALSE(contains(kept, person));
    CHECK_FALSE(contains(kept, "ann.canary"));
  }
}

TEST_CASE("who asks for everything finds it there, so the search above can fail") {
  const test::Scratch scratch;
  const Run run(scratch / "state", "full", entry(3));
  CHECK(count(run.documents, R"("actor":")" + person) == 3);
  CHECK(contains(files_of(scratch / "state"), person));
}

TEST_CASE("a person has one hash in all runs of a state, and another in another state") {
  const test::Scratch scratch;
  const auto hash = [](const Run& run) {
    const std::string before = R"("actor":")";
    const auto at = run.documents.find(before);
    REQUIRE(at != std::string::npos);
    return run.documents.substr(at + before.size(), 23);
  };
  const Run first(scratch / "state", "hashed", entry(3));
  CHECK(hash(first).back() == '"');
  const Run second(scratch / "state", "hashed", entry(4));
  CHECK(hash(second) == hash(first));
  CHECK(count(second.documents, R"("revision":1)") == 3);
  CHECK(hash(Run(scratch / "other", "hashed", entry(3))) != hash(first));
  CHECK_FALSE(contains(files_of(scratch / "state"), person));
}

TEST_CASE("hashes without a state directory are told to be of this run only") {
  const Run run("", "hashed", entry(3));
  CHECK(contains(run.log, "the hashes are of this run only"));
}

TEST_CASE("with more shown new rows begin, and former ones are corrected as they were") {
  const test::Scratch scratch;
  const Run before(scratch / "state", "none", entry(3));
  const Run after(scratch / "state", "full", entry(4), 48h);
  REQUIRE(after.lanes.size() == 2);
  CHECK(after.lanes[0].personal == "none");
  CHECK(after.lanes[1].personal == "full");
  CHECK(after.lanes[0].end == after.lanes[1].origin);
  CHECK(contains(after.log, "personal_data changed"));
  // Three days before, one difference each; two days since then, with whom they are of.
  CHECK(count(after.documents, R"("sessions":1)") == 3);
  CHECK(count(after.documents, R"("sessions":4)") == 3 + 2);  // Of totals, too.
  CHECK(count(after.documents, R"("actor":")" + person) == 2);
}

TEST_CASE("with less shown former rows are not told again, and the state forgets whom it named") {
  const test::Scratch scratch;
  const Run before(scratch / "state", "full", entry(3));
  const Run after(scratch / "state", "none", entry(4), 48h);
  REQUIRE(after.lanes.size() == 2);
  CHECK(after.lanes[0].forgotten == after.lanes[0].end);
  CHECK(contains(after.log, "personal_data is none now, and was full"));
  CHECK_FALSE(contains(after.documents, person));
  CHECK(count(after.documents, R"("sessions":4)") == 2);  // Only days since then.
  CHECK_FALSE(contains(after.documents, R"("revision":1)"));
}

TEST_CASE("back to more: days in between stay as they are") {
  const test::Scratch scratch;
  const Run full(scratch / "state", "full", entry(3));
  const Run none(scratch / "state", "none", entry(3));
  const Run again(scratch / "state", "full", entry(3), 48h);
  REQUIRE(again.lanes.size() == 3);
  CHECK(count(again.documents, R"("actor":")" + person) == 2);
}

}  // namespace
}  // namespace anthropic_metrics
