// SPDX-License-Identifier: Apache-2.0
#include "proof/findings.hpp"

#include <fmt/format.h>

namespace anthropic_metrics::host {
namespace {

struct Words {
  const char* kind;
  const char* one;
  const char* many;
  const char* rest;
};

Words words_of(Findings::Kind kind) {
  using Kind = Findings::Kind;
  switch (kind) {
    case Kind::duplicate_id:
      return {"duplicate_id", "1 document has", "{} documents have",
              "an id that another one has too; each of them is in the sums"};
    case Kind::repeat:
      return {"duplicate_id", "1 document comes", "{} documents come",
              "again in the files under the same id; the first alone counts, as in a store"};
    case Kind::foreign_id:
      return {"foreign_id", "1 document has", "{} documents have",
              "an id that does not follow from the content; somebody changed or made it by hand"};
    case Kind::revision_hole:
      return {"revision_hole", "1 row lacks", "{} rows lack",
              "one of its revisions; a document was deleted, or never arrived"};
    case Kind::pipeline_error:
      return {"pipeline_error", "1 document is", "{} documents are",
              "of event.kind pipeline_error; error.message says what could not be read"};
    case Kind::failure_store:
      return {"failure_store", "1 document is", "{} documents are",
              "in the failure store of the data stream; see to the mapping or the pipeline that "
              "refused it"};
    case Kind::dead_letter:
      return {"dead_letter", "1 document waits", "{} documents wait",
              "in the output's file of dead letters; see why, and run anthropic-metrics resend"};
    case Kind::other_collector:
      return {"other_collector", "1 document is", "{} documents are",
              "of another collector; it goes into the same sums, so stop it or the host"};
    case Kind::gap:
      return {"gap", "1 row", "{} rows",
              "of the API cannot be read, and is in no sum; the host's log says why"};
    default:
      return {"overlap", "1 bucket is", "{} buckets are",
              "there in another grain, too: what the stream was split by has changed"};
  }
}

}  // namespace

void Findings::count(Kind kind, std::string_view example, std::uint64_t number) {
  if (number == 0) return;
  Met& met = met_[kind];
  if (met.count == 0) met.example = example;
  met.count += number;
}

std::vector<Finding> Findings::list() const {
  std::vector<Finding> list;
  for (const auto& [kind, met] : met_) {
    const Words words = words_of(kind);
    const std::string number =
        met.count == 1 ? std::string(words.one) : fmt::format(fmt::runtime(words.many), met.count);
    list.push_back({words.kind, met.count, met.example, fmt::format("{} {}", number, words.rest)});
  }
  return list;
}

}  // namespace anthropic_metrics::host
