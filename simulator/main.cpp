// SPDX-License-Identifier: Apache-2.0
// The command line: `serve` puts a simulated organization on loopback, `check` compares collected
// documents with what that organization used. See README.md in this folder.
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

#include "check.hpp"
#include "server.hpp"

namespace {

using namespace anthropic_metrics::simulator;

struct Arguments {
  Options options;
  ServerSettings server;
  std::string epoch = "now";
  std::string as_of;
  std::string history_start;
  std::string fault_script;
  std::string kept;
  std::string analytics_refresh;
  std::string documents;
  std::string description;
  bool exit_with_stdin = false;
  bool allow_resends = false;
  std::int64_t latency_ms = 0;
};

void add_kind_options(CLI::App& command, Options& options) {
  static const std::map<std::string, OrganizationKind> kinds{
      {"console", OrganizationKind::console},
      {"enterprise", OrganizationKind::enterprise},
      {"any", OrganizationKind::any}};
  command
      .add_option("--kind", options.kind,
                  "Kind of organization, which decides what it is offered: console (default), "
                  "enterprise, any")
      ->transform(CLI::Transformer(kinds));
  command.add_flag("--parent", options.parent, "It has child organizations");
  command.add_flag("--hipaa", options.hipaa, "It is ready for HIPAA: no analytics reports");
  command.add_flag("--spend-limits,!--no-spend-limits", options.spend_limits,
                   "A Console organization may read spend limits, which is the default");
  command
      .add_option("--workspaces", options.workspaces,
                  "Workspaces beside the default one; 0: by --groups")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command.add_option("--keys", options.keys_per_workspace, "API keys in each workspace")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  command
      .add_option("--directory-change-rate", options.directory_change_rate,
                  "Part of weeks in which a name, a tag or a budget changes")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

/// What decides the data: equal for `serve` and the `check` of what it served.
void add_data_options(CLI::App& command, Arguments& arguments) {
  Options& options = arguments.options;
  command.add_option("--seed", options.seed, "Which organization")->capture_default_str();
  command.add_option("--groups", options.groups, "Rows of a busy bucket")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--activity", options.activity, "Part of minutes with usage")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--history-start", arguments.history_start, "No usage before (RFC 3339)");
  command.add_option("--late-rate", options.late_rate, "Part of minutes that arrive late")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--restate-rate", options.restate_rate, "Part of hours restated")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--vanish-rate", options.vanish_rate, "Part of hours whose row vanishes")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--limit-change-rate", options.limit_change_rate,
                  "Part of half days with other rate limits")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_kind_options(command, options);
  command
      .add_option("--revision-rate", options.revision_rate,
                  "Part of hours that analytics reports revise, up to 29 days later")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--analytics-refresh", arguments.analytics_refresh,
                     "How often analytics reports are refreshed (default: 1h)");
  command.add_flag("--odd-watermark,!--plain-watermark", options.odd_watermark,
                   "data_refreshed_at may be null, stay or go back, which is the default");
  command.add_option("--epoch", arguments.epoch, "Virtual time at the start: RFC 3339, or now")
      ->capture_default_str();
}

void add_server_options(CLI::App& command, Arguments& arguments) {
  Options& options = arguments.options;
  command.add_option("--port", arguments.server.port, "0 chooses a free one")
      ->capture_default_str();
  command.add_flag("--tls,!--plain", arguments.server.tls, "HTTPS, which is the default, or HTTP");
  command.add_option("--certificates", arguments.server.certificates,
                     "Where ca.pem is written (default: a temporary directory)");
  command.add_flag("--require-client-certificate", arguments.server.require_client_certificate,
                   "Mutual TLS");
  command.add_option("--speed", options.speed, "Virtual seconds per second; 0 stands still")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--open-bucket", options.open_bucket, "Also return the bucket in progress");
  command.add_flag("--future-buckets", options.future_buckets,
                   "Also return buckets of the future, empty");
  command
      .add_option("--page-buckets", options.page_buckets,
                  "At most so many buckets in a page, whatever is asked for; 0: as many")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--kept", arguments.kept, "Leave out buckets older than this, such as 10d");
  command.add_option("--faults", arguments.fault_script, "Fault script (JSON, see faults.hpp)")
      ->check(CLI::ExistingFile);
  command.add_option("--fault-rate", options.fault_rate, "Part of requests that fail")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--latency-ms", arguments.latency_ms, "Added to each answer")
      ->check(CLI::Range(0, 600000))
      ->capture_default_str();
  command.add_flag("--chunked", options.chunked, "Send bodies in chunks");
  // The default is not captured: help must not print a key taken from the environment.
  command
      .add_option("--admin-key", options.admin_key,
                  "The key that is accepted (default: sk-ant-admin01-simulator)")
      ->envname("ANTHROPIC_ADMIN_KEY");
  command
      .add_option("--oauth-token", options.oauth_token,
                  "The bearer token that is accepted (default: sk-ant-oat01-simulator)")
      ->envname("ANTHROPIC_OAUTH_TOKEN");
  command
      .add_option("--enterprise-key", options.enterprise_key,
                  "The Enterprise key that is accepted (default: sk-ant-api01-simulator)")
      ->envname("ANTHROPIC_ENTERPRISE_KEY");
  command.add_option("--enterprise-scopes", options.enterprise_scopes,
                     "Its scopes (default: read:analytics read:spend_limits read:members)");
  command.add_flag("--exit-with-stdin", arguments.exit_with_stdin, "Stop when standard input ends");
}

Instant parse_instant(const std::string& text, const char* option) {
  const auto time = parse_rfc3339(text);
  if (!time)
    throw CLI::ValidationError(
        option, "expected RFC 3339 such as 2026-09-01T00:00:00Z, got '" + text + "'");
  return std::chrono::floor<std::chrono::seconds>(*time);
}

void resolve_times(Arguments& arguments) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  arguments.options.epoch =
      arguments.epoch == "now" ? now : parse_instant(arguments.epoch, "--epoch");
  if (!arguments.history_start.empty()) {
    arguments.options.history_start = parse_instant(arguments.history_start, "--history-start");
  }
  if (!arguments.analytics_refresh.empty()) {
    const auto refresh = parse_duration(arguments.analytics_refresh);
    if (!refresh || *refresh < std::chrono::minutes{1})
      throw CLI::ValidationError("--analytics-refresh", "expected a duration such as 1h, got '" +
                                                            arguments.analytics_refresh + "'");
    arguments.options.analytics_refresh = *refresh;
  }
  if (!arguments.kept.empty()) {
    const auto kept = parse_duration(arguments.kept);
    if (!kept)
      throw CLI::ValidationError(
          "--kept", "expected a duration such as 24h or 10d, got '" + arguments.kept + "'");
    arguments.options.kept = *kept;
  }
  arguments.options.latency = std::chrono::milliseconds{arguments.latency_ms};
}

/// Reads what is there; complete lines are commands. False at the end of the input.
bool read_commands(std::string& pending, Simulator& simulator) {
  char block[4096];
  const ssize_t size = ::read(STDIN_FILENO, block, sizeof block);
  if (size <= 0) return false;
  pending.append(block, static_cast<std::size_t>(size));
  for (std::size_t end; (end = pending.find('\n')) != std::string::npos;
       pending.erase(0, end + 1)) {
    std::istringstream line(pending.substr(0, end));
    std::string command, argument;
    line >> command >> argument;
    const auto step = parse_duration(argument);
    if (command == "advance" && step)
      simulator.advance(*step);
    else if (!command.empty())
      std::cerr << "unknown command; expected: advance <duration such as 90s, 5m, 24h or 7d>\n";
  }
  return true;
}

/// Until a signal, or the end of standard input when that ends us.
void wait(int signals, bool exit_with_stdin, Simulator& simulator) {
  std::string pending;
  bool reading = true;
  for (;;) {
    pollfd files[2]{{signals, POLLIN, 0}, {reading ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(files, 2, -1) < 0 && errno != EINTR) return;
    if (files[0].revents != 0) return;
    if (files[1].revents != 0 && !read_commands(pending, simulator)) {
      if (exit_with_stdin) return;
      reading = false;
    }
  }
}

int serve(Arguments& arguments) {
  // Threads inherit the mask, so signals come to `wait` alone.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);

  Simulator simulator(arguments.options);
  if (!arguments.fault_script.empty()) {
    std::ifstream file(arguments.fault_script);
    const std::string script{std::istreambuf_iterator<char>(file), {}};
    if (const auto problem = simulator.add_faults(script)) {
      std::cerr << *problem << '\n';
      return 2;
    }
  }
  if (!arguments.server.certificates.empty()) {
    arguments.server.certificates = std::filesystem::absolute(arguments.server.certificates);
  }
  Server server(simulator, arguments.server);
  std::string line = "{\"url\":\"" + server.url() + "\",\"certificate_authority\":";
  append_json(line, server.certificate_authority().string());
  line += ",\"organization_id\":\"" + simulator.organization().id +
          "\",\"seed\":" + std::to_string(arguments.options.seed) + ",\"epoch\":\"" +
          format_rfc3339(arguments.options.epoch) + "\",\"endpoints\":[";
  for (const std::string& path : Api::endpoints())
    append_json(line.append(line.back() == '[' ? "" : ","), path);
  line += "]}";
  std::cout << line << std::endl;
  wait(signals, arguments.exit_with_stdin, simulator);
  server.stop();
  return 0;
}

int check(const Arguments& arguments) {
  const Instant as_of =
      arguments.as_of.empty() ? arguments.options.epoch : parse_instant(arguments.as_of, "--as-of");
  const auto described = arguments.description.empty() ? std::vector<DescribedStream>{}
                                                       : read_description(arguments.description);
  const auto report = check_directory(arguments.documents, arguments.options, as_of, described);
  print(report, std::cout);
  return report.passed(arguments.allow_resends) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "A simulated Anthropic Admin API on loopback, and the check of what was collected from it.");
  app.require_subcommand(1);
  Arguments arguments;
  arguments.options.speed = 1;
  CLI::App& serve_command = *app.add_subcommand(
      "serve", "Serve until SIGINT or SIGTERM; prints one line of JSON when listening");
  add_data_options(serve_command, arguments);
  add_server_options(serve_command, arguments);
  CLI::App& check_command =
      *app.add_subcommand("check", "Compare documents with the truth; give the options of serve");
  check_command.add_option("--documents", arguments.documents, "Directory with *.ndjson files")
      ->required()
      ->check(CLI::ExistingDirectory);
  check_command
      .add_option(
          "--description", arguments.description,
          "What 'anthropic-metrics export description' prints: every stream of it must have "
          "documents, and lists are compared too")
      ->check(CLI::ExistingFile);
  check_command.add_option("--as-of", arguments.as_of,
                           "Virtual time of the last poll (RFC 3339; default: the epoch)");
  check_command.add_flag("--allow-resends", arguments.allow_resends,
                         "Accept repeated ids, as after a crash");
  add_data_options(check_command, arguments);
  try {
    app.parse(argc, argv);
    resolve_times(arguments);
    return serve_command.parsed() ? serve(arguments) : check(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "anthropic-metrics-simulator: " << error.what() << '\n';
    return 2;
  }
}
