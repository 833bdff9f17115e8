// SPDX-License-Identifier: Apache-2.0
#include "collect/directory.hpp"

#include "streams/registry.hpp"
#include "streams/things.hpp"

namespace anthropic_metrics {

Directory::Directory(boost::asio::io_context& loop) : gate_(loop) {
  for (const streams::Descriptor& stream : streams::all())
    if (!stream.names.empty()) names_.add_stream(stream.name, stream.names);
}

Result<void> Directory::load(ledger::Ledger& ledger) {
  auto entities = ledger.entities();
  if (!entities) return entities.error();
  learn(*entities);
  auto organization = ledger.note("organization name");
  if (!organization) return organization.error();
  name_organization(*organization);
  return success();
}

const ledger::Entity* Directory::find(std::string_view stream, std::string_view id) const {
  const auto found = known_.find({std::string(stream), std::string(id)});
  return found == known_.end() ? nullptr : &found->second;
}

std::vector<const ledger::Entity*> Directory::of(std::string_view stream) const {
  std::vector<const ledger::Entity*> found;
  for (auto one = known_.lower_bound({std::string(stream), std::string()});
       one != known_.end() && one->first.first == stream; ++one)
    found.push_back(&one->second);
  return found;
}

std::vector<std::string> Directory::live_workspaces() const {
  std::vector<std::string> ids;
  for (const ledger::Entity* one : of("workspace"))
    if (one->state == "live" && !streams::is_default_workspace(one->name, one->state))
      ids.push_back(one->id);
  return ids;
}

void Directory::learn(const std::vector<ledger::Entity>& entities) {
  for (const ledger::Entity& one : entities) {
    names_.learn(one);
    known_.insert_or_assign({one.stream, one.id}, one);
  }
}

void Directory::expect(std::string_view stream) {
  const streams::Descriptor* found = streams::find(stream);
  if (found != nullptr && !found->names.empty()) expected_.emplace(stream);
}

void Directory::attempted(std::string_view stream) {
  const auto found = expected_.find(stream);
  if (found == expected_.end()) return;
  expected_.erase(found);
  if (expected_.empty()) gate_.open_all();
}

boost::asio::awaitable<void> Directory::first_attempts() {
  while (!expected_.empty()) co_await gate_.wait();
}

}  // namespace anthropic_metrics
