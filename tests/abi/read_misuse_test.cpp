// SPDX-License-Identifier: Apache-2.0
// What every function of abi/beat_read.h answers to each misuse that its slot names: a table, read
// from the top with one instance that reads on request.
#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "read_extension.hpp"
#include "simulated_world.hpp"

namespace anthropic_metrics::test {
namespace {

struct Misuse {
  const char* what;
  std::function<beat_status(beat_handle live)> call;
  beat_status answer;
};

beat_status ask_with(beat_handle handle, const std::function<void(beat_read_args&)>& change) {
  beat_read_args args = usage_window();
  change(args);
  return reading().ask(handle, &args, nullptr, 0);
}
beat_status id_of(beat_handle handle, std::string_view document, char* buffer, size_t room) {
  size_t length = 0;
  return reading().document_id(handle, span("usage"), span(document), buffer, room, &length);
}

constexpr std::string_view document =
    R"({"organization":{"id":"o"},"event":{"dataset":"d"},"anthropic":{"usage":{)"
    R"("bucket_start_time":"2026-09-01T00:00:00Z","bucket_width":"1h","group_by":[]}}})";

// One row for each error that the header names at a slot, and for what it lets pass.
const std::vector<Misuse>& misuses() {
  static char room[64];
  static size_t length = 0;
  static const std::vector<Misuse> rows{
      {"on_request: no such instance", [](auto) { return reading().on_request(0); }, BEAT_E_HANDLE},
      {"on_request", [](auto h) { return reading().on_request(h); }, BEAT_OK},
      {"on_request: again", [](auto h) { return reading().on_request(h); }, BEAT_OK},
      {"ask: no args", [](auto h) { return reading().ask(h, nullptr, nullptr, 0); }, BEAT_E_ARG},
      {"ask: short args", [](auto h) { return ask_with(h, [](auto& a) { a.struct_size -= 1; }); },
       BEAT_E_ARG},
      {"ask: no err_buf, some cap",
       [](auto h) {
         const auto args = usage_window();
         return reading().ask(h, &args, nullptr, 1);
       },
       BEAT_E_ARG},
      {"ask: stream without octets",
       [](auto h) { return ask_with(h, [](auto& a) { a.stream.ptr = nullptr; }); }, BEAT_E_ARG},
      {"ask: rows without octets",
       [](auto h) { return ask_with(h, [](auto& a) { a.known.len = 1; }); }, BEAT_E_ARG},
      {"ask: unknown stream",
       [](auto h) { return ask_with(h, [](auto& a) { a.stream = span("nothing"); }); }, BEAT_E_ARG},
      {"ask: stream of states",
       [](auto h) { return ask_with(h, [](auto& a) { a.stream = span("rate_limit"); }); },
       BEAT_E_ARG},
      {"ask: empty window",
       [](auto h) { return ask_with(h, [](auto& a) { a.to_ns = a.from_ns; }); }, BEAT_E_ARG},
      {"ask: amid a second", [](auto h) { return ask_with(h, [](auto& a) { a.from_ns += 1; }); },
       BEAT_E_ARG},
      {"ask: amid a bucket",
       [](auto h) { return ask_with(h, [](auto& a) { a.from_ns += 1'000'000'000; }); }, BEAT_E_ARG},
      {"ask: before 1970",
       [](auto h) { return ask_with(h, [](auto& a) { a.from_ns = -3'600'000'000'000; }); },
       BEAT_E_ARG},
      {"ask: both flags",
       [](auto h) {
         return ask_with(h, [](auto& a) { a.flags = BEAT_READ_KNOWN | BEAT_READ_WITHDRAW; });
       },
       BEAT_E_ARG},
      {"ask: rows without a flag",
       [](auto h) { return ask_with(h, [](auto& a) { a.known = span(document); }); }, BEAT_E_ARG},
      {"ask: flag to understand",
       [](auto h) { return ask_with(h, [](auto& a) { a.flags = 1u << 16; }); }, BEAT_E_UNSUPPORTED},
      {"ask: rows before a poll",
       [](auto h) { return ask_with(h, [](auto& a) { a.flags = BEAT_READ_KNOWN; }); }, BEAT_E_BUSY},
      {"ask: ignorable flag",
       [](auto h) { return ask_with(h, [](auto& a) { a.flags = 1u << 15; }); }, BEAT_OK},
      {"ask: longer args", [](auto h) { return ask_with(h, [](auto& a) { a.struct_size += 8; }); },
       BEAT_OK},
      {"ask: no such instance", [](auto) { return ask_with(0, [](auto&) {}); }, BEAT_E_HANDLE},
      {"progress: no result", [](auto h) { return reading().progress(h, nullptr); }, BEAT_E_ARG},
      {"progress: short result",
       [](auto h) {
         beat_read_progress out{};
         out.struct_size = sizeof out - 1;
         return reading().progress(h, &out);
       },
       BEAT_E_ARG},
      {"progress: no such instance",
       [](auto) {
         beat_read_progress out{};
         out.struct_size = sizeof out;
         return reading().progress(0, &out);
       },
       BEAT_E_HANDLE},
      {"document_id: no len",
       [](auto h) {
         return reading().document_id(h, span("usage"), span(document), room, 64, nullptr);
       },
       BEAT_E_ARG},
      {"document_id: no buf, some cap", [](auto h) { return id_of(h, document, nullptr, 1); },
       BEAT_E_ARG},
      {"document_id: no document", [](auto h) { return id_of(h, "{", room, sizeof room); },
       BEAT_E_ARG},
      {"document_id: without octets",
       [](auto h) {
         return reading().document_id(h, span("usage"), {nullptr, 1}, room, 64, &length);
       },
       BEAT_E_ARG},
      {"document_id: short", [](auto h) { return id_of(h, document, room, 21); }, BEAT_E_TRUNCATED},
      {"document_id: fits", [](auto h) { return id_of(h, document, room, 22); }, BEAT_OK},
      {"document_id: no such instance", [](auto) { return id_of(0, document, room, 22); },
       BEAT_E_HANDLE},
      {"on_request: after a poll",
       [](auto h) {
         beat_poll_args args{};
         args.struct_size = sizeof args;
         beat_poll_result result{};
         result.struct_size = sizeof result;
         plugin().poll(h, &args, &result);
         return reading().on_request(h);
       },
       BEAT_E_ARG},
  };
  return rows;
}

TEST_CASE("each function of the extension answers each misuse as its slot says") {
  World world;
  const LiveInstance instance(world.config_without_state());
  INFO(instance.error());
  REQUIRE(instance.status() == BEAT_OK);
  for (const Misuse& row : misuses()) {
    CAPTURE(row.what);
    CHECK(row.call(instance.handle()) == row.answer);
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
