// SPDX-License-Identifier: Apache-2.0
// What ids are called, as documents of other streams say it. Documents take names when they are
// written; they are no part of a row's identity or of what the ledger records of it, so a thing
// that is renamed makes no correction and no second row. Of one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/entity.hpp"

namespace anthropic_metrics {

class Names {
 public:
  /// The things of one stream: where their ids stand, and what documents say of each.
  class Things {
   public:
    Things(std::string group, std::string field)
        : group_(std::move(group)), field_(std::move(field)) {}

    const std::string& group() const { return group_; }  ///< The member of "anthropic": workspace.
    const std::string& field() const { return field_; }  ///< Holds their ids: workspace_id.

    /// A JSON object, {"name":...,"tags":[...]}; empty if the id is not known.
    std::string_view of(std::string_view id) const;
    /// The same of the one that other reports mean by null; empty if it is not known.
    std::string_view of_null() const { return of(null_id_); }

   private:
    friend class Names;
    struct Hash {
      using is_transparent = void;
      std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>()(text);
      }
    };
    std::string group_, field_, null_id_;
    std::unordered_map<std::string, std::string, Hash, std::equal_to<>> known_;
  };

  /// From now on names of that stream may come. All such calls come before the first document.
  void add_stream(std::string_view stream, std::string_view field);
  /// Of a stream that was not added it says nothing.
  void learn(const ledger::Entity& entity);
  void name_organization(std::string_view name);

  /// Sorted by group.
  const std::vector<Things>& all() const { return all_; }
  /// Empty if it is not known.
  const std::string& organization() const { return organization_; }
  /// Rises with every change.
  std::uint64_t version() const { return version_; }

 private:
  std::vector<Things> all_;
  std::string organization_;
  std::uint64_t version_ = 1;
};

}  // namespace anthropic_metrics
