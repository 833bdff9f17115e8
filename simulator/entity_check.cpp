// SPDX-License-Identifier: Apache-2.0
#include "entity_check.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "spend_limit_data.hpp"

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;
using std::string;

/// What a field says, whether it is one value or a list; nothing is the empty set.
using Values = std::set<string>;
using Fields = std::map<string, Values>;

Values one(std::string_view text) {
  return text.empty() ? Values{} : Values{string(text)};
}

Values time_of(const std::optional<Instant>& time) {
  return time ? one(format_rfc3339(*time)) : Values{};
}

/// False is as good as absent.
Values flag(bool value) {
  return value ? Values{"true"} : Values{};
}

void collect(const json::value& value, Values& values) {
  if (const auto* array = value.if_array()) {
    for (const json::value& element : *array) collect(element, values);
  } else if (const auto* text = value.if_string()) {
    // One instant may be written in several ways.
    const auto time = parse_rfc3339(std::string_view(text->data(), text->size()));
    values.insert(time ? format_rfc3339(std::chrono::floor<std::chrono::seconds>(*time))
                       : string(*text));
  } else if (value.is_bool()) {
    if (value.as_bool()) values.insert("true");
  } else if (!value.is_null()) {
    values.insert(json::serialize(value));
  }
}

Fields fields_of(const WorkspaceEntry& entry) {
  Values geos(entry.allowed_inference_geos.begin(), entry.allowed_inference_geos.end());
  if (geos.empty()) geos = {"unrestricted"};
  Values tags;
  for (const auto& [key, value] : entry.tags) tags.insert(key + ":" + value);
  return {{"name", one(entry.name)},
          {"state", one(entry.archived_at ? "archived" : "live")},
          {"created_at", time_of(entry.created_at)},
          {"archived_at", time_of(entry.archived_at)},
          {"tags", tags},
          {"is_default", flag(entry.is_default)},
          {"workspace_geo", one("us")},
          {"default_inference_geo", one(entry.default_inference_geo)},
          {"allowed_inference_geos", geos},
          {"display_color", one(entry.display_color)}};
}

Fields fields_of(const KeyEntry& entry, const Organization& organization) {
  return {{"name", one(entry.name)},
          {"status", one(entry.status)},
          {"created_at", time_of(entry.created_at)},
          {"expires_at", time_of(entry.expires_at)},
          {"created_by_id", one(entry.created_by_id)},
          {"created_by_type", one(entry.created_by_type)},
          {"principal_id", one(entry.principal_id)},
          {"principal_type", one(entry.principal_type)},
          {"scope", one(entry.workspace ? "workspace" : "organization")},
          {"workspace_id",
           entry.workspace ? one(organization.workspaces[*entry.workspace].id) : Values{}}};
}

Fields fields_of(const SpendLimit& limit) {
  Fields fields{{"scope", one(limit.scope)},
                {"amount", one(limit.amount)},
                {"currency", one(limit.currency)},
                {"period", one(limit.period)},
                {"enabled", flag(limit.enabled)},
                {"created_at", time_of(limit.created_at)},
                {"updated_at", time_of(limit.updated_at)}};
  if (!limit.scope_member.empty()) fields[string(limit.scope_member)] = one(limit.scope_value);
  return fields;
}

std::map<string, Fields> expected_of(const Options& options, const Organization& organization,
                                     std::string_view stream, Instant at) {
  std::map<string, Fields> all;
  if (stream == "workspace") {
    for (const auto& entry : workspaces_at(options, organization, at))
      all[entry.id] = fields_of(entry);
  } else if (stream == "api_key") {
    for (const auto& entry : keys_at(options, organization, at))
      all[entry.id] = fields_of(entry, organization);
  } else if (stream == "user") {
    for (const auto& entry : users_at(options, at)) {
      all[entry.id] = {{"email", one(entry.email)},
                       {"name", one(entry.name)},
                       {"role", one(entry.role)},
                       {"added_at", time_of(entry.added_at)}};
    }
  } else if (stream == "service_account") {
    for (const auto& entry : service_accounts_at(options, at)) {
      all[entry.id] = {{"name", one(entry.name)},
                       {"description", one(entry.description)},
                       {"role", one(entry.role)},
                       {"state", one(entry.archived_at ? "archived" : "live")},
                       {"created_at", time_of(entry.created_at)},
                       {"archived_at", time_of(entry.archived_at)}};
    }
  } else {
    for (const auto& limit : spend_limits_at(options, organization, at))
      all[limit.id] = fields_of(limit);
  }
  return all;
}

/// Texts that say who a person is; a keyed hash has 22 characters.
bool hidden(std::string_view stream, std::string_view field, const Values& found) {
  constexpr std::size_t hash_size = 22;
  const bool personal = stream == "user" && (field == "email" || field == "name");
  return personal && (found.empty() || (found.size() == 1 && found.begin()->size() == hash_size));
}

string text(const Values& values) {
  string all;
  for (const string& value : values) all += (all.empty() ? "" : ", ") + value;
  return all.empty() ? "nothing" : all;
}

}  // namespace

bool is_entity_stream(std::string_view stream) {
  static constexpr std::array<std::string_view, 4> streams{"workspace", "api_key", "user",
                                                           "service_account"};
  return std::find(streams.begin(), streams.end(), stream) != streams.end();
}

std::size_t count_entities(const Options& options, const Organization& organization,
                           std::string_view stream, Instant at) {
  return expected_of(options, organization, stream, at).size();
}

std::vector<string> compare_entities(const Options& options, const Organization& organization,
                                     std::string_view stream, Instant at,
                                     const EntityDocuments& documents) {
  std::vector<string> differences;
  const auto expected = expected_of(options, organization, stream, at);
  for (const auto& [id, fields] : expected) {
    const auto found = documents.find(id);
    if (found == documents.end()) {
      differences.push_back("no document for " + id);
      continue;
    }
    for (const auto& [name, want] : fields) {
      Values have;
      if (const auto* value = found->second.if_contains(name)) collect(*value, have);
      if (have == want || hidden(stream, name, have)) continue;
      differences.push_back(id + ": the API says " + name + " " + text(want) +
                            ", the latest document " + text(have));
    }
  }
  for (const auto& document : documents) {
    if (stream != "user" && !expected.contains(document.first))
      differences.push_back("the API has no " + document.first);
  }
  return differences;
}

}  // namespace anthropic_metrics::simulator
