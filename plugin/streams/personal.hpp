// SPDX-License-Identifier: Apache-2.0
// What may be shown of persons: the setting personal_data. It acts where entries become rows, so
// that nothing else ever sees a text that nobody asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anthropic_metrics::streams {

/// Strict to open.
enum class PersonalData {
  none,    ///< Texts that say who a person is are left out; ids stay.
  hashed,  ///< Their place is taken by a name that only who has the key can make.
  full     ///< They stay.
};

/// "none", "hashed", "full"; of anything else nothing.
std::optional<PersonalData> parse_personal_data(std::string_view text);
std::string_view to_text(PersonalData mode);

/// Characters that stand for a person, base64url.
inline constexpr std::size_t personal_hash_size = 22;

class Personal {
 public:
  Personal() = default;
  /// key: of `hashed`, 32 octets; without one nothing is shown.
  explicit Personal(PersonalData mode, std::string key = {}) : mode_(mode), key_(std::move(key)) {}

  PersonalData mode() const { return mode_; }
  const std::string& key() const { return key_; }
  /// Nothing at all is shown.
  bool silent() const {
    return mode_ == PersonalData::none || (mode_ == PersonalData::hashed && key_.empty());
  }

  /// What may be shown of a text that says who a person is; nothing: it is left out. Equal texts
  /// have equal hashes, in all streams that share the key. Of an empty text nothing is hashed.
  std::optional<std::string> shown(std::string_view text) const;

 private:
  PersonalData mode_ = PersonalData::none;
  std::string key_;
};

}  // namespace anthropic_metrics::streams
