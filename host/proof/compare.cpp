// SPDX-License-Identifier: Apache-2.0
#include "proof/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "proof/bucket.hpp"

namespace anthropic_metrics::host {
namespace {

using Kind = RowDocument::Kind;

// A source whose next row can be looked at before it is taken.
class Ahead {
 public:
  // other: told of every document that is no row.
  Ahead(DocumentSource& source, std::function<void(const RowDocument&)> other)
      : source_(source), other_(std::move(other)) {}

  Result<void> advance() {
    while (true) {
      const auto next = source_.next();
      if (!next) return next.error();
      row_ = *next;
      if (row_ == nullptr) return {};
      if (row_->kind == Kind::row) break;
      other_(*row_);
    }
    if (row_->start < newest_)
      return Failure{ExitCode::internal, {"documents came out of their order; this is a bug"}};
    newest_ = row_->start;
    return {};
  }
  const RowDocument* row() const { return row_; }

 private:
  DocumentSource& source_;
  const std::function<void(const RowDocument&)> other_;
  const RowDocument* row_ = nullptr;
  std::int64_t newest_ = std::numeric_limits<std::int64_t>::min();
};

class Merge {
 public:
  Merge(const Comparison& comparison, StreamAudit& audit, Findings& findings)
      : comparison_(comparison), audit_(audit), findings_(findings) {}

  Result<void> run() {
    Ahead store(comparison_.store, [&](const RowDocument& other) { met_in_store(other); });
    std::vector<Ahead> api;
    for (const ApiSide& side : comparison_.api)
      api.emplace_back(*side.source, [&](const RowDocument&) {
        ++gaps_;
        findings_.count(Findings::Kind::gap, audit_.stream);
      });
    for (Ahead& side : api)
      if (auto first = side.advance(); !first) return first;
    if (auto first = store.advance(); !first) return first;
    while (const auto time = earliest(store, api)) {
      Buckets said, held;
      for (Ahead& side : api)
        if (auto taken = take(side, *time, said, {}); !taken) return taken;
      ids_.clear();
      auto taken = take(store, *time, held, [&](const RowDocument& row) { look_at(row); });
      if (!taken) return taken;
      compare_all(said, held);
    }
    const Repeats repeats = comparison_.store.repeats();
    findings_.count(Findings::Kind::repeat, repeats.example, repeats.count);
    audit_.documents += repeats.count;
    if (gaps_ > 0)
      return Failure{ExitCode::not_compared,
                     {fmt::format("{}: {} rows of the API cannot be read, so nobody knows their "
                                  "sums; the host's log says what is wrong with them",
                                  audit_.stream, gaps_)}};
    if (unreadable_ == 0) return {};
    return Failure{ExitCode::not_compared,
                   {fmt::format("{}: {} documents cannot be understood, such as {}; correct or "
                                "delete them",
                                audit_.data_stream, unreadable_, unreadable_example_)}};
  }

 private:
  static std::optional<std::int64_t> earliest(const Ahead& store, const std::vector<Ahead>& api) {
    std::optional<std::int64_t> time;
    const auto look = [&](const RowDocument* row) {
      if (row != nullptr && (!time || row->start < *time)) time = row->start;
    };
    look(store.row());
    for (const Ahead& side : api) look(side.row());
    return time;
  }

  static Result<void> take(Ahead& side, std::int64_t time, Buckets& buckets,
                           const std::function<void(const RowDocument&)>& look) {
    while (side.row() != nullptr && side.row()->start == time) {
      if (look) look(*side.row());
      buckets[side.row()->grain].add(*side.row());
      if (auto next = side.advance(); !next) return next;
    }
    return {};
  }

  void met_in_store(const RowDocument& document) {
    ++audit_.documents;
    if (document.kind == Kind::pipeline_error)
      return findings_.count(Findings::Kind::pipeline_error, place_of(document));
    if (unreadable_++ == 0) unreadable_example_ = place_of(document);
  }

  static std::string place_of(const RowDocument& document) {
    if (document.id.empty()) return document.place;
    return document.place.empty() ? document.id
                                  : fmt::format("{} in {}", document.id, document.place);
  }

  void look_at(const RowDocument& document) {
    ++audit_.documents;
    if (!document.ours) findings_.count(Findings::Kind::other_collector, place_of(document));
    const std::string& id = document.stored_id.empty() ? document.id : document.stored_id;
    if (!id.empty() && ++ids_[id] == 2)
      findings_.count(Findings::Kind::duplicate_id, place_of(document));
    if (!document.ours || !comparison_.id_of) return;
    const std::string expected = comparison_.id_of(document.json);
    // Nothing is expected of what no report of this grain could say.
    if (expected != document.id || expected != id)
      findings_.count(Findings::Kind::foreign_id, place_of(document));
  }

  void compare_all(const Buckets& said, const Buckets& held) {
    static const Bucket none;
    for (const ApiSide& side : comparison_.api) {
      const auto api = said.find(side.grain);
      const auto store = held.find(side.grain);
      const Bucket& one = api != said.end() ? api->second : none;
      const Bucket& other = store != held.end() ? store->second : none;
      const std::int64_t start = std::max(one.start, other.start);
      const std::int64_t end = std::max(one.end, other.end);
      if (end == 0) continue;
      if (is_configured(side.grain)) {
        if (other.end == 0 && comparison_.grains.by_another(start, end)) continue;
      } else if (!comparison_.grains.counts(side.grain, start, end)) {
        continue;
      }
      compare_bucket(side.grain, one, other);
    }
    for (const auto& [grain, bucket] : held)
      if (!comparison_.grains.counts(grain, bucket.start, bucket.end)) overlap(grain, bucket);
    for (const auto& [grain, bucket] : held)
      for (const auto& [dimensions, row] : bucket.rows)
        if (row.has_hole()) findings_.count(Findings::Kind::revision_hole, "{" + dimensions + "}");
  }

  bool is_configured(const Grain& grain) const { return grain == comparison_.api.front().grain; }

  void compare_bucket(const Grain& grain, const Bucket& api, const Bucket& store) {
    const bool on_its_way = std::max(api.end, store.end) > comparison_.settled_until;
    ++audit_.buckets;
    audit_.rows += api.rows.size();
    static const RowTotal nothing;
    for (const auto& [dimensions, row] : api.rows) {
      const auto found = store.rows.find(dimensions);
      const bool there = found != store.rows.end();
      compare_row({there ? Difference::Kind::different : Difference::Kind::missing,
                   api.start,
                   grain,
                   dimensions,
                   {}},
                  row.measures, there ? found->second.measures : nothing.measures, on_its_way,
                  api.end);
    }
    for (const auto& [dimensions, row] : store.rows)
      if (!api.rows.contains(dimensions))
        compare_row({Difference::Kind::extra, store.start, grain, dimensions, {}}, nothing.measures,
                    row.measures, on_its_way, store.end);
  }

  void compare_row(Difference difference, const Measures& api, const Measures& store,
                   bool on_its_way, std::int64_t end) {
    if (api == store) {
      audit_.api.add(api);
      audit_.store.add(store);
      return;
    }
    if (on_its_way) {
      ++audit_.on_their_way;
      return;
    }
    audit_.api.add(api);
    audit_.store.add(store);
    tell(std::move(difference), api, store, end, false);
  }

  void overlap(const Grain& grain, const Bucket& bucket) {
    findings_.count(Findings::Kind::overlap, to_text(grain));
    static const Measures nothing;
    for (const auto& [dimensions, row] : bucket.rows) {
      if (row.measures.zero()) continue;
      audit_.store.add(row.measures);
      tell({Difference::Kind::overlap, bucket.start, grain, dimensions, {}}, nothing, row.measures,
           bucket.end, true);
    }
  }

  void tell(Difference difference, const Measures& api, const Measures& store, std::int64_t end,
            bool withdraw) {
    ++audit_.different_rows;
    add_span({difference.grain, difference.start, end, withdraw});
    if (audit_.differences.size() >= StreamAudit::most_differences) return;
    difference.fields = sums_of(comparison_.fields, api, store);
    std::erase_if(difference.fields, [](const Sum& sum) { return sum.api == sum.store; });
    audit_.differences.push_back(std::move(difference));
  }

  void add_span(Span span) {
    const auto before =
        std::find_if(audit_.spans.rbegin(), audit_.spans.rend(), [&](const Span& other) {
          return other.grain == span.grain && other.withdraw == span.withdraw;
        });
    if (before != audit_.spans.rend() && span.from <= before->to && span.from >= before->from)
      before->to = std::max(before->to, span.to);
    else
      audit_.spans.push_back(std::move(span));
  }

  const Comparison& comparison_;
  StreamAudit& audit_;
  Findings& findings_;
  std::unordered_map<std::string, int> ids_;  // of the documents that begin at one moment
  std::uint64_t gaps_ = 0;
  std::uint64_t unreadable_ = 0;
  std::string unreadable_example_;
};

}  // namespace

Result<void> compare(const Comparison& comparison, StreamAudit& audit, Findings& findings) {
  return Merge(comparison, audit, findings).run();
}

}  // namespace anthropic_metrics::host
