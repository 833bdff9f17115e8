// SPDX-License-Identifier: Apache-2.0
// The plugin with the one fault that kills at random moments do not find: a batch leaves the outbox
// when it is handed out instead of when it is acknowledged. Loaded by the host in the plugin's
// place, so that a test of kills can show that it would notice.
#include <beat_plugin.h>
#include <dlfcn.h>

#include <string>

namespace {

beat_plugin_api table;
const beat_plugin_api* real = nullptr;

std::string changed(beat_span config) {
  std::string text(config.ptr, config.len);
  const std::string explicitly = R"("acknowledge":"explicit")";
  if (const auto at = text.find(explicitly); at != std::string::npos)
    text.replace(at, explicitly.size(), R"("acknowledge":"handover","re_emit":"0s")");
  return text;
}

beat_status BEAT_CALL init(const beat_init_args* args, beat_handle* handle) {
  const std::string config = changed(args->config_json);
  beat_init_args forgetful = *args;
  forgetful.config_json = {config.data(), config.size()};
  return real->init(&forgetful, handle);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) uint32_t BEAT_CALL beat_plugin_abi_version(void) {
  return BEAT_ABI_VERSION;
}

__attribute__((visibility("default"))) const beat_plugin_api* BEAT_CALL
beat_plugin_get_api(uint32_t version) {
  if (void* library = dlopen(AM_PLUGIN, RTLD_NOW | RTLD_LOCAL))
    if (void* symbol = dlsym(library, "beat_plugin_get_api"))
      real = reinterpret_cast<const beat_plugin_api* (*)(uint32_t)>(symbol)(version);
  if (real == nullptr) return nullptr;
  table = *real;
  table.init = init;
  return &table;
}
}
