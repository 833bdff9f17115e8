// SPDX-License-Identifier: Apache-2.0
// `setup`: installs in the stores of a policy, and in Kibana, what documents and dashboards need.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/printable.hpp"
#include "commands/assets_option.hpp"
#include "commands/policy_command.hpp"
#include "dataset.hpp"
#include "outputs/elasticsearch.hpp"
#include "progress.hpp"
#include "run/plan.hpp"
#include "setup/store_setup.hpp"
#include "store/http_settings.hpp"

namespace anthropic_metrics::host {
namespace {

// Cost is corrected for 35 days; a correction without its first document is a wrong sum.
constexpr int least_retention = 36;

struct Words {
  std::string_view done;
  std::string_view planned;
};
// In the order of Effect.
constexpr std::array<Words, 6> effect_words{{{"created", "would create"},
                                             {"updated", "would update"},
                                             {"rolled over", "would roll over"},
                                             {"removed", "would remove"},
                                             {"unchanged", "unchanged"},
                                             {"left", "left as it is"}}};

std::string line_of(const Step& step, bool dry) {
  const Words& words = effect_words[static_cast<std::size_t>(step.effect)];
  return printable(fmt::format("  {:<15} {} {}{}", dry ? words.planned : words.done, step.kind,
                               step.name, step.why.empty() ? "" : " (" + step.why + ")"));
}

std::string summary(const std::vector<Step>& steps) {
  std::array<int, effect_words.size()> counts{};
  for (const Step& step : steps) ++counts[static_cast<std::size_t>(step.effect)];
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[i], effect_words[i].done);
  return text;
}

// As a browser reads it: without a port the usual one of its scheme.
Result<std::string> kibana_host(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  const std::size_t scheme = url.find("://");
  if (scheme != std::string::npos) {
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min(url.find('/', begin), url.size());
    const std::string authority = url.substr(begin, end - begin);
    const std::size_t bracket = authority.rfind(']');
    if (authority.find(':', bracket == std::string::npos ? 0 : bracket) == std::string::npos)
      url.insert(end, url.starts_with("https") ? ":443" : ":80");
  }
  if (const auto parsed = parse_store_url(url); !parsed || scheme == std::string::npos) {
    return Failure{
        ExitCode::usage,
        {"--kibana: expected an address such as https://kibana.example:5601 without a login"}};
  }
  return url;
}

// A store that inputs write to, and the names of their data sets: each has templates and dashboards
// of its own.
struct Store {
  const ElasticsearchOutput* output = nullptr;
  std::set<std::string> names;
};

std::vector<Store> stores_of(const Plan& plan) {
  std::vector<Store> stores;
  for (const InstanceSpec& spec : plan.specs) {
    const auto* output = dynamic_cast<const ElasticsearchOutput*>(spec.output.get());
    if (output == nullptr) continue;
    auto known = std::find_if(stores.begin(), stores.end(), [&](const Store& other) {
      return other.output->store() == output->store();
    });
    if (known == stores.end()) known = stores.insert(stores.end(), {output, {}});
    for (const StreamTarget& target : spec.targets)
      known->names.insert(name_in(target.data_stream()));
  }
  return stores;
}

class Setup : public PolicyCommand {
 public:
  std::vector<Option> options() override {
    auto options = PolicyCommand::options();
    options.push_back(assets_option(assets_file_));
    options.push_back({.names = "--kibana",
                       .sentence = "Also install dashboards and, switched off, alert rules there",
                       .value = &kibana_,
                       .type = "URL"});
    options.push_back({.names = "--retention",
                       .sentence = "Delete an index so many days after the next one began (400d)",
                       .value = &wishes_.retention,
                       .type = "DAYSd"});
    options.push_back({.names = "--replace-policy",
                       .sentence = "Put our lifecycle policy in place of one that differs",
                       .value = &wishes_.replace_policy});
    options.push_back({.names = "--replace-rules",
                       .sentence = "With --kibana: put our alert rules in place of changed ones",
                       .value = &wishes_.replace_rules});
    options.push_back({.names = "--dry-run",
                       .sentence = "Look, say what would be done, and change nothing",
                       .value = &dry_});
    return options;
  }

  Result<void> check() override {
    if (auto fine = PolicyCommand::check(); !fine) return fine;
    if (auto fine = check_retention(); !fine) return fine;
    if (kibana_.empty()) return {};
    const auto host = kibana_host(kibana_);
    if (!host) return host.error();
    kibana_ = *host;
    return {};
  }

  Result<void> run(Log& log) override {
    const auto plugin = find_plugin(settings_.plugin);
    if (!plugin) return plugin.error();
    // Nothing is collected here, so a machine without the key will do.
    if (std::getenv("ANTHROPIC_ADMIN_KEY") == nullptr)
      settings_.environment["ANTHROPIC_ADMIN_KEY"] = "setup-asks-for-no-report";
    const auto plan = make_plan(settings_, *plugin, log);
    if (!plan) return plan.error();
    const std::vector<Store> stores = stores_of(*plan);
    if (stores.empty()) {
      return Failure{
          ExitCode::configuration,
          {fmt::format("{}: no input writes to an output of 'type: elasticsearch', so there is "
                       "nothing to install; add one (anthropic-metrics export policy shows it)",
                       settings_.policy_file.string())}};
    }
    for (const Store& store : stores) {
      for (const std::string& name : store.names) {
        const auto assets = find_assets(assets_file_, settings_.plugin, name);
        if (!assets) return assets.error();
        if (auto done = set_up(store.output->store(), *assets, log); !done) return done;
      }
    }
    if (dry_) fmt::print("Nothing was changed (--dry-run).\n");
    return {};
  }

 private:
  Result<void> check_retention() const {
    if (wishes_.retention.empty()) return {};
    int days = 0;
    const char* begin = wishes_.retention.data();
    const char* end = begin + wishes_.retention.size();
    const auto read = std::from_chars(begin, end, days);
    if (read.ec != std::errc() || read.ptr + 1 != end || *read.ptr != 'd' || days < 1 ||
        days > 99'999)
      return Failure{
          ExitCode::usage,
          {fmt::format("--retention '{}': expected days, such as 400d", wishes_.retention)}};
    if (days < least_retention) {
      return Failure{
          ExitCode::usage,
          {fmt::format("--retention {}: rows are corrected for 35 days, and deleting them earlier "
                       "makes sums wrong; take {}d or more",
                       wishes_.retention, least_retention)}};
    }
    return {};
  }

  // All is looked at before anything is changed.
  Result<void> set_up(const StoreSettings& store, const Assets& assets, Log& log) const {
    const auto client = StoreClient::make(store, log);
    if (!client) return client.error();
    auto plan = plan_store(**client, assets, wishes_);
    if (!plan) return plan.error();
    std::unique_ptr<StoreClient> kibana;
    SetupPlan dashboards;
    if (!kibana_.empty()) {
      if (plan->engine == "opensearch") {
        return Failure{ExitCode::usage,
                       {"--kibana: the dashboards ask ES|QL, which OpenSearch does not have; leave "
                        "the option out"}};
      }
      StoreSettings settings = store;
      settings.hosts = {kibana_};
      auto made = StoreClient::make(settings, log);
      if (!made) return made.error();
      kibana = std::move(*made);
      auto planned = plan_kibana(*kibana, assets, wishes_, plan->managed_by_fleet);
      if (!planned) return planned.error();
      dashboards = std::move(*planned);
    }
    if (auto done = carry(**client, std::move(*plan), log); !done) return done;
    return kibana ? carry(*kibana, std::move(dashboards), log) : Result<void>();
  }

  Result<void> carry(StoreClient& client, SetupPlan plan, Log& log) const {
    fmt::print("{}\n", printable(plan.place));
    if (plan.managed_by_fleet && plan.steps.empty()) {
      fmt::print("  Fleet has installed the package; templates and pipelines are left to it.\n");
      return {};
    }
    if (dry_) {
      for (const Step& step : plan.steps) fmt::print("{}\n", line_of(step, true));
      return {};
    }
    std::vector<Step> done;
    const auto began = std::chrono::steady_clock::now();
    const auto all = static_cast<double>(plan.steps.size());
    const auto fine = carry_out(client, std::move(plan.steps), [&](const Step& step) {
      done.push_back(step);
      log.show({});
      fmt::print("{}\n", line_of(step, false));
      std::fflush(stdout);  // whoever watches sees how far it is
      const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - began);
      const Progress progress{.share = static_cast<double>(done.size()) / all, .elapsed = elapsed};
      if (log.is_watched()) log.show(progress_line(progress, log.columns() - 1));
    });
    log.show({});
    if (!done.empty()) fmt::print("  {}\n", summary(done));
    return fine;
  }

  SetupWishes wishes_;
  std::filesystem::path assets_file_;
  std::string kibana_;
  bool dry_ = false;
};

const Registration registered({.name = "setup",
                               .sentence = "Install templates, pipelines and dashboards",
                               .place = 2,
                               .make = make_command<Setup>});

}  // namespace
}  // namespace anthropic_metrics::host
