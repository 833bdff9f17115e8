// SPDX-License-Identifier: Apache-2.0
// What every function of abi/beat_plugin.h answers to each misuse that its slot names, and what it
// lets pass: a table, read from the top with one instance.
#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "loaded_plugin.hpp"
#include "simulated_world.hpp"

namespace anthropic_metrics::test {
namespace {

const std::string good =
    R"({"admin_api_key":"sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz","url":"https://localhost:1"})";

template <class T>
T sized(uint32_t less = 0) {
  T value{};
  value.struct_size = static_cast<uint32_t>(sizeof value) - less;
  return value;
}

beat_status poll_with(beat_handle handle, beat_poll_args args, beat_poll_result result) {
  return plugin().poll(handle, &args, &result);
}
beat_status init_with(const std::function<void(beat_init_args&)>& change) {
  auto args = sized<beat_init_args>();
  args.config_json = span(good);
  change(args);
  beat_handle handle = 77;
  const beat_status status = plugin().init(&args, &handle);
  if (status >= 0) plugin().shutdown(handle, 5000);
  return status >= 0 || handle == 0 ? status : 99;  // A failed init leaves no handle.
}
beat_status ack_with(beat_handle handle, beat_batch_id batch, int32_t outcome,
                     std::vector<uint32_t> rejected = {}) {
  auto args = sized<beat_ack_args>();
  args.outcome = outcome;
  args.rejected = rejected.data();
  args.rejected_count = rejected.size();
  return plugin().ack(handle, batch, &args);
}

struct Misuse {
  const char* what;
  std::function<beat_status(beat_handle live, beat_batch_id batch)> call;
  beat_status answer;
};

// One row for each error that the header names at a slot, and for what it lets pass.
const std::vector<Misuse>& misuses() {
  static const beat_host_api old_host = sized<beat_host_api>(8);
  static size_t length = 0;
  static char room[16];
  static const std::vector<Misuse> rows{
      {"describe: no len", [](auto, auto) { return plugin().describe(0, room, 1, nullptr); },
       BEAT_E_ARG},
      {"describe: no buf, some cap",
       [](auto, auto) { return plugin().describe(0, nullptr, 1, &length); }, BEAT_E_ARG},
      {"describe: unknown", [](auto, auto) { return plugin().describe(3, room, 16, &length); },
       BEAT_E_UNSUPPORTED},
      {"describe: negative", [](auto, auto) { return plugin().describe(-1, room, 16, &length); },
       BEAT_E_UNSUPPORTED},
      {"describe: short", [](auto, auto) { return plugin().describe(0, room, 16, &length); },
       BEAT_E_TRUNCATED},
      {"validate: no text",
       [](auto, auto) {
         return plugin().validate({nullptr, 1}, room, 16);
       },
       BEAT_E_ARG},
      {"validate: no buf, some cap",
       [](auto, auto) { return plugin().validate(span(good), nullptr, 1); }, BEAT_E_ARG},
      {"validate: not JSON", [](auto, auto) { return plugin().validate(span("{"), room, 16); },
       BEAT_E_CONFIG},
      {"validate: empty",
       [](auto, auto) {
         return plugin().validate({nullptr, 0}, room, 16);
       },
       BEAT_E_CONFIG},
      {"validate: fine", [](auto, auto) { return plugin().validate(span(good), nullptr, 0); },
       BEAT_OK},
      {"init: no args",
       [](auto, auto) {
         beat_handle h = 0;
         return plugin().init(nullptr, &h);
       },
       BEAT_E_ARG},
      {"init: no out",
       [](auto, auto) {
         const auto a = sized<beat_init_args>();
         return plugin().init(&a, nullptr);
       },
       BEAT_E_ARG},
      {"init: short args",
       [](auto, auto) { return init_with([](auto& a) { a.struct_size -= 1; }); }, BEAT_E_ARG},
      {"init: longer args",
       [](auto, auto) { return init_with([](auto& a) { a.struct_size += 8; }); }, BEAT_OK},
      {"init: ignorable flag",
       [](auto, auto) { return init_with([](auto& a) { a.flags = 0xffff; }); }, BEAT_OK},
      {"init: flag to understand",
       [](auto, auto) { return init_with([](auto& a) { a.flags = 1u << 16; }); },
       BEAT_E_UNSUPPORTED},
      {"init: id without octets",
       [](auto, auto) { return init_with([](auto& a) { a.instance_id.len = 1; }); }, BEAT_E_ARG},
      {"init: no err_buf, some cap",
       [](auto, auto) { return init_with([](auto& a) { a.err_cap = 1; }); }, BEAT_E_ARG},
      {"init: host of another major",
       [](auto, auto) {
         return init_with([](auto& a) {
           static auto h = sized<beat_host_api>();
           h.abi_version = 2u << 16;
           a.host = &h;
         });
       },
       BEAT_E_VERSION},
      {"init: newer minor of the host",
       [](auto, auto) {
         return init_with([](auto& a) {
           static auto h = sized<beat_host_api>();
           h.abi_version = BEAT_ABI_VERSION + 7;
           a.host = &h;
         });
       },
       BEAT_OK},
      {"init: short host table",
       [](auto, auto) { return init_with([](auto& a) { a.host = &old_host; }); }, BEAT_E_ARG},
      {"init: secret without secret_get",
       [](auto, auto) {
         return init_with(
             [](auto& a) { a.config_json = span(R"({"admin_api_key":"$secret{KEY}"})"); });
       },
       BEAT_E_CONFIG},
      {"init: state that is a file",
       [](auto, auto) {
         return init_with([](auto& a) {
           a.config_json = span(R"({"admin_api_key":"${K}","state":{"path":"/dev/null/x"}})");
         });
       },
       BEAT_E_STATE},
      {"poll: no args",
       [](auto h, auto) {
         auto r = sized<beat_poll_result>();
         return plugin().poll(h, nullptr, &r);
       },
       BEAT_E_ARG},
      {"poll: no result",
       [](auto h, auto) {
         auto a = sized<beat_poll_args>();
         return plugin().poll(h, &a, nullptr);
       },
       BEAT_E_ARG},
      {"poll: short args",
       [](auto h, auto) {
         return poll_with(h, sized<beat_poll_args>(1), sized<beat_poll_result>());
       },
       BEAT_E_ARG},
      {"poll: short result",
       [](auto h, auto) {
         return poll_with(h, sized<beat_poll_args>(), sized<beat_poll_result>(1));
       },
       BEAT_E_ARG},
      {"poll: flag to understand",
       [](auto h, auto) {
         auto a = sized<beat_poll_args>();
         a.flags = 1u << 20;
         return poll_with(h, a, sized<beat_poll_result>());
       },
       BEAT_E_UNSUPPORTED},
      {"poll: no such instance",
       [](auto, auto) { return poll_with(0, sized<beat_poll_args>(), sized<beat_poll_result>()); },
       BEAT_E_HANDLE},
      {"cancel: for the next poll", [](auto h, auto) { return plugin().cancel(h); }, BEAT_OK},
      {"poll: after cancel",
       [](auto h, auto) {
         return poll_with(h, sized<beat_poll_args>(), sized<beat_poll_result>());
       },
       BEAT_E_CANCELLED},
      {"release: never handed out", [](auto h, auto b) { return plugin().release(h, b + 1000); },
       BEAT_E_ARG},
      {"release: no batch", [](auto h, auto) { return plugin().release(h, 0); }, BEAT_E_ARG},
      {"ack: no args", [](auto h, auto b) { return plugin().ack(h, b, nullptr); }, BEAT_E_ARG},
      {"ack: short args",
       [](auto h, auto b) {
         const auto a = sized<beat_ack_args>(1);
         return plugin().ack(h, b, &a);
       },
       BEAT_E_ARG},
      {"ack: count without indexes",
       [](auto h, auto b) {
         auto a = sized<beat_ack_args>();
         a.rejected_count = 1;
         return plugin().ack(h, b, &a);
       },
       BEAT_E_ARG},
      {"ack: never handed out",
       [](auto h, auto b) { return ack_with(h, b + 1000, BEAT_ACK_DURABLE); }, BEAT_E_ARG},
      {"ack: unknown outcome", [](auto h, auto b) { return ack_with(h, b, 3); }, BEAT_E_ARG},
      {"ack: negative outcome", [](auto h, auto b) { return ack_with(h, b, -1); }, BEAT_E_ARG},
      {"ack: index out of range",
       [](auto h, auto b) {
         return ack_with(h, b, BEAT_ACK_DURABLE, {0, 1u << 30});
       },
       BEAT_E_ARG},
      {"release: after all that", [](auto h, auto b) { return plugin().release(h, b); }, BEAT_OK},
      {"release: again", [](auto h, auto b) { return plugin().release(h, b); }, BEAT_OK},
      {"ack: some rejected",
       [](auto h, auto b) {
         return ack_with(h, b, BEAT_ACK_DURABLE, {0, 0});
       },
       BEAT_OK},
      {"ack: twice, another outcome", [](auto h, auto b) { return ack_with(h, b, BEAT_ACK_DROP); },
       BEAT_OK},
      {"ack: twice, unknown outcome", [](auto h, auto b) { return ack_with(h, b, 9); }, BEAT_E_ARG},
      {"release: an acknowledged one", [](auto h, auto b) { return plugin().release(h, b); },
       BEAT_OK},
      {"status_json: no len",
       [](auto h, auto) { return plugin().status_json(h, room, 16, nullptr); }, BEAT_E_ARG},
      {"status_json: short",
       [](auto h, auto) { return plugin().status_json(h, room, 16, &length); }, BEAT_E_TRUNCATED},
      {"last_error: no buf, some cap",
       [](auto h, auto) { return plugin().last_error(h, nullptr, 1, &length); }, BEAT_E_ARG},
      {"shutdown: no such instance", [](auto, auto) { return plugin().shutdown(0, 0); },
       BEAT_E_HANDLE},
      {"shutdown", [](auto h, auto) { return plugin().shutdown(h, 5000); }, BEAT_OK},
      {"shutdown: again", [](auto h, auto) { return plugin().shutdown(h, 0); }, BEAT_OK},
      {"poll: after shutdown",
       [](auto h, auto) {
         return poll_with(h, sized<beat_poll_args>(), sized<beat_poll_result>());
       },
       BEAT_E_HANDLE},
      {"ack: after shutdown", [](auto h, auto b) { return ack_with(h, b, BEAT_ACK_DURABLE); },
       BEAT_E_HANDLE},
      {"release: after shutdown", [](auto h, auto b) { return plugin().release(h, b); },
       BEAT_E_HANDLE},
      {"cancel: after shutdown", [](auto h, auto) { return plugin().cancel(h); }, BEAT_E_HANDLE},
      {"status_json: after shutdown",
       [](auto h, auto) { return plugin().status_json(h, room, 16, &length); }, BEAT_E_HANDLE},
      {"last_error: after shutdown",
       [](auto h, auto) { return plugin().last_error(h, room, 16, &length); }, BEAT_E_HANDLE},
  };
  return rows;
}

/// The first batch of an instance.
const beat_batch& first_batch(const LiveInstance& instance) {
  for (int calls = 0; calls < 200; ++calls)
    if (const auto polled = instance.poll(1000); polled.second.batch != nullptr)
      return *polled.second.batch;
  FAIL("no batch came");
  throw 0;
}

TEST_CASE("each function answers each misuse as its slot says") {
  World world;
  const LiveInstance instance(world.config());
  REQUIRE(instance.status() == BEAT_OK);
  const beat_batch_id batch = first_batch(instance).id;
  for (const Misuse& row : misuses()) {
    CAPTURE(row.what);
    CHECK(row.call(instance.handle(), batch) == row.answer);
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
