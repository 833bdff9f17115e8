// SPDX-License-Identifier: Apache-2.0
#include "ledger/names.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "streams/things.hpp"

namespace anthropic_metrics {
namespace {

std::string said_of(const ledger::Entity& entity) {
  std::string out;
  if (!entity.name.empty()) {
    out += R"({"name":)";
    append_json_string(out, entity.name);
  }
  if (!entity.tags.empty() && entity.tags != "[]")
    out += (out.empty() ? R"({"tags":)" : R"(,"tags":)") + entity.tags;
  return out.empty() ? out : out + '}';
}

}  // namespace

std::string_view Names::Things::of(std::string_view id) const {
  if (id.empty()) return {};
  const auto found = known_.find(id);
  return found == known_.end() ? std::string_view() : std::string_view(found->second);
}

void Names::add_stream(std::string_view stream, std::string_view field) {
  const auto place = std::lower_bound(
      all_.begin(), all_.end(), stream,
      [](const Things& known, std::string_view name) { return known.group() < name; });
  if (place == all_.end() || place->group() != stream)
    all_.insert(place, Things(std::string(stream), std::string(field)));
}

void Names::learn(const ledger::Entity& entity) {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Things& things) {
    return things.group() == entity.stream;
  });
  if (found == all_.end()) return;
  std::string said = said_of(entity);
  // The default one is never archived nor removed; the first that is called so keeps the title.
  const bool is_default = streams::is_default_workspace(entity.name, entity.state);
  if (is_default && (found->null_id_.empty() || entity.id < found->null_id_))
    found->null_id_ = entity.id;
  else if (found->null_id_ == entity.id && !is_default)
    found->null_id_.clear();
  std::string& known = found->known_[entity.id];
  known = std::move(said);
  ++version_;
}

void Names::name_organization(std::string_view name) {
  if (organization_ == name) return;
  organization_ = name;
  ++version_;
}

}  // namespace anthropic_metrics
