// SPDX-License-Identifier: Apache-2.0
#include "outputs/gzip.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

namespace anthropic_metrics::host {
namespace {

struct Frees {
  void operator()(libdeflate_compressor* compressor) const noexcept {
    libdeflate_free_compressor(compressor);
  }
};

}  // namespace

Result<std::string> gzip(std::string_view text, int level) {
  // Made anew for every text, which costs nothing that can be measured: so nothing stays behind.
  const std::unique_ptr<libdeflate_compressor, Frees> compressor(
      libdeflate_alloc_compressor(std::clamp(level, 1, 9)));
  if (!compressor)
    return Failure{.code = ExitCode::sink_failed,
                   .lines = {"compressing a request: no memory"},
                   .passes = true};
  const std::size_t most = libdeflate_gzip_compress_bound(compressor.get(), text.size());
  // Room for the worst case, of which what is not written is never touched.
  const auto room = std::make_unique_for_overwrite<char[]>(most);
  const std::size_t size =
      libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), room.get(), most);
  return std::string(room.get(), size);
}

}  // namespace anthropic_metrics::host
