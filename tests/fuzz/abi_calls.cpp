// SPDX-License-Identifier: Apache-2.0
// Calls of the ABI in any order with any handle, batch and size: an error code at worst. Plain http
// to a port where nobody listens, state in memory.
#include <array>
#include <cstring>
#include <vector>

#include "beat_plugin.h"
#include "fuzz.hpp"

namespace {

using anthropic_metrics::fuzz::Source;

constexpr const char* configs[] = {
    R"({"url":"http://127.0.0.1:1","admin_api_key":"sk-ant-fuzz01-key"})",
    R"({"url":"http://127.0.0.1:1","admin_api_key":"${NOT_SET}","acknowledge":"handover"})",
    R"({"url":"http://127.0.0.1:1"})", "{", ""};

void start(Source& source, const beat_plugin_api& api, std::vector<beat_handle>& handles) {
  const char* config = configs[source.number() % std::size(configs)];
  std::array<char, 64> error{};
  beat_init_args args{};
  const unsigned odd = source.number();
  args.struct_size = odd == 1 ? 3 : sizeof args;
  args.config_json = {odd == 2 ? nullptr : config, std::strlen(config)};
  args.instance_id = {"fuzz", 4};
  args.err_buf = error.data();
  args.err_cap = source.number() % error.size();
  args.flags = odd == 3 ? 0x10000u : 0u;
  beat_handle handle = 0;
  const beat_status status = api.init(odd == 4 ? nullptr : &args, &handle);
  anthropic_metrics::fuzz::require((status >= 0) == (handle != 0), "a handle means success");
  if (handle != 0) handles.push_back(handle);
}

beat_handle pick(Source& source, const std::vector<beat_handle>& handles) {
  const unsigned n = source.number();
  return handles.empty() || n > 200 ? n * 0x100000001ull : handles[n % handles.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const beat_plugin_api& api = *beat_plugin_get_api(BEAT_ABI_VERSION);
  Source source(anthropic_metrics::fuzz::view(data, size));
  std::vector<beat_handle> handles;
  std::array<char, 256> text{};
  for (int calls = 0; calls < 64 && !source.empty(); ++calls) {
    std::size_t length = 0;
    switch (source.number() % 10) {
      case 0:
        if (handles.size() < 4) start(source, api, handles);
        break;
      case 1: {
        beat_poll_args args{};
        args.struct_size = source.number() == 1 ? 2 : sizeof args;
        args.max_docs = source.number();
        beat_poll_result result{};
        result.struct_size = source.number() == 1 ? 5 : sizeof result;
        api.poll(pick(source, handles), &args, &result);
        break;
      }
      case 2: {
        beat_ack_args args{};
        args.struct_size = sizeof args;
        args.outcome = static_cast<std::int32_t>(source.number());
        api.ack(pick(source, handles), source.number(), &args);
        break;
      }
      case 3:
        api.release(pick(source, handles), source.number());
        break;
      case 4:
        api.status_json(pick(source, handles), text.data(), source.number() % text.size(), &length);
        break;
      case 5:
        api.last_error(pick(source, handles), text.data(), source.number() % text.size(), &length);
        break;
      case 6:
        api.cancel(pick(source, handles));
        break;
      case 7:
        api.shutdown(pick(source, handles), source.number() * 4);
        break;
      case 8:
        api.describe(static_cast<std::int32_t>(source.number()), text.data(), text.size(), &length);
        break;
      default: {
        const std::string_view line = source.line();
        api.validate({line.data(), line.size()}, text.data(), text.size());
        break;
      }
    }
  }
  for (const beat_handle handle : handles) api.shutdown(handle, 1000);
  return 0;
}
