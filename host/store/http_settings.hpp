// SPDX-License-Identifier: Apache-2.0
// A store's settings as those of the HTTPS client.
#pragma once

#include <string>

#include "net/http_settings.hpp"
#include "store/store_settings.hpp"

namespace anthropic_metrics::host {

// For one of the settings' hosts. Names the setting that is at fault: Errc::configuration.
anthropic_metrics::Result<net::HttpSettings> http_settings(const StoreSettings& settings,
                                                           const std::string& host);

// A host as Beats reads it: https or http, port 9200 unless it says another, a path in front of
// all targets.
anthropic_metrics::Result<net::Url> parse_store_url(std::string_view text);

}  // namespace anthropic_metrics::host
