// SPDX-License-Identifier: Apache-2.0
// The program as its users meet it: a policy, a plugin, signals, exit codes.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include "running_binary.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host::test;

namespace {

const std::string fake = std::string(AM_FAKE_PLUGINS) + "/libfake_plugin.so";
using anthropic_metrics::test::canary;

std::string policy(const std::string& output, const std::string& input_settings) {
  return "outputs:\n  default:\n" + output +
         "inputs:\n  - type: anthropic_metrics\n    id: acme\n" + input_settings;
}

const std::string console = "    type: console\n";

std::vector<std::string> run_arguments(const Scratch& scratch, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{
      "run", "-c",          (scratch / "policy.yml").string(), "--plugin",
      fake,  "--path.data", (scratch / "data").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE(
    "run --once writes every document to the console, acknowledges each batch after it, and ends") {
  Scratch scratch;
  write(scratch / "policy.yml",
        policy(console, "    fake_record: " + (scratch / "record").string() + "\n"));

  const Finished run = finish(scratch.folder(), run_arguments(scratch, {"--once"}));

  CHECK(run.code == 0);
  CHECK(lines(run.out).size() == 6);
  CHECK_THAT(run.out, ContainsSubstring("fake-0-0") && ContainsSubstring("fake-2-1"));
  CHECK(lines(read(scratch / "record")) ==
        std::vector<std::string>{"init acme", "ack 1 0", "ack 2 0", "ack 3 0", "shutdown"});
}

TEST_CASE("run --once writes one private file per data stream") {
  Scratch scratch;
  write(scratch / "policy.yml",
        policy("    type: file\n    path: ${path.config}/out\n",
               "    data_stream.namespace: prod\n"
               "    streams:\n"
               "      - data_stream: { dataset: anthropic_metrics.usage }\n"
               "      - data_stream: { dataset: anthropic_metrics.cost, namespace: money }\n"
               "      - data_stream.dataset: anthropic_metrics.rate_limit\n"));

  const Finished run = finish(scratch.folder(), run_arguments(scratch, {"--once"}));

  CHECK(run.code == 0);
  CHECK(lines(read(scratch / "out/metrics-anthropic_metrics.usage-prod.ndjson")).size() == 2);
  CHECK(lines(read(scratch / "out/metrics-anthropic_metrics.cost-money.ndjson")).size() == 2);
  CHECK(lines(read(scratch / "out/metrics-anthropic_metrics.rate_limit-prod.ndjson")).size() == 2);
  struct stat info {};
  REQUIRE(stat((scratch / "out/metrics-anthropic_metrics.usage-prod.ndjson").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("SIGTERM and SIGINT end a run within a second although the plugin is busy") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(console, "    fake_block_ms: 60000\n"));
  for (const int number : {SIGTERM, SIGINT}) {
    RunningBinary binary(scratch.folder(), run_arguments(scratch));
    REQUIRE(binary.says("running"));
    const auto begin = std::chrono::steady_clock::now();

    binary.signal(number);

    CHECK(binary.wait() == 0);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
  }
}

TEST_CASE("a plugin that cannot be stopped does not keep the process beyond a second or so") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(console, "    fake_stuck_ms: 60000\n"));
  RunningBinary binary(scratch.folder(), run_arguments(scratch));
  REQUIRE(binary.says("running"));
  const auto begin = std::chrono::steady_clock::now();

  binary.signal(SIGTERM);

  CHECK(binary.wait() == 0);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("SIGHUP takes a new policy, leaves unchanged inputs alone and refuses a bad policy") {
  Scratch scratch;
  const std::string record = (scratch / "record").string();
  const std::string first = policy(console, "    fake_record: " + record + "\n");
  write(scratch / "policy.yml", first);
  RunningBinary binary(scratch.folder(), run_arguments(scratch));
  REQUIRE(binary.says("running"));
  REQUIRE(eventually([&] { return lines(read(record)).size() == 4; }));

  SECTION("a second input is started beside the first") {
    write(scratch / "policy.yml",
          first + "  - type: anthropic_metrics\n    id: other\n    fake_record: " + record + "\n");
    binary.signal(SIGHUP);
    REQUIRE(binary.says("policy reloaded: 2 running"));
    CHECK_THAT(read(record), ContainsSubstring("init other") && !ContainsSubstring("shutdown"));
  }
  SECTION("a changed input is restarted") {
    write(scratch / "policy.yml", first + "    tags: [x]\n");
    binary.signal(SIGHUP);
    REQUIRE(binary.says("policy reloaded: 1 running"));
    CHECK_THAT(read(record), ContainsSubstring("shutdown\ninit acme"));
  }
  SECTION("a policy with a fault changes nothing") {
    write(scratch / "policy.yml", first + "    use_output: nowhere\n");
    binary.signal(SIGHUP);
    REQUIRE(binary.says("the former one runs on"));
    CHECK_THAT(binary.err(), ContainsSubstring("uses output 'nowhere'"));
    CHECK_THAT(read(record), !ContainsSubstring("shutdown"));
  }
  SECTION("a policy that the plugin refuses changes nothing") {
    write(scratch / "policy.yml", first + "    fake_refuse: 1\n");
    binary.signal(SIGHUP);
    REQUIRE(binary.says("the former one runs on"));
    CHECK_THAT(read(record), !ContainsSubstring("shutdown"));
  }
  SECTION("an input that does not start gives way to the former one") {
    write(scratch / "policy.yml", first + "    fake_init_busy: 1\n");
    binary.signal(SIGHUP);
    REQUIRE(binary.says("the former one runs on"));
    CHECK_THAT(read(record), ContainsSubstring("shutdown\ninit acme"));
  }
  binary.signal(SIGTERM);
  CHECK(binary.wait() == 0);
}

TEST_CASE("each kind of failure has its own exit code and one sentence with a remedy") {
  Scratch scratch;
  const std::string fakes = AM_FAKE_PLUGINS;
  struct Case {
    std::string policy;
    std::vector<std::string> arguments;
    int code;
    std::string sentence;
  };
  const std::string file = (scratch / "policy.yml").string();
  const std::vector<Case> cases{
      {"",
       {"fly"},
       64,
       "unknown command 'fly'; expected run, backfill, setup, test, agent, audit, demo, forecast, "
       "reconcile, status, export, resend, completion, version or component"},
      {"", {"run"}, 64, "--config is required"},
      {"", {"run", "-c", file, "--plugin", fake, "-E", "novalue"}, 64, "not of the form key=value"},
      {"", {"run", "-c", (scratch / "absent.yml").string(), "--plugin", fake}, 66, "No such file"},
      {"", {"run", "-c", scratch.folder().string(), "--plugin", fake}, 66, "it is a directory"},
      {"", {"run", "-c", file, "--plugin", fakes + "/absent.so"}, 69, "no plugin at"},
      {"", {"run", "-c", file, "--path.plugins", fakes}, 69, "no plugin at"},
      {"", {"run", "-c", file, "--plugin", file}, 69, "cannot load the plugin"},
      {"", {"run", "-c", file, "--plugin", fakes + "/libno_plugin.so"}, 76, "not a plugin"},
      {"",
       {"run", "-c", file, "--plugin", fakes + "/libfake_plugin_other_abi.so"},
       76,
       "serves ABI 2.0, this host needs 1.x"},
      {"",
       {"run", "-c", file, "--plugin", fakes + "/libfake_plugin_short_table.so"},
       76,
       "lacks functions of ABI 1.0: poll"},
      {"inputs: [}", run_arguments(scratch), 78, "not valid YAML"},
      {"outputs: {}", run_arguments(scratch), 78, "no input of type anthropic_metrics"},
      {policy(console, "    fake_refuse: 1\n"), run_arguments(scratch), 78,
       "not allowed; remove it"},
      {policy(console, "    fake_init_busy: 1\n"), run_arguments(scratch), 73,
       "belongs to another"},
      {policy("    type: file\n    path: /dev/null/x\n", ""), run_arguments(scratch, {"--once"}),
       74, "cannot create"},
      {policy(console, "    fake_health: 2\n"),
       run_arguments(scratch, {"--once", "--timeout", "1"}), 75, "within 1 s"},
      {policy(console, "    fake_health: 3\n"), run_arguments(scratch, {"--once"}), 77, "refuses"},
      {policy(console, "    fake_health: 3\n    fake_status_local: 1\n"),
       run_arguments(scratch, {"--once"}), 78, "nothing can be asked for like this"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.arguments, row.sentence);
    write(scratch / "policy.yml", row.policy);

    const Finished run = finish(scratch.folder(), row.arguments);

    CHECK(run.code == row.code);
    CHECK_THAT(run.err, ContainsSubstring(row.sentence));
  }
}

TEST_CASE("the state directory that cannot be made is told with a remedy") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(console, ""));
  write(scratch / "file", "in the way");

  const Finished run =
      finish(scratch.folder(), {"run", "-c", (scratch / "policy.yml").string(), "--plugin", fake,
                                "--path.data", (scratch / "file").string()});

  CHECK(run.code == 73);
  CHECK_THAT(run.err, ContainsSubstring("name another place with --path.data"));
}

TEST_CASE("a key never reaches the log, whoever quotes it") {
  Scratch scratch;
  const std::vector<std::string> key{"ADMIN_KEY=" + std::string(canary)};
  const auto with = [&](const std::string& settings) {
    write(scratch / "policy.yml",
          "agent.logging.level: trace\n" +
              policy(console, "    admin_api_key: ${ADMIN_KEY}\n    proxy_url: http://u:" +
                                  std::string(canary) + "@proxy:1\n" + settings));
    const Finished run =
        finish(scratch.folder(), run_arguments(scratch, {"--once", "--timeout", "1"}), key);
    CHECK_THAT(run.err, !ContainsSubstring("CANARY"));
    CHECK_THAT(run.err, ContainsSubstring("[redacted]"));
  };
  SECTION("the plugin refuses the configuration and quotes it") {
    with("    fake_refuse: 1\n");
  }
  SECTION("the plugin logs it, and tells it as health") {
    with("    fake_chatter: 1\n");
  }
  SECTION("the plugin's last error holds it") {
    with("    fake_chatter: 1\n    fake_poll_failures: 100\n");
  }
}

TEST_CASE("the log is ECS JSON when nobody watches") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(console, ""));

  const Finished run = finish(scratch.folder(), run_arguments(scratch, {"--once"}));

  for (const std::string& line : lines(run.err)) {
    CHECK_THAT(line, ContainsSubstring("\"@timestamp\":\"20") &&
                         ContainsSubstring("\"log.level\":\"") &&
                         ContainsSubstring("\"ecs.version\":\"9.3.0\"") &&
                         ContainsSubstring("\"message\":\""));
  }
  CHECK(!lines(run.err).empty());
}

TEST_CASE("option -E overrides settings of the policy and of the host") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(console, ""));

  const Finished run = finish(
      scratch.folder(),
      {"run", "-c", (scratch / "policy.yml").string(), "--plugin", fake, "--once", "-E",
       "path.data=" + (scratch / "elsewhere").string(), "-E", "outputs.default.type=file", "-E",
       "outputs.default.path=" + (scratch / "out").string(), "-E", "path.home=/nowhere"});

  CHECK(run.code == 0);
  CHECK(run.out.empty());
  CHECK(std::filesystem::exists(scratch / "elsewhere/state"));
  CHECK(std::filesystem::exists(scratch / "out/metrics-anthropic_metrics.usage-default.ndjson"));
}

TEST_CASE("version names host, plugin, ABI and the plugin's streams") {
  Scratch scratch;

  const Finished run = finish(scratch.folder(), {"version", "--plugin", fake});

  CHECK(run.code == 0);
  CHECK_THAT(run.out, ContainsSubstring("plugin ABI 1.0") &&
                          ContainsSubstring("plugin fake 9.8.7, ABI 1.0") &&
                          ContainsSubstring("anthropic_metrics.rate_limit"));
}

TEST_CASE("SIGTERM is obeyed while a reload waits for a plugin that does not stop") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(console, "    fake_stuck_ms: 60000\n"));
  RunningBinary binary(scratch.folder(), run_arguments(scratch));
  REQUIRE(binary.says("running"));
  write(scratch / "policy.yml", policy(console, "    fake_stuck_ms: 60000\n    tags: [x]\n"));
  binary.signal(SIGHUP);
  REQUIRE(binary.says("the plugin is still busy"));
  const auto begin = std::chrono::steady_clock::now();

  binary.signal(SIGTERM);

  CHECK(binary.wait() == 0);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("a run whose console reader stands still ends all the same") {
  Scratch scratch;
  const std::string pipe_file = (scratch / "pipe").string();
  REQUIRE(mkfifo(pipe_file.c_str(), 0600) == 0);
  const int reader = open(pipe_file.c_str(), O_RDWR);  // never reads
  REQUIRE(fcntl(reader, F_SETPIPE_SZ, 4096) == 4096);
  write(scratch / "policy.yml", policy(console, "    fake_batches: 1000\n"));
  RunningBinary binary(scratch.folder(), run_arguments(scratch), {}, pipe_file);
  REQUIRE(binary.says("running"));
  REQUIRE(eventually([&] {
    int waiting = 0;
    ioctl(reader, FIONREAD, &waiting);
    return waiting > 3900;
  }));

  binary.signal(SIGTERM);

  CHECK(binary.wait() == 0);
  close(reader);
}

TEST_CASE("a round that is stopped says that it did not finish") {
  Scratch scratch;
  write(scratch / "policy.yml", policy(console, "    fake_block_ms: 60000\n"));
  RunningBinary binary(scratch.folder(), run_arguments(scratch, {"--once"}));
  REQUIRE(binary.says("running"));

  binary.signal(SIGTERM);

  CHECK(binary.wait() == 75);
}
