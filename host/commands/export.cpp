// SPDX-License-Identifier: Apache-2.0
// `export`: what other tools build upon, what `setup` installs, and line items of the bill, on
// standard output.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "commands/assets_option.hpp"
#include "commands/finance_options.hpp"
#include "commands/manual_page.hpp"
#include "commands/policy_command.hpp"
#include "commands/print.hpp"
#include "dataset.hpp"
#include "finance/focus.hpp"
#include "finance/line_items_csv.hpp"

namespace anthropic_metrics::host {
namespace {

// One JSON object: the plugin's manifest, its configuration schema and its streams.
Result<std::string> description_of(const PluginLibrary& plugin) {
  struct Part {
    const char* name;
    std::int32_t what;
  };
  boost::json::object description;
  for (const Part& part : {Part{"manifest", BEAT_DESCRIBE_MANIFEST},
                           Part{"configuration", BEAT_DESCRIBE_CONFIG_SCHEMA},
                           Part{"streams", BEAT_DESCRIBE_STREAMS}}) {
    boost::json::value value = plugin.describe(part.what);
    if (value.is_null()) {
      return Failure{ExitCode::wrong_abi,
                     {fmt::format("the plugin {} does not describe its {}; install host and plugin "
                                  "of the same release",
                                  plugin.file().string(), part.name)}};
    }
    description[part.name] = std::move(value);
  }
  return boost::json::serialize(description) + "\n";
}

// All that is needed, ready to be filled in; streams that are not listed run with their defaults.
constexpr std::string_view policy =
    R"(# anthropic-metrics setup -c FILE, then run -c FILE. The store's address and its key:
outputs:
  default:
    type: elasticsearch # OpenSearch, too, with username and password
    hosts: ["https://localhost:9200"]
    api_key: "${ES_API_KEY}"
inputs:
  - id: my-organization
    type: anthropic_metrics
    admin_api_key: "${ANTHROPIC_ADMIN_KEY}"
)";

boost::json::object joined(const boost::json::object& a, const boost::json::object& b) {
  boost::json::object both = a;
  for (const auto& member : b) both[member.key()] = member.value();
  return both;
}

// What setup would put into an engine, with the names and in the form of its requests.
std::string templates_of(const boost::json::object& engine) {
  return boost::json::serialize(boost::json::object{
             {"lifecycle", part(engine, "lifecycle")},
             {"component_templates", joined(part(engine, "components"), part(engine, "custom"))},
             {"index_templates", part(engine, "templates")}}) +
         "\n";
}

// A line for each saved object, as Kibana imports them under Saved Objects.
std::string saved_objects(const boost::json::object& kibana) {
  std::string lines;
  for (const boost::json::value& object : kibana.at("objects").get_array())
    lines += boost::json::serialize(object) + "\n";
  return lines;
}

class Export : public PolicyCommand {
 public:
  std::vector<Option> options() override {
    std::vector<Option> options{
        {.names = "what",
         .sentence =
             "description: the plugin's version, configuration schema and streams; policy: "
             "one to fill in; manual: the page that man shows; template, pipeline: what setup puts "
             "into the store; dashboard: what Kibana imports; csv: line items of the bill; focus: "
             "the same in the columns of FOCUS 1.2",
         .value = &what_,
         .required = true,
         .words = {"description", "policy", "manual", "template", "pipeline", "dashboard", "csv",
                   "focus"}},
        {.names = "--engine",
         .sentence = "Whose templates and pipelines",
         .value = &engine_,
         .shows_default = true,
         .words = {"elasticsearch", "serverless", "opensearch"}},
        {.names = "--name",
         .sentence = "For data sets of this name, as the policy has them (NAME.usage)",
         .value = &name_,
         .type = "NAME",
         .shows_default = true},
        assets_option(assets_file_)};
    for (Option& option : PolicyCommand::options()) {
      option.required = false;
      options.push_back(std::move(option));
    }
    for (Option& option : finance_.options()) options.push_back(std::move(option));
    options.push_back({.names = "--source",
                       .sentence =
                           "Where line items are read: what the output holds, the API as it "
                           "tells them now, or --files",
                       .value = &source_,
                       .words = {"store", "api", "files"}});
    options.push_back({.names = "--invoice-id",
                       .sentence = "focus: the number of the invoice that the lines are on",
                       .value = &invoice_,
                       .type = "TEXT"});
    return options;
  }

  Result<void> check() override {
    if (!of_bill()) return PolicyCommand::check();
    if (settings_.policy_file.empty())
      return Failure{
          ExitCode::usage,
          {fmt::format("export {} reads what a policy collects; name it with -c", what_)}};
    if (source_.empty()) source_ = finance_.files.empty() ? "store" : "files";
    if ((source_ == "files") != !finance_.files.empty())
      return Failure{ExitCode::usage,
                     {source_ == "files"
                          ? std::string("--source files: name them with --files")
                          : fmt::format("--files is of --source files; leave it out, or say that "
                                        "instead of {}",
                                        source_)}};
    const auto wish = finance_.wish(source_ != "api", source_ == "api");
    if (!wish) return wish.error();
    wish_ = *wish;
    return PolicyCommand::check();
  }

  Result<void> run(Log& log) override {
    const auto text = of_bill() ? line_items(log) : wanted();
    if (!text) return text.error();
    return print_whole(*text, what_);
  }

 private:
  bool of_bill() const { return what_ == "csv" || what_ == "focus"; }

  Result<std::string> wanted() const {
    if (what_ == "policy") return std::string(policy);
    if (what_ == "manual") return manual_page();
    if (what_ == "description") {
      const auto plugin = find_plugin(settings_.plugin);
      if (!plugin) return plugin.error();
      return description_of(*plugin);
    }
    const auto assets = find_assets(assets_file_, settings_.plugin, name_);
    if (!assets) return assets.error();
    if (what_ == "dashboard") return saved_objects(assets->kibana());
    const boost::json::object& engine = assets->engine(engine_);
    if (what_ == "template") return templates_of(engine);
    return boost::json::serialize(part(engine, "pipelines")) + "\n";
  }

  // Half a bill is none: whatever cannot be read ends it.
  Result<std::string> line_items(Log& log) const {
    const auto inputs = read_books(settings_, wish_, finance_.organization, log);
    if (!inputs) return inputs.error();
    std::vector<Books> all;
    Failure failure{ExitCode::not_compared};
    for (const InputBooks& input : *inputs) {
      const BooksRead& side = source_ == "api" ? input.api : input.held;
      for (const std::vector<std::string>* lines : {&input.held.problems, &input.api.problems})
        failure.lines.insert(failure.lines.end(), lines->begin(), lines->end());
      for (const Books& books : side.books) {
        failure.lines.insert(failure.lines.end(), books.problems.begin(), books.problems.end());
        if (!books.items.empty()) all.push_back(books);
      }
      if (what_ == "focus")
        for (const std::string& note : input.notes) log.warn(note);
    }
    if (failure.lines.empty() && all.empty())
      failure.lines.push_back(fmt::format("there is no line item of {}; was cost collected for it?",
                                          wish_.period.name));
    if (!failure.lines.empty()) return failure;
    return log.redacted(what_ == "csv" ? line_items_csv(all) : focus_csv(all, invoice_));
  }

  std::string what_;
  std::string engine_ = "elasticsearch";
  std::string name_{default_name};
  std::filesystem::path assets_file_;
  FinanceOptions finance_;
  std::string source_, invoice_;
  BooksWish wish_;
};

const Registration registered(
    {.name = "export",
     .sentence = "Print what other tools build upon, or what setup installs",
     .place = 4,
     .make = make_command<Export>});

}  // namespace
}  // namespace anthropic_metrics::host
