// SPDX-License-Identifier: Apache-2.0
// Shows a store the credential that the settings name. One that is kept in a file is read for every
// request, so that a new one is used at once; while the file cannot be read the last one is.
#pragma once

#include <string>

#include "net/authorizer.hpp"
#include "store/store_settings.hpp"

namespace anthropic_metrics::host {

class Log;

class StoreAuthorizer final : public net::Authorizer {
 public:
  // log learns the secrets, and outlives this.
  StoreAuthorizer(StoreCredential credential, Log& log);

  anthropic_metrics::Result<net::Authorization> authorization(std::string_view) override;
  std::string scrub(std::string_view text) const override;

 private:
  anthropic_metrics::Result<Secret> read() const;

  const StoreCredential credential_;
  Log& log_;
  Secret text_;           // as it was read last
  Secret shown_;          // as it travels
  SecretText kept_[2]{};  // so that the log replaces both
};

// Where the text says that a secret is kept: the path of "file:PATH" or "systemd:NAME"; empty if
// the text is the secret itself. A fault if the place cannot be: Errc::configuration.
anthropic_metrics::Result<std::string> secret_file_of(std::string_view text);

}  // namespace anthropic_metrics::host
