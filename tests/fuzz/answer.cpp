// SPDX-License-Identifier: Apache-2.0
// The answer of a stream's endpoint (AM_STREAM), in pieces and whole: both must come to the same.
// First octet: the size of the pieces. Everything a row points at lies in its bucket.
#include "fuzz.hpp"
#include "settings/stream_config.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {
namespace {

struct Decoded {
  bool ok = false;
  std::string next;
  std::size_t rows = 0, buckets = 0;
  std::string text;  ///< Everything that was read, to compare.
};

void note(const streams::Bucket& bucket, const streams::Text& place, std::string& text) {
  fuzz::require(std::size_t{place.offset} + place.size <= bucket.rows.text().size(),
                "a text lies in its bucket");
  text += bucket.view(place);
  text += '\n';
}

Decoded decode(const streams::Fetcher& fetcher, std::string_view body, std::size_t piece) {
  Decoded out;
  const auto decoder = fetcher.decoder();
  decoder->read_past_broken();
  const streams::Layout& layout = fetcher.layout();
  const auto take = [&] {
    for (const streams::Bucket& bucket : decoder->take()) {
      ++out.buckets;
      out.rows += bucket.rows.size();
      for (std::size_t r = 0; r < bucket.rows.size(); ++r) {
        const streams::Row row = bucket.rows[r];
        for (std::size_t i = 0; i < layout.texts.size(); ++i) note(bucket, row.texts[i], out.text);
        for (std::size_t i = 0; i < layout.counts.size(); ++i)
          out.text += std::to_string(row.counts[i]) + ",";
        note(bucket, row.amount, out.text);
        out.text += bucket.rows.amount(r).text() + (bucket.rows.overflowed(r) ? "!\n" : "\n");
      }
    }
  };
  while (!body.empty()) {
    const auto fed = decoder->feed(body.substr(0, piece));
    take();
    if (!fed) return out;
    body.remove_prefix(std::min(piece, body.size()));
  }
  const auto next = decoder->finish();
  take();
  out.ok = next.has_value();
  if (next) out.next = *next;
  return out;
}

const streams::Fetcher& fetcher() {
  static const auto made = [] {
    const streams::Descriptor* stream = streams::find(AM_STREAM);
    streams::StreamSettings common;
    Faults faults;
    const auto settings =
        streams::read_stream_settings(*stream, {}, std::string("/") + AM_STREAM, common, faults);
    return stream->make(settings, "2023-06-01");
  }();
  return *made;
}

}  // namespace
}  // namespace anthropic_metrics

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  fuzz::Source source(fuzz::view(data, size));
  const std::size_t piece = source.number() % 64 + 1;
  const std::string_view body = source.rest();
  const Decoded whole = decode(fetcher(), body, body.size() + 1);
  const Decoded pieces = decode(fetcher(), body, piece);
  fuzz::require(whole.ok == pieces.ok, "pieces decide like the whole");
  fuzz::require(whole.next == pieces.next, "pieces name the same next page");
  // A fault inside one piece may take buckets of that piece with it, none that were handed out.
  if (whole.ok) fuzz::require(whole.text == pieces.text, "pieces hold the same rows");
  return 0;
}
