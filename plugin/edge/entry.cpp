// SPDX-License-Identifier: Apache-2.0
// The exported functions: arguments checked, then one call each through the guard. The contract is
// abi/beat_plugin.h.
#define BEAT_PLUGIN_BUILDING
#include <string>

#include "beat_plugin.h"
#include "edge/calls.hpp"
#include "edge/describe.hpp"
#include "edge/host_link.hpp"
#include "edge/read_api.hpp"
#include "edge/wait_api.hpp"
#include "settings/settings.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {
namespace {

constexpr std::size_t most_config_bytes = 4u << 20;

beat_status BEAT_CALL describe(int32_t what, char* buf, size_t cap, size_t* len) {
  return guarded([&]() -> beat_status {
    if (!text_arguments(buf, cap, len)) return BEAT_E_ARG;
    switch (what) {
      case BEAT_DESCRIBE_MANIFEST:
        return put_text(manifest_json(), buf, cap, len);
      case BEAT_DESCRIBE_CONFIG_SCHEMA:
        return put_text(configuration_schema_json(), buf, cap, len);
      case BEAT_DESCRIBE_STREAMS:
        return put_text(streams_json(), buf, cap, len);
      default:
        return BEAT_E_UNSUPPORTED;
    }
  });
}

/// The settings, or the fault in err_buf.
Result<Settings> read_config(beat_span config) {
  if (config.len > most_config_bytes)
    return Error{Errc::configuration, "the configuration is over 4 MiB"};
  return read_settings(view(config));
}

beat_status BEAT_CALL validate(beat_span config_json, char* err_buf, size_t err_cap) {
  return guarded([&]() -> beat_status {
    if (!usable(config_json) || (err_buf == nullptr && err_cap > 0)) return BEAT_E_ARG;
    const CleanStack clean;
    const auto settings = read_config(config_json);
    if (settings) return BEAT_OK;
    put_error(settings.error().message, err_buf, err_cap);
    return BEAT_E_CONFIG;
  });
}

beat_status BEAT_CALL init(const beat_init_args* args, beat_handle* out) {
  if (out == nullptr) return BEAT_E_ARG;
  *out = 0;
  if (args == nullptr || args->struct_size < sizeof(beat_init_args)) return BEAT_E_ARG;
  if (!usable(args->config_json) || !usable(args->instance_id) ||
      (args->err_buf == nullptr && args->err_cap > 0))
    return BEAT_E_ARG;
  if ((args->flags & 0xffff0000u) != 0) return BEAT_E_UNSUPPORTED;
  const CleanStack clean;
  const auto refuse = [&](std::string_view text) { put_error(text, args->err_buf, args->err_cap); };
  return guarded(
      [&]() -> beat_status {
        if (args->host != nullptr) {
          if (args->host->struct_size < sizeof(beat_host_api)) return BEAT_E_ARG;
          if (args->host->abi_version >> 16 != BEAT_ABI_MAJOR) {
            refuse("the host was built for another major version of beat_plugin.h");
            return BEAT_E_VERSION;
          }
        }
        if (const auto twice = streams::duplicate(); !twice.empty()) {
          refuse("stream " + std::string(twice) + " is registered twice in this build");
          return BEAT_E_INTERNAL;
        }
        auto settings = read_config(args->config_json);
        if (!settings) {
          refuse(settings.error().message);
          return BEAT_E_CONFIG;
        }
        const LowDescriptors above;
        auto runtime = Runtime::make(std::move(*settings), std::make_unique<HostLink>(args->host));
        if (!runtime) {
          refuse(runtime.error().message);
          return status_of(runtime.error());
        }
        *out = Instances::process().add(
            std::make_shared<Instance>(std::move(*runtime), view(args->instance_id)));
        return BEAT_OK;
      },
      [&](const char* what) { refuse(what); });
}

beat_status BEAT_CALL poll(beat_handle handle, const beat_poll_args* args, beat_poll_result* out) {
  if (args == nullptr || args->struct_size < sizeof(beat_poll_args) || out == nullptr ||
      out->struct_size < sizeof(beat_poll_result))
    return BEAT_E_ARG;
  if ((args->flags & 0xffff0000u) != 0) return BEAT_E_UNSUPPORTED;
  out->batch = nullptr;
  const CleanStack clean;
  return with_instance(handle, [&](Instance& instance) { return instance.poll(*args, *out); });
}

beat_status BEAT_CALL release(beat_handle handle, beat_batch_id batch) {
  return with_instance(handle, [&](Instance& instance) { return instance.release(batch); });
}

beat_status BEAT_CALL ack(beat_handle handle, beat_batch_id batch, const beat_ack_args* args) {
  if (args == nullptr || args->struct_size < sizeof(beat_ack_args) ||
      (args->rejected == nullptr && args->rejected_count > 0))
    return BEAT_E_ARG;
  return with_instance(handle, [&](Instance& instance) { return instance.ack(batch, *args); });
}

beat_status BEAT_CALL cancel(beat_handle handle) {
  return with_instance(handle, [&](Instance& instance) { return instance.cancel(); });
}

beat_status BEAT_CALL status_json(beat_handle handle, char* buf, size_t cap, size_t* len) {
  if (!text_arguments(buf, cap, len)) return BEAT_E_ARG;
  return with_instance(
      handle, [&](Instance& instance) { return put_text(instance.status_json(), buf, cap, len); });
}

beat_status BEAT_CALL last_error(beat_handle handle, char* buf, size_t cap, size_t* len) {
  if (!text_arguments(buf, cap, len)) return BEAT_E_ARG;
  return with_instance(
      handle, [&](Instance& instance) { return put_text(instance.last_error(), buf, cap, len); });
}

beat_status BEAT_CALL shutdown(beat_handle handle, uint32_t budget_ms) {
  const CleanStack clean;
  return guarded([&]() -> beat_status {
    if (Instances::process().find(handle).what == Instances::Found::What::closed) return BEAT_OK;
    return with_instance(handle, [&](Instance& instance) {
      const beat_status status = instance.shutdown(Milliseconds(budget_ms));
      if (status == BEAT_OK) Instances::process().remove(handle);
      return status;
    });
  });
}

const void* BEAT_CALL get_extension(const char* id) {
  if (id == nullptr) return nullptr;
  if (std::string_view(id) == BEAT_READ_ID) return &read_api();
  if (std::string_view(id) == BEAT_WAIT_ID) return &wait_api();
  return nullptr;
}

constexpr beat_plugin_api plugin_table{sizeof(beat_plugin_api),
                                       BEAT_ABI_VERSION,
                                       describe,
                                       validate,
                                       init,
                                       poll,
                                       release,
                                       ack,
                                       cancel,
                                       status_json,
                                       last_error,
                                       shutdown,
                                       get_extension};

}  // namespace
}  // namespace anthropic_metrics

extern "C" {

uint32_t BEAT_CALL beat_plugin_abi_version(void) {
  return BEAT_ABI_VERSION;
}

const beat_plugin_api* BEAT_CALL beat_plugin_get_api(uint32_t host_abi_version) {
  return host_abi_version >> 16 == BEAT_ABI_MAJOR ? &anthropic_metrics::plugin_table : nullptr;
}

beat_status BEAT_CALL beat_plugin_init(const beat_init_args* args, beat_handle* out) {
  return anthropic_metrics::init(args, out);
}

beat_status BEAT_CALL beat_plugin_poll(beat_handle instance, const beat_poll_args* args,
                                       beat_poll_result* out) {
  return anthropic_metrics::poll(instance, args, out);
}

beat_status BEAT_CALL beat_plugin_ack(beat_handle instance, beat_batch_id batch,
                                      const beat_ack_args* args) {
  return anthropic_metrics::ack(instance, batch, args);
}

beat_status BEAT_CALL beat_plugin_shutdown(beat_handle instance, uint32_t budget_ms) {
  return anthropic_metrics::shutdown(instance, budget_ms);
}
}
