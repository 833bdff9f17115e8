// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <utility>

#include "setup/asking.hpp"
#include "setup/compare.hpp"
#include "setup/data_streams.hpp"
#include "setup/engine.hpp"
#include "setup/lifecycle.hpp"
#include "setup/store_setup.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// Where things of one kind are, and how an engine answers when it is asked for one.
struct Kind {
  const char* part;     // of the assets
  const char* word;     // for people
  const char* target;   // of requests
  const char* list;     // the list in the answer that holds the one; none: its name is the key
  const char* wrapped;  // its name in the entry of that list
};

constexpr Kind pipelines{"pipelines", "pipeline", "/_ingest/pipeline/", nullptr, nullptr};
constexpr Kind components{"components", "component template", "/_component_template/",
                          "component_templates", "component_template"};
constexpr Kind templates{"templates", "index template", "/_index_template/", "index_templates",
                         "index_template"};

json::value found_in(const json::object& answer, const Kind& kind, std::string_view name) {
  if (kind.list == nullptr) return part(answer, name);
  const json::value* list = answer.if_contains(kind.list);
  if (list == nullptr || !list->is_array()) return nullptr;
  for (const json::value& entry : list->get_array())
    if (entry.is_object() && text_in(entry.get_object(), "name") == name)
      return part(entry.get_object(), kind.wrapped);
  return nullptr;
}

StoreRequest put(const std::string& target, const json::value& body) {
  return {.method = "PUT", .target = target, .body = json::serialize(body)};
}

Failure not_ours(const StoreClient& client, const Kind& kind, std::string_view name) {
  return {ExitCode::configuration,
          {fmt::format("{}: the {} '{}' is there and was not made by this program; nothing was "
                       "changed, rename or remove it if nobody needs it, then run setup again",
                       client.host(), kind.word, name)}};
}

// Kibana tells with status 200 what it could not import: the first of it.
std::string not_imported(const StoreAnswer& answer) {
  const json::object said = object_in(answer.body);
  const json::value* success = said.if_contains("success");
  if (success == nullptr || !success->is_bool() || success->get_bool()) return {};
  const json::value* errors = said.if_contains("errors");
  if (errors == nullptr || !errors->is_array() || errors->get_array().empty() ||
      !errors->get_array().front().is_object())
    return "the saved objects, without a reason";
  const json::object& first = errors->get_array().front().get_object();
  const json::object& error = part(first, "error");
  const std::string message = text_in(error, "message");
  return fmt::format("{} of the saved objects, {} '{}' first ({})", errors->get_array().size(),
                     text_in(first, "type"), text_in(first, "id"),
                     message.empty() ? text_in(error, "type") : message);
}

class StorePlanner {
 public:
  StorePlanner(StoreClient& client, const json::object& assets, const SetupWishes& wishes)
      : client_(client), assets_(assets), wishes_(wishes) {}

  Result<SetupPlan> plan(const Engine& engine) {
    plan_.engine = engine.word;
    plan_.place = fmt::format("{} at {}", engine.name, client_.host());
    if (auto done = look_for_fleet(); !done) return done.error();
    if (plan_.managed_by_fleet) return std::move(plan_);
    if (auto done = all_of(pipelines); !done) return done.error();
    if (auto done =
            plan_lifecycle(client_, assets_, engine.word == "opensearch", wishes_, plan_.steps);
        !done)
      return done.error();
    if (auto done = all_of(components); !done) return done.error();
    if (auto done = custom(); !done) return done.error();
    if (auto done = all_of(templates); !done) return done.error();
    if (auto done = plan_data_streams(client_, assets_, plan_.steps); !done) return done.error();
    return std::move(plan_);
  }

 private:
  Result<json::value> there(const Kind& kind, const std::string& name) {
    const auto answer =
        look_up(client_, kind.target + name, fmt::format("reading the {} {}", kind.word, name));
    if (!answer) return answer.error();
    return *answer ? found_in(**answer, kind, name) : json::value();
  }

  // Fleet's are all there, or it is not our package that Fleet has installed: Elastic has one of
  // the same name, without the stream health and with other mappings.
  Result<void> look_for_fleet() {
    std::string missing;
    for (const auto& entry : part(assets_, templates.part)) {
      const std::string name(entry.key());
      const auto found = there(templates, name);
      if (!found) return found.error();
      if (is_of_fleet(*found)) plan_.managed_by_fleet = true;
      if (found->is_null()) missing = name;
    }
    if (!plan_.managed_by_fleet || missing.empty()) return {};
    return Failure{
        ExitCode::configuration,
        {fmt::format("{}: Fleet has index templates of the names of ours and none '{}': another "
                     "package of that name is installed, such as Elastic's own, or an older one of "
                     "ours; update or remove it, or give data_stream.dataset another name, such as "
                     "claude_metrics.usage",
                     client_.host(), missing)}};
  }

  Result<void> all_of(const Kind& kind) {
    for (const auto& entry : part(assets_, kind.part)) {
      const std::string name(entry.key());
      const auto found = there(kind, name);
      if (!found) return found.error();
      Step step{.kind = kind.word, .name = name};
      if (found->is_null()) {
        step.effect = Effect::created;
      } else if (!is_ours(*found, entry.value())) {
        return not_ours(client_, kind, name);
      } else if (!contains(*found, entry.value())) {
        step.effect = Effect::updated;
      }
      if (kind.part == templates.part)
        if (auto done = replace_former(step, name, entry.value()); !done) return done.error();
      if (step.effect != Effect::unchanged)
        step.requests.push_back(put(kind.target + name, entry.value()));
      plan_.steps.push_back(std::move(step));
    }
    return {};
  }

  // Templates once were named otherwise. An engine refuses two of one priority, and keeps a
  // template whose pattern fits a data stream: so the new one comes first and above, and the former
  // one is taken its pattern before it goes.
  Result<void> replace_former(Step& step, const std::string& name, const json::value& ours) {
    for (const auto& former : part(assets_, "former_templates")) {
      if (!former.value().is_string() || former.value().get_string() != name) continue;
      const std::string old(former.key());
      const auto found = there(templates, old);
      if (!found) return found.error();
      if (found->is_null() || !is_ours(*found, ours)) continue;
      json::value above = ours;
      above.get_object()["priority"] = ours.at("priority").to_number<std::int64_t>() + 1;
      json::value aside = ours;
      aside.get_object()["index_patterns"] = json::array{old + "-former"};
      step.requests = {put(templates.target + name, above),
                       put(templates.target + old, aside),
                       {.method = "DELETE", .target = templates.target + old}};
      step.effect = Effect::updated;
      step.why = "in place of " + old;
    }
    return {};
  }

  // The user's: made empty, never touched again.
  Result<void> custom() {
    for (const auto& entry : part(assets_, "custom")) {
      const std::string name(entry.key());
      const auto found = there(components, name);
      if (!found) return found.error();
      Step step{.kind = components.word, .name = name};
      if (found->is_null()) {
        step.effect = Effect::created;
        step.requests.push_back(put(components.target + name, entry.value()));
      } else if (!contains(*found, entry.value())) {
        step.effect = Effect::left;
        step.why = "it is yours";
      }
      plan_.steps.push_back(std::move(step));
    }
    return {};
  }

  StoreClient& client_;
  const json::object& assets_;
  const SetupWishes& wishes_;
  SetupPlan plan_;
};

}  // namespace

Result<SetupPlan> plan_store(StoreClient& client, const Assets& assets, const SetupWishes& wishes) {
  const auto engine = engine_of(client);
  if (!engine) return engine.error();
  const json::object& ours = assets.engine(engine->word);
  if (const auto least = too_old(ours, engine->version)) {
    return Failure{ExitCode::configuration,
                   {fmt::format("{} is {}; the templates need {} or newer, update it",
                                client.host(), engine->name, *least)}};
  }
  return StorePlanner(client, ours, wishes).plan(*engine);
}

Result<void> carry_out(StoreClient& client, std::vector<Step> steps,
                       const std::function<void(const Step&)>& done) {
  for (Step& step : steps) {
    const std::string what = step.kind + " " + step.name;
    for (std::size_t i = 0; i < step.requests.size(); ++i) {
      auto answer = answer_to(client, std::move(step.requests[i]));
      if (!answer) return answer.error();
      const bool last = i + 1 == step.requests.size();
      if (answer->status == 400 && last && step.or_this) {
        step.why = reason_of(*answer);
        answer = answer_to(client, std::move(*step.or_this));
        if (!answer) return answer.error();
        step.effect = step.or_effect;
      }
      if (!answer->fine()) return refusal(client, *answer, what);
      if (const auto kept = not_imported(*answer); !kept.empty()) {
        return Failure{
            ExitCode::sink_failed,
            {fmt::format("{}: {}: Kibana did not take {}; run setup again when the cause "
                         "is removed",
                         client.host(), what, kept)}};
      }
    }
    done(step);
  }
  return {};
}

}  // namespace anthropic_metrics::host
