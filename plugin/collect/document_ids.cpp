// SPDX-License-Identifier: Apache-2.0
#include "collect/document_ids.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "collect/grains.hpp"

namespace anthropic_metrics {
namespace {

/// A store may hold anything: what is made for its grains is forgotten when it is more.
constexpr std::size_t most_grains = 64;

}  // namespace

Result<std::string> DocumentIds::id_of(std::string_view stream, std::string_view json) {
  const streams::Descriptor* const descriptor = streams::find(stream);
  if (descriptor == nullptr)
    return Error{Errc::argument, fmt::format("there is no stream {}", stream)};
  auto document = ReadDocument::parse(json, stream);
  if (!document) return document.error();
  const std::lock_guard lock(mutex_);
  auto names = names_of(*descriptor, *document);
  if (!names) return names.error();
  const std::string said = document->event_id();
  Result<std::string> first = Error{};
  for (RowKeys& keys : (*names)->keys) {
    auto id = id_of(*document, (*names)->fetcher->layout(), keys);
    if (!id || *id == said) return id;
    if (!first) first = std::move(id);
  }
  return first;
}

Result<DocumentIds::Names*> DocumentIds::names_of(const streams::Descriptor& stream,
                                                  const ReadDocument& document) {
  auto groups = document.group_by();
  if (!groups) return groups.error();
  RowKeys::Grain grain{document.organization_id(), document.dataset(), document.bucket_width(),
                       groups->value_or(std::vector<std::string>())};
  if (grain.organization_id.empty() || grain.dataset.empty())
    return Error{Errc::argument, "the document does not say its organization or its data set"};
  const std::string name =
      fmt::format("{}\n{}\n{}\n{}\n{}", stream.name, grain.organization_id, grain.dataset,
                  grain.bucket_width, fmt::join(grain.group_by, "\n"));
  if (const auto known = names_.find(name); known != names_.end()) return &known->second;

  streams::StreamSettings settings;
  for (const StreamChoice& choice : settings_.streams)
    if (choice.stream == &stream) settings.personal = choice.settings.personal;
  if (grain.bucket_width.empty() && !stream.widths.empty())
    grain.bucket_width = stream.widths.front();  // It has one, and documents do not say it.
  auto with = with_grain(stream, settings, {grain.bucket_width, grain.group_by});
  if (!with) return with.error();
  if (auto adds = adds_up(stream, *with, settings_.api_version); !adds) return adds.error();
  Names names;
  names.fetcher = stream.make(*with, settings_.api_version);
  const streams::Layout& layout = names.fetcher->layout();
  if (layout.texts.size() > streams::Row::most_texts)
    return Error{Errc::argument, "the document names too many dimensions"};
  grain.personal = personal_grain(layout);
  names.keys.emplace_back(layout, grain);
  if (!grain.personal.empty())
    for (const char* mode : {"none", "hashed", "full", ""}) {
      grain.personal = mode;
      names.keys.emplace_back(layout, grain);
    }
  if (names_.size() >= most_grains) names_.clear();
  return &names_.emplace(name, std::move(names)).first->second;
}

Result<std::string> DocumentIds::id_of(const ReadDocument& document, const streams::Layout& layout,
                                       RowKeys& keys) const {
  const auto start = document.start();
  if (!start) return start.error();
  keys.begin(start->time_since_epoch().count());
  if (const auto odd = document.set_aside())
    return document_id(keys.of_odd(odd->reason, odd->original), 0);
  streams::Row row;
  std::string text;
  if (auto read = document.read_texts(layout, row, text); !read) return read.error();
  const auto revision = document.revision();
  if (!revision) return revision.error();
  const RowKey key = keys.of(text, row);
  if (*revision == 0) return document_id(key, 0);
  const auto change = document.measures(layout);
  if (!change) return change.error();
  const auto total = document.totals(layout);
  if (!total) return total.error();
  RowKeys::Measures by{change->counts.data(), {}, change->sums.data()};
  RowKeys::Measures to{total->counts.data()};
  for (std::size_t which = 0; which < layout.amounts(); ++which) {
    by.amounts[which] = change->amounts[which];
    to.amounts[which] = total->amounts[which];
  }
  return document_id(key, *revision, keys.step(by, to));
}

}  // namespace anthropic_metrics
