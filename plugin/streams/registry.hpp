// SPDX-License-Identifier: Apache-2.0
// The list of streams. A stream file ends in one Registration; nothing else knows its name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streams/fetcher.hpp"
#include "streams/observation.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics::streams {

/// Constant data about a stream. Settings, their defaults, the configuration schema, the stream
/// list of the ABI and the package's manifests all follow from it.
struct Descriptor {
  std::string_view name;         ///< "usage". Dataset: anthropic_metrics.<name>.
  std::string_view title;        ///< For people: "Token usage".
  std::string_view description;  ///< One sentence for the configuration page.
  std::string_view category;     ///< event.category of its documents.
  std::string_view path;  ///< Endpoint; the transport's allow-list is made of these. Empty: the
                          ///< stream has none, and `observe` instead of `make`.

  Milliseconds interval{};
  Milliseconds shortest_interval{};
  /// Nothing for a snapshot stream: it has no buckets, and none of the settings below.
  std::optional<Milliseconds> initial_interval{};
  Milliseconds settle{};
  std::vector<std::string_view> widths{};    ///< The default first; one: not a setting.
  std::vector<std::string_view> group_by{};  ///< Every grouping known.
  std::vector<std::string_view> default_group_by{};
  bool open_group_by = false;  ///< Groupings unknown to this version are passed to the API.
  std::vector<Tier> tiers{};

  bool opt_in = false;  ///< Off until it is switched on: "enabled" is false by default.
  /// Further endpoints it asks, for the allow-list; "{id}" stands for an id inside, as in
  /// net::allow_paths.
  std::vector<std::string_view> more_paths{};
  /// A snapshot of things that stay: a document when one changed, and one a day.
  bool entities = false;
  /// Of such things: the field in other streams' documents that holds their ids. Those documents
  /// carry what is known of them by `name` and `tags`, as anthropic.<stream>.
  std::string_view names{};
  bool personal = false;  ///< Its documents may say who a person is.
  /// Kinds of credentials that open it, the best first: admin, oauth, enterprise.
  std::vector<std::string_view> opened_by{"admin", "oauth"};
  /// Only some organizations have it: to the others a refusal says so, whatever their credential.
  bool may_be_refused = false;

  /// Before which the API has nothing and refuses to be asked; none: it answers, however old.
  Instant (*earliest)(Instant now) = nullptr;

  /// Why the API, or exact sums, do not allow these groupings, in words that follow their list;
  /// empty: they are fine.
  std::string (*refuse_groups)(const std::vector<std::string>& group_by) = nullptr;

  /// Makes the fetcher for checked settings.
  std::unique_ptr<Fetcher> (*make)(const StreamSettings&, std::string_view api_version) = nullptr;

  /// For a stream without an endpoint: its layout, and the rows for what was observed of the
  /// others.
  const Layout& (*observed_layout)() = nullptr;
  Bucket (*observe)(const std::vector<Observation>&) = nullptr;

  bool snapshot() const { return !initial_interval; }
  bool observing() const { return observe != nullptr; }
};

/// Registering only records. Placed as the last line of a stream file.
class Registration {
 public:
  explicit Registration(Descriptor descriptor);
};

/// All streams, sorted by name. The order is the stream index of the ABI.
const std::vector<Descriptor>& all();

/// The stream of that name, or nullptr.
const Descriptor* find(std::string_view name);

/// Every path that may be asked for, and no other: that of the organization itself and those of the
/// streams. "{id}" stands for an id, as net::allow_paths has it.
std::vector<std::string> allowed_paths();

/// The name of a stream that is registered twice, empty if there is none. Checked at init.
std::string_view duplicate();

}  // namespace anthropic_metrics::streams
