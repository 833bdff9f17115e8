// SPDX-License-Identifier: Apache-2.0
// Any octets as a record of the ledger: refused, or a record that packs and unpacks to itself.
#include "fuzz.hpp"
#include "ledger/record.hpp"
#include "settings/stream_config.hpp"
#include "streams/registry.hpp"

namespace {

const anthropic_metrics::streams::Fetcher& usage() {
  using namespace anthropic_metrics;
  static const auto made = [] {
    const streams::Descriptor* stream = streams::find("usage");
    Faults faults;
    return stream->make(streams::read_stream_settings(*stream, {}, "/usage", {}, faults),
                        "2023-06-01");
  }();
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  const auto record = ledger::unpack(fuzz::view(data, size));
  if (!record) return 0;
  std::size_t octets = 0;
  for (const ledger::RecordRow& row : record->rows) {
    for (const streams::Text& place : row.row.texts) {
      fuzz::require(std::size_t{place.offset} + place.size <= record->text.size(),
                    "a text lies in its record");
      octets += record->view(place).size();
    }
    octets += record->view(row.row.amount).size();
  }
  fuzz::require(octets <= (record->rows.size() + 1) * record->text.size() * 20,
                "texts are bounded");
  const streams::Layout& layout = usage().layout();
  const std::string packed = ledger::pack(*record, layout);
  const auto again = ledger::unpack(packed);
  fuzz::require(again.has_value(), "what was packed unpacks");
  fuzz::require(again->rows.size() == record->rows.size(), "no row is lost");
  fuzz::require(ledger::pack(*again, layout) == packed, "packing again gives the same octets");
  return 0;
}
