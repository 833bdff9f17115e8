// SPDX-License-Identifier: Apache-2.0
// Where a key comes from and when it is read again. The only owner of the live key: the transport
// borrows it for the moment of serialising, everything else knows only its header's name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "api/key_text.hpp"
#include "base/error.hpp"
#include "base/scrubber.hpp"
#include "base/secret.hpp"
#include "net/authorizer.hpp"

namespace anthropic_metrics::api {

/// Where a credential is kept. Moves, never copies: it may hold the key itself.
struct CredentialPlace {
  enum class Where { inline_text, environment, file, systemd, host };
  Where where = Where::inline_text;
  std::string name;    ///< Variable, path, or credential name. Empty for inline_text.
  Secret inline_text;  ///< Only for inline_text, until CredentialSource takes it.

  /// Only for host: asks the host for the current value of `name`. Called on the loop's thread;
  /// must not block for long. Its result is wiped.
  std::function<Result<Secret>(const std::string& name)> ask_host;

  /// "environment variable ANTHROPIC_ADMIN_KEY", "file /run/secrets/key": for messages. Never a
  /// value.
  std::string describe() const;
};

/// Reads the setting of a credential, which is called `setting` in messages:
///   ${NAME} or ${env.NAME}        environment variable
///   file:PATH, or an absolute path  file
///   systemd:NAME                  $CREDENTIALS_DIRECTORY/NAME
///   anything else                 the key itself
/// Blanks around it are taken off. Refused: what read_key (key_text.hpp) refuses, a name with '/'.
Result<CredentialPlace> parse_credential(std::string_view text,
                                         std::string_view setting = "admin_api_key");

/// What the process around us offers; replaced by tests.
struct CredentialWorld {
  std::function<const char*(const char*)> environment;  ///< Like getenv.
  static CredentialWorld process();
};

class CredentialSource final : public net::Authorizer {
 public:
  /// Does not read yet: the key may appear later than the plugin.
  explicit CredentialSource(CredentialPlace place, CredentialKind kind = CredentialKind::api_key,
                            CredentialWorld world = CredentialWorld::process());

  CredentialSource(CredentialSource&&) = default;

  /// "x-api-key" or "authorization".
  std::string_view header_name() const noexcept;

  /// What precedes the key in the header's value: "" or "Bearer ".
  std::string_view header_prefix() const noexcept;

  /// What somebody should know about a key that is used all the same: others may read its file, it
  /// does not look like a key of this service. Called whenever a new key was read; never holds it.
  void on_remark(std::function<void(std::string)> say) { on_remark_ = std::move(say); }

  /// The live key; borrowed until the next call of a member that is not const. Looks whether it
  /// changed first. If it cannot be read, the last good one is used; without one:
  /// Errc::configuration with the place, the fact and the remedy.
  Result<const Secret*> current();

  /// Reads again if a cheap look (device, inode, size, times of a file; always for the environment,
  /// the host) says it may differ. True if the value is a new one.
  Result<bool> reload_if_changed();

  /// Reads again in any case: after a 401. True if the value is a new one.
  Result<bool> reload();

  /// After a request was refused: reads again and says whether the value is another one than
  /// current() gave last, whoever noticed the change.
  bool newer_than_used();

  const CredentialPlace& place() const noexcept { return place_; }

  /// current() with its header, for the transport.
  Result<net::Authorization> authorization(std::string_view = {}) override;

  /// Removes the live key in all its forms from a text; see Scrubber. One that stands in the
  /// configuration is known from the beginning.
  std::string scrub(std::string_view text) const override { return scrubber_.scrub(text); }

 private:
  /// What stat() said when the file was read.
  struct FileStamp {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    bool operator==(const FileStamp&) const = default;
  };

  Result<Secret> read();
  Result<Secret> key_in(std::string_view text) const;
  Result<Secret> read_file(const std::string& path);
  Result<std::string> path() const;
  static bool stamp_of(const std::string& path, FileStamp& stamp) noexcept;

  CredentialPlace place_;
  CredentialKind kind_;
  CredentialWorld world_;
  Secret value_;
  std::uint64_t generation_ = 0;  ///< Counts values.
  std::uint64_t used_ = 0;        ///< The generation that current() gave last.
  FileStamp stamp_;
  std::string access_remark_;  ///< About the file that was read last.
  std::function<void(std::string)> on_remark_;
  Scrubber scrubber_;
};

}  // namespace anthropic_metrics::api
