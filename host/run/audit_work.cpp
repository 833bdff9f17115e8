// SPDX-License-Identifier: Apache-2.0
#include "run/audit_work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <utility>

#include "base/time_text.hpp"
#include "json_access.hpp"
#include "outputs/dead_letters.hpp"
#include "outputs/elasticsearch.hpp"
#include "outputs/file.hpp"
#include "proof/audit_window.hpp"
#include "proof/file_source.hpp"
#include "proof/reading_config.hpp"
#include "proof/store_source.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// Until when the running host has read a stream, by its own account.
std::optional<Instant> cursor_in(std::string_view status, const std::string& input,
                                 const std::string& stream) {
  boost::system::error_code error;
  const json::value whole = json::parse(status, error);
  const json::object* told = error ? nullptr : whole.if_object();
  const json::value* inputs = told == nullptr ? nullptr : value_in(*told, "inputs");
  if (inputs == nullptr || !inputs->is_array()) return std::nullopt;
  for (const json::value& item : inputs->get_array()) {
    const json::object* one = item.if_object();
    if (one == nullptr || text_in(*one, "id") != input) continue;
    const json::object* streams = object_in(*one, "streams");
    const json::object* own = streams == nullptr ? nullptr : object_in(*streams, stream);
    if (own != nullptr) return parse_rfc3339(text_in(*own, "cursor"));
  }
  return std::nullopt;
}

class Maker {
 public:
  Maker(const InstanceSpec& spec, const PluginLibrary& plugin, const AuditWish& wish,
        const std::stop_token& stop, Log& log)
      : spec_(spec), plugin_(plugin), wish_(wish), stop_(stop), log_(log) {}

  Result<void> add(InputAudit& made, std::uint32_t index, const RowFields& fields,
                   std::string_view status) {
    const StreamTarget& target = spec_.targets[index];
    const StreamWork work =
        work_of(spec_.config, schema_, target.name,
                fields.widths.empty() ? std::string("1d") : fields.widths.front());
    if (work.hashed) {
      made.problems.push_back(
          fmt::format("input '{}': {} says persons by a hash whose key only its state has, so what "
                      "the API says cannot be told apart like that; audit it where personal_data "
                      "is none or full",
                      spec_.id, target.name));
      return {};
    }
    const StreamWork settled = with_settle(work, fields);
    const auto asked = server_time(target.name, work.grain);
    if (!asked) {
      told_of_api_ = true;
      leave_out(made, asked.error());
      return {};
    }
    const Instant now = *asked;
    AuditWindow window = newest_day_of(settled, now);
    if (!wish_.newest_day) {
      const auto wished = window_of(wish_.from, wish_.to, settled, now);
      if (!wished) return wished.error();
      window = *wished;
    }
    AuditTask task;
    if (const auto cursor = cursor_in(status, spec_.id, target.name))
      task.read_until = cursor->time_since_epoch().count();
    task.stream = target.name;
    task.index = index;
    task.fields = fields;
    task.grain = work.grain;
    task.from = window.from;
    task.to = window.to;
    task.delay = settled.delay();
    if (wish_.held) {
      auto holdings = holdings_of(made, target, fields, work.grain);
      if (!holdings) {
        leave_out(made, holdings.error());
        return {};
      }
      task.holdings = std::move(*holdings);
    }
    task.reading = reading_of_stream(target.name);
    made.tasks.push_back(std::move(task));
    return {};
  }

  // The API does not answer, which is told: more of it would be told again.
  bool told_of_api() const { return told_of_api_; }

 private:
  static void leave_out(InputAudit& made, const Failure& why) {
    made.problems.insert(made.problems.end(), why.lines.begin(), why.lines.end());
  }

  // Time is what the API says, asked for once.
  Result<Instant> server_time(const std::string& stream, const Grain& grain) {
    if (wish_.now) return *wish_.now;
    if (!now_) {
      const auto reading = reading_of_stream(stream)(grain);
      if (!reading) return reading.error();
      if (auto met = (*reading)->meet(); !met) return met.error();
      now_ = (*reading)->server_time();
    }
    return *now_;
  }

  static StreamWork with_settle(StreamWork work, const RowFields& fields) {
    if (!work.settles) work.settle = fields.settle;
    return work;
  }

  MakeReading reading_of_stream(const std::string& stream) const {
    const beat_read_api& read = *host::reading_of(plugin_.api());
    return [plugin = &plugin_, &read, log = &log_, id = spec_.id, config = spec_.config,
            stop = stop_, stream](const Grain& grain) {
      ReadingParts parts{plugin->api(), read, *log, id, nullptr, stop};
      parts.config = reading_config(config, plugin->describe(BEAT_DESCRIBE_CONFIG_SCHEMA),
                                    plugin->streams(), stream, grain);
      return Reading::make(std::move(parts));
    };
  }

  Result<std::shared_ptr<Holdings>> holdings_of(InputAudit& made, const StreamTarget& target,
                                                const RowFields& fields, const Grain& grain) {
    const auto* files = dynamic_cast<const FileOutput*>(spec_.output.get());
    const auto* store = dynamic_cast<const ElasticsearchOutput*>(spec_.output.get());
    if (!wish_.files.empty())
      return std::shared_ptr<Holdings>(holdings_in(
          FileHoldingParts{[named = wish_.files] { return named; }, listed(names_of(wish_.files)),
                           target.dataset, fields, grain}));
    if (files != nullptr)
      return std::shared_ptr<Holdings>(holdings_in(FileHoldingParts{
          [output = files->settings(), target] { return files_of(output, target); },
          target.data_stream(), target.dataset, fields, grain}));
    if (store == nullptr)
      return Failure{
          ExitCode::not_compared,
          {fmt::format("input '{}': its output '{}' is of type {} and keeps nothing that "
                       "could be compared; name files of documents with --files",
                       spec_.id, spec_.output->name(), spec_.output->type())}};
    if (made.client == nullptr) {
      auto client = StoreClient::make(store->store(), log_);
      if (!client) return client.error();
      made.client = std::move(*client);
    }
    const BulkSettings& bulk = store->bulk();
    const DeadLetters letters(store->name(), bulk.dead_letter_path, bulk.dead_letter_max_kb * 1024);
    return std::shared_ptr<Holdings>(holdings_in(StoreHoldingParts{
        *made.client, store->name(), target.data_stream(), fields, grain, letters.file(), stop_}));
  }

  static std::vector<std::string> names_of(const std::vector<std::filesystem::path>& files) {
    std::vector<std::string> names;
    for (const auto& file : files) names.push_back(file.string());
    return names;
  }

  const InstanceSpec& spec_;
  const PluginLibrary& plugin_;
  const AuditWish& wish_;
  const std::stop_token stop_;
  Log& log_;
  std::optional<Instant> now_;
  bool told_of_api_ = false;
  const json::value schema_ = plugin_.describe(BEAT_DESCRIBE_CONFIG_SCHEMA);
};

}  // namespace

Result<InputAudit> audit_of(const InstanceSpec& spec, const PluginLibrary& plugin,
                            const AuditWish& wish, std::string_view status,
                            const std::stop_token& stop, Log& log) {
  const json::value streams = plugin.describe(BEAT_DESCRIBE_STREAMS);
  const auto wanted = [&](const std::string& name) {
    return std::find(wish.streams.begin(), wish.streams.end(), name) != wish.streams.end();
  };
  InputAudit made;
  Maker maker(spec, plugin, wish, stop, log);
  for (std::uint32_t i = 0; i < spec.targets.size(); ++i) {
    const StreamTarget& target = spec.targets[i];
    const auto fields = row_fields(streams, target.name);
    if (!fields || (!wish.streams.empty() && !wanted(target.name))) continue;
    if (!target.on) {
      if (wanted(target.name))
        made.problems.push_back(
            fmt::format("input '{}': stream '{}' is switched off, so nothing of it is written; "
                        "switch it on, or leave it out of --stream",
                        spec.id, target.name));
      continue;
    }
    if (auto added = maker.add(made, i, *fields, status); !added) return added.error();
    if (maker.told_of_api()) break;
  }
  return made;
}

Result<void> check_streams(const PluginLibrary& plugin, const std::vector<std::string>& names) {
  if (reading_of(plugin.api()) == nullptr)
    return Failure{ExitCode::wrong_abi,
                   {fmt::format("the plugin {} reads no windows on request ({}); install host and "
                                "plugin of the same release",
                                plugin.file().string(), BEAT_READ_ID)}};
  const auto known = streams_of_rows(plugin.describe(BEAT_DESCRIBE_STREAMS));
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return Failure{ExitCode::usage,
                     {fmt::format("--stream: there is no stream '{}' whose documents add up; those "
                                  "that can be audited are {}",
                                  name, listed(known))}};
  return {};
}

}  // namespace anthropic_metrics::host
