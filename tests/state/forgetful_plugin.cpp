// SPDX-License-Identifier: Apache-2.0
// The plugin with the one fault that kills at random moments do not find: a batch leaves the outbox
// when it is handed out instead of when it is acknowledged. Loaded by the host in the plugin's
// place, so that a test of kills can show that it would notice.
#include <beat_plugin.h>
#include <dlfcn.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

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

// A batch whose memory stays until it is acknowledged, as the host expects: one that is handed over
// goes with the next poll.
struct Kept {
  explicit Kept(const beat_batch& from)
      : ndjson(from.ndjson.ptr, from.ndjson.len), docs(from.docs, from.docs + from.doc_count) {
    const auto moved = [&](beat_span& span) { span.ptr += ndjson.data() - from.ndjson.ptr; };
    for (beat_doc& doc : docs) {
      moved(doc.json);
      ids.emplace_back(doc.id.ptr, doc.id.len);
    }
    for (std::size_t i = 0; i < docs.size(); ++i) docs[i].id.ptr = ids[i].data();
    batch = from;
    batch.ndjson.ptr = ndjson.data();
    batch.docs = docs.data();
  }
  std::string ndjson;
  std::vector<beat_doc> docs;
  std::vector<std::string> ids;
  beat_batch batch{};
};

std::mutex mutex;
std::map<beat_batch_id, std::unique_ptr<Kept>> kept;

beat_status BEAT_CALL poll(beat_handle handle, const beat_poll_args* args, beat_poll_result* out) {
  const beat_status status = real->poll(handle, args, out);
  if (out->batch == nullptr) return status;
  const std::lock_guard lock(mutex);
  auto& one = kept[out->batch->id];
  one = std::make_unique<Kept>(*out->batch);
  out->batch = &one->batch;
  return status;
}

beat_status BEAT_CALL ack(beat_handle handle, beat_batch_id batch, const beat_ack_args* args) {
  const beat_status status = real->ack(handle, batch, args);
  const std::lock_guard lock(mutex);
  kept.erase(batch);
  return status;
}

beat_status BEAT_CALL release(beat_handle, beat_batch_id batch) {
  const std::lock_guard lock(mutex);
  kept.erase(batch);
  return BEAT_OK;
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
  table.poll = poll;
  table.ack = ack;
  table.release = release;
  return &table;
}
}
