// SPDX-License-Identifier: Apache-2.0
#include "run/plugin_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstring>
#include <system_error>

namespace anthropic_metrics::host {
namespace {

constexpr std::string_view library_name = "libanthropic_metrics.so";

// dlsym gives an object pointer; copying its bits is the one conversion POSIX promises.
template <typename Function>
Function symbol(void* library, const char* name) {
  void* address = dlsym(library, name);
  Function function = nullptr;
  static_assert(sizeof(function) == sizeof(address));
  std::memcpy(&function, &address, sizeof(function));
  return function;
}

std::string text_member(const boost::json::object& map, std::string_view key) {
  const auto* value = map.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

boost::json::value described(const beat_plugin_api& api, std::int32_t what) {
  constexpr std::size_t longest = 64UL * 1024;  // the schema: it is made once at a start, not twice
  const std::string text =
      text_of([&](char* buffer, std::size_t capacity,
                  std::size_t* length) { return api.describe(what, buffer, capacity, length); },
              longest);
  boost::system::error_code error;
  // It is read and dropped as a whole: its hundreds of members are in a few blocks.
  boost::json::value value = boost::json::parse(
      text, error, boost::json::make_shared_resource<boost::json::monotonic_resource>());
  if (error) return {};
  return value;
}

std::vector<StreamInfo> read_streams(const beat_plugin_api& api) {
  std::vector<StreamInfo> streams;
  const boost::json::value value = described(api, BEAT_DESCRIBE_STREAMS);
  const auto* list = value.if_array();
  if (list == nullptr) return streams;
  for (const auto& item : *list) {
    const auto* map = item.if_object();
    StreamInfo stream;
    if (map != nullptr) {
      stream = {text_member(*map, "name"), text_member(*map, "dataset"),
                text_member(*map, "title")};
      const auto* history = map->if_contains("history");
      const auto* opt_in = map->if_contains("opt_in");
      stream.endpoint = text_member(*map, "endpoint");
      stream.opt_in = opt_in != nullptr && opt_in->is_bool() && opt_in->get_bool();
      stream.history = history != nullptr && history->is_bool() && history->get_bool();
    }
    if (stream.name.empty() || stream.dataset.empty()) return {};
    streams.push_back(std::move(stream));
  }
  return streams;
}

std::string version_text(std::uint32_t version) {
  return fmt::format("{}.{}", version >> 16, version & 0xffffU);
}

// The names of functions that this host cannot do without and the table does not have.
std::string missing_functions(const beat_plugin_api* api) {
  std::string missing;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"  // the macro is C
#define AM_NEED(member)                           \
  if (!BEAT_HAS_FN(beat_plugin_api, api, member)) \
  missing += (missing.empty() ? "" : ", ") + std::string(#member)
  AM_NEED(describe);
  AM_NEED(validate);
  AM_NEED(init);
  AM_NEED(poll);
  AM_NEED(ack);
  AM_NEED(cancel);
  AM_NEED(status_json);
  AM_NEED(last_error);
  AM_NEED(shutdown);
#undef AM_NEED
#pragma GCC diagnostic pop
  return missing;
}

Failure wrong_abi(std::string line) {
  return {ExitCode::wrong_abi, {std::move(line)}};
}

// The table of functions that a loaded library offers, if this host can use it.
Result<const beat_plugin_api*> table_of(void* library, const std::string& shown) {
  const auto abi_version = symbol<std::uint32_t(BEAT_CALL*)()>(library, "beat_plugin_abi_version");
  const auto get_api =
      symbol<const beat_plugin_api*(BEAT_CALL*)(std::uint32_t)>(library, "beat_plugin_get_api");
  if (abi_version == nullptr || get_api == nullptr) {
    return wrong_abi(fmt::format(
        "{} is a library but not a plugin: it does not export {}; name a plugin "
        "built against abi/beat_plugin.h",
        shown, abi_version == nullptr ? "beat_plugin_abi_version" : "beat_plugin_get_api"));
  }
  const std::uint32_t served = abi_version();
  const beat_plugin_api* api =
      (served >> 16) >= BEAT_ABI_MAJOR ? get_api(BEAT_ABI_VERSION) : nullptr;
  if (api == nullptr || (api->abi_version >> 16) != BEAT_ABI_MAJOR) {
    return wrong_abi(
        fmt::format("the plugin {} serves ABI {}, this host needs {}.x; install host and plugin "
                    "of the same release",
                    shown, version_text(served), BEAT_ABI_MAJOR));
  }
  const std::string missing = missing_functions(api);
  if (missing.empty()) return api;
  return wrong_abi(
      fmt::format("the plugin {} lacks functions of ABI {}: {}; install host and plugin of the "
                  "same release",
                  shown, version_text(BEAT_ABI_VERSION), missing));
}

}  // namespace

Result<PluginLibrary> PluginLibrary::open(const std::filesystem::path& file) {
  const std::string shown = file.string();
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return Failure{ExitCode::plugin_missing,
                   {fmt::format("no plugin at {}; check --plugin or --path.plugins", shown)}};
  }
  // An absolute path, since dlopen searches elsewhere for a bare name.
  void* library = dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    return Failure{
        ExitCode::plugin_missing,
        {fmt::format("cannot load the plugin {}: {}; it must be a shared library for this "
                     "machine with its dependencies installed",
                     shown, reason == nullptr ? "unknown reason" : reason)}};
  }
  const auto api = table_of(library, shown);
  if (!api) return api.error();
  PluginLibrary plugin;
  plugin.file_ = file;
  plugin.api_ = *api;
  plugin.streams_ = read_streams(**api);
  if (plugin.streams_.empty()) {
    return wrong_abi(
        fmt::format("the plugin {} does not describe its streams; install host and plugin of the "
                    "same release",
                    shown));
  }
  const boost::json::value manifest = described(**api, BEAT_DESCRIBE_MANIFEST);
  if (const auto* map = manifest.if_object()) {
    plugin.name_ = text_member(*map, "name");
    plugin.version_ = text_member(*map, "version");
  }
  return plugin;
}

boost::json::value PluginLibrary::describe(std::int32_t what) const {
  return described(*api_, what);
}

std::vector<std::filesystem::path> plugin_candidates(const PluginPlace& place,
                                                     const std::filesystem::path& binary_folder) {
  if (!place.file.empty()) return {place.file};
  if (!place.folder.empty()) return {place.folder / library_name};
  const std::filesystem::path prefix = binary_folder.parent_path();
  return {prefix / "lib" / "anthropic_metrics" / library_name, prefix / "lib" / library_name,
          binary_folder / library_name};
}

Result<PluginLibrary> find_plugin(const PluginPlace& place) {
  const auto candidates = plugin_candidates(place, binary_folder());
  if (candidates.size() == 1) return PluginLibrary::open(candidates.front());
  std::error_code error;
  std::string tried;
  for (const auto& file : candidates) {
    if (std::filesystem::exists(file, error)) return PluginLibrary::open(file);
    tried += (tried.empty() ? "" : ", ") + file.string();
  }
  return Failure{
      ExitCode::plugin_missing,
      {fmt::format("no plugin found; looked for {}; install it there or name it with --plugin FILE",
                   tried)}};
}

std::filesystem::path binary_folder() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::current_path(error) : self.parent_path();
}

}  // namespace anthropic_metrics::host
