// SPDX-License-Identifier: Apache-2.0
// What the instance knows of workspaces, keys, people: as it was told last, also of what is
// archived or removed by now. Kept in the ledger, so that it is there after a restart. Names other
// streams' documents, and says which workspaces are live. All on one event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "collect/waiting.hpp"
#include "ledger/ledger.hpp"
#include "ledger/names.hpp"

namespace anthropic_metrics {

class Directory {
 public:
  explicit Directory(boost::asio::io_context& loop);

  /// What an earlier run left. Errc::state if it cannot be read.
  Result<void> load(ledger::Ledger& ledger);

  /// Null if it was never told of.
  const ledger::Entity* find(std::string_view stream, std::string_view id) const;
  /// Of one stream, by id.
  std::vector<const ledger::Entity*> of(std::string_view stream) const;
  /// Ids of the workspaces that are not archived, but for the default one.
  std::vector<std::string> live_workspaces() const;

  /// Things as the ledger has them from now on.
  void learn(const std::vector<ledger::Entity>& entities);
  /// As the API called it last; also from an earlier run's note.
  void name_organization(std::string_view name) { names_.name_organization(name); }

  /// For documents; valid as long as this.
  const Names& names() const { return names_; }

  /// Others wait for the first attempt of this stream, if it names them.
  void expect(std::string_view stream);
  /// It was made, or there will be none.
  void attempted(std::string_view stream);
  /// Returns once every attempt that is expected was made, whatever became of it: so that the first
  /// documents have names where they can be had.
  boost::asio::awaitable<void> first_attempts();
  /// How many streams wait for that.
  std::size_t waiting() const noexcept { return gate_.waiting(); }

 private:
  std::map<std::pair<std::string, std::string>, ledger::Entity> known_;  ///< By stream and id.
  Names names_;
  std::set<std::string, std::less<>> expected_;
  Gate gate_;
};

}  // namespace anthropic_metrics
