// SPDX-License-Identifier: Apache-2.0
// What ids are called, from the poll that learns it to the documents of other streams.
#include "ledger/names.hpp"

#include <algorithm>

#include "collect/directory.hpp"
#include "collect/driver.hpp"
#include "ledger/document.hpp"
#include "scratch.hpp"
#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using streams::Text;
using test::Answer;
using test::contains;
using test::me;
using test::must;
using test::World;

ledger::Entity thing(std::string stream, std::string id, std::string name, std::string tags = "",
                     std::string state = "live") {
  return {std::move(stream), std::move(id),   "x", 1, 0, std::move(name),
          std::move(tags),   std::move(state)};
}

/// Writes a document whose row has these ids; null is meant by "".
std::string written(const Names& names, const std::string& stream, const std::string& workspace,
                    const std::string& key) {
  streams::Layout layout;
  layout.texts = {{.name = "workspace_id",
                   .field = "workspace_id",
                   .null_field = "workspace_id",
                   .null_text = "Default"},
                  {.name = "api_key_id", .field = "api_key_id"}};
  DocumentWriter::Constants constants;
  constants.stream = stream;
  constants.dataset = "d";
  constants.organization_id = "org-1";
  constants.snapshot = true;
  const std::string text = workspace + key;
  streams::Row row;
  const auto place = [](std::size_t offset, std::size_t size) {
    return Text{static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size),
                size == 0 ? Text::State::null : Text::State::present};
  };
  row.texts[0] = place(0, workspace.size());
  row.texts[1] = place(workspace.size(), key.size());
  DocumentValues values;
  values.id = "AAAAAAAAAAAAAAAAAAAAAA";
  values.text = &text;
  values.row = &row;
  return std::string(DocumentWriter(layout, constants, &names).write(values));
}

Names known() {
  Names names;
  names.add_stream("workspace", "workspace_id");
  names.add_stream("api_key", "api_key_id");
  names.learn(thing("workspace", "w1", "One", R"(["team:a"])"));
  names.learn(thing("workspace", "w0", "Default", R"(["team:b"])"));
  names.learn(thing("api_key", "k1", "a \"key\"", "", "active"));
  return names;
}

TEST_CASE("a document has what is known of its ids, in its place") {
  const Names names = known();
  CHECK(contains(
      written(names, "usage", "w1", "k1"),
      R"("anthropic":{"api_key":{"name":"a \"key\""},"usage":{"api_key_id":"k1","workspace_id":"w1"},"workspace":{"name":"One","tags":["team:a"]}},"data_stream")"));
  CHECK(contains(
      written(names, "analytics_cost", "w1", "k1"),
      R"("anthropic":{"analytics_cost":{"api_key_id":"k1","workspace_id":"w1"},"api_key":{"name":"a \"key\""},"workspace":{"name":"One","tags":["team:a"]}},"data_stream")"));
  CHECK(contains(written(names, "usage", "w2", "k2"),
                 R"("anthropic":{"usage":{"api_key_id":"k2","workspace_id":"w2"}},"data_stream")"));
}

TEST_CASE("the default workspace is one, by its id and by null") {
  const Names names = known();
  const std::string_view said = R"("workspace":{"name":"Default","tags":["team:b"]}})";
  CHECK(contains(written(names, "usage", "w0", "k1"), said));
  CHECK(contains(written(names, "usage", "", "k1"), said));
}

TEST_CASE("a key that is null has no name") {
  CHECK_FALSE(contains(written(known(), "usage", "w1", ""), R"("api_key":)"));
}

TEST_CASE("an archived workspace and a removed key keep their names") {
  Names names = known();
  names.learn(thing("workspace", "w1", "One", "", "archived"));
  names.learn(thing("api_key", "k1", "gone", "", ledger::removed_state));
  const std::string document = written(names, "usage", "w1", "k1");
  CHECK(contains(document, R"("workspace":{"name":"One"}})"));
  CHECK(contains(document, R"("api_key":{"name":"gone"})"));
}

TEST_CASE("the organization's name is beside its id once it is known") {
  Names names = known();
  CHECK(contains(written(names, "usage", "w1", "k1"), R"("organization":{"id":"org-1"})"));
  names.name_organization("Acme & Co");
  CHECK(contains(written(names, "usage", "w1", "k1"),
                 R"("organization":{"id":"org-1","name":"Acme & Co"})"));
}

/// Two streams of one organization: workspaces, and usage by workspace.
struct Named {
  World world;
  std::vector<std::unique_ptr<Driver>> drivers;
  std::string workspaces = R"({"id":"w1","name":"One"})";
  std::optional<Answer> instead;  ///< Of the list of workspaces.

  explicit Named(const std::string& state = "")
      : world(
            R"("streams": {"usage": {"group_by": ["workspace_id"], "interval": "1h", "settle": "0s",
                 "initial_interval": "2h"}, "workspace": {"interval": "30m"}})",
            1000, state) {
    must(world.directory.load(*world.ledger));
    world.transport.answer = [this](const std::string& target) {
      Answer answer;
      if (contains(target, "/workspaces"))
        answer = instead.value_or(
            Answer{.pieces = {R"({"data":[)" + workspaces + R"(],"has_more":false})"}});
      else if (target == me)
        answer.pieces = {R"({"id":"org-1","name":"Acme"})"};
      else
        answer.pieces = {by_workspace(target)};
      for (auto& header : world.date()) answer.headers.push_back(header);
      return answer;
    };
  }
  ~Named() { world.loop.reset(); }

  static std::string by_workspace(const std::string& target) {
    std::string report = test::report(target, 10);
    for (std::size_t at; (at = report.find(R"("model":"m")")) != std::string::npos;)
      report.replace(at, 11, R"("workspace_id":"w1")");
    return report;
  }
  void spawn(const std::string& stream) {
    const auto choice =
        std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                     [&](const StreamChoice& one) { return one.stream->name == stream; });
    REQUIRE(choice != world.settings.streams.end());
    drivers.push_back(std::make_unique<Driver>(world.services, *choice));
    boost::asio::co_spawn(*world.loop, drivers.back()->run(), boost::asio::detached);
  }
  void start() {
    world.directory.expect("workspace");
    spawn("usage");  // The first to ask, and yet it waits.
    spawn("workspace");
  }
  void run(Monotonic passed) { world.run(world.began() + passed); }
  /// Documents made since the last call. acknowledged: the outbox forgets them.
  std::string documents(bool acknowledged = true) {
    std::string all;
    for (std::shared_ptr<Batch> batch; (batch = must(world.delivery.hand_out({})));) {
      all += batch->ndjson;
      if (acknowledged) must(world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
    }
    world.room.open_all();  // As a host's poll does: the streams go on.
    return all;
  }
  std::int64_t made(const std::string& stream) { return world.status.stream(stream).documents; }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST_CASE("usage waits for the first list of workspaces and has its names") {
  Named named;
  named.start();
  named.run(0s);

  const auto targets = named.world.transport.targets();
  REQUIRE(targets.size() == 3);
  CHECK(targets[0] == me);
  CHECK(contains(targets[1], "/workspaces"));
  const std::string documents = named.documents();
  CHECK(count(documents, R"(,"workspace":{"name":"One"}},"data_stream")") == 2);
  CHECK(count(documents, R"("organization":{"id":"org-1","name":"Acme"})") == 3);
}

TEST_CASE("usage goes on without names if the first list is refused") {
  Named named;
  named.instead = test::refusal(403, "permission_error", "no");
  named.start();
  named.run(0s);

  CHECK(named.made("usage") == 2);
  CHECK_FALSE(contains(named.documents(), R"("workspace":{)"));
}

TEST_CASE("a stream that was stopped keeps nobody waiting") {
  Named named;
  named.world.directory.expect("workspace");
  named.spawn("usage");
  named.run(0s);
  CHECK(named.world.directory.waiting() == 1);
  CHECK(named.made("usage") == 0);

  named.world.directory.attempted("workspace");
  named.run(0s);
  CHECK(named.world.directory.waiting() == 0);
  CHECK(named.made("usage") == 2);
}

TEST_CASE("a rename between two polls makes no correction and no second row") {
  Named named;
  named.start();
  named.run(0s);
  named.documents();
  named.workspaces = R"({"id":"w1","name":"Renamed"})";

  named.run(59min);

  CHECK(named.made("usage") == 2);
  CHECK(named.made("workspace") == 2);
  CHECK(contains(named.documents(), R"("name":"Renamed")"));
  named.run(2h);
  CHECK(named.world.status.stream("usage").corrections == 0);
  CHECK(named.made("usage") == 4);
  const std::string later = named.documents();
  CHECK(count(later, R"("workspace":{"name":"Renamed"}},"data_stream")") == 2);
  CHECK_FALSE(contains(later, R"("name":"One")"));
}

TEST_CASE("a workspace that is archived or gone still names its old buckets") {
  Named named;
  const std::string gone = GENERATE(
      as<std::string>{}, "", R"({"id":"w1","name":"One","archived_at":"2026-09-01T12:40:00Z"})");
  named.start();
  named.run(0s);
  named.documents();
  named.workspaces = gone;
  std::string later;
  for (const Monotonic passed : {Monotonic(31min), Monotonic(90min), Monotonic(121min)}) {
    named.run(passed);
    later += named.documents();
  }
  CHECK(count(later, R"("workspace":{"name":"One"}},"data_stream")") == 2);
}

TEST_CASE("a restart repeats no thing, knows its name, and sends the same bytes again") {
  const test::Scratch scratch;
  std::string before;
  {
    Named named(scratch / "state");
    named.start();
    named.run(0s);
    before = named.documents(false);
    CHECK(count(before, "\n") == 3);
  }
  Named named(scratch / "state");
  CHECK(named.world.directory.names().organization() == "Acme");
  must(named.world.delivery.recover());
  CHECK(named.documents(false) == before);
  named.workspaces = R"({"id":"w1","name":"One"})";
  named.start();
  named.run(0s);
  CHECK(named.made("workspace") == 0);
  CHECK(named.made("usage") == 0);
}

TEST_CASE("what the directory knows is what the ledger has") {
  const test::Scratch scratch;
  Named named(scratch / "state");
  named.start();
  named.run(0s);
  named.documents();
  named.workspaces = R"({"id":"w1","name":"Renamed"},{"id":"w2","name":"Default"})";
  named.run(31min);

  CHECK(named.made("workspace") == 3);
  CHECK(named.world.directory.live_workspaces() == std::vector<std::string>{"w1"});
  const auto stored = must(named.world.ledger->entities());
  REQUIRE(stored.size() == 2);
  CHECK(stored[0] == *named.world.directory.find("workspace", "w1"));
  CHECK(stored[0].name == "Renamed");
  CHECK(stored[0].changes == 1);
}

}  // namespace
}  // namespace anthropic_metrics
