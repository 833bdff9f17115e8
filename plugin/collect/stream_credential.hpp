// SPDX-License-Identifier: Apache-2.0
// Which of the input's credentials a stream shows, and what is said where that does not fit.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

/// The name of the credential that the stream's requests show, by what its descriptor is opened by.
/// Empty if none of the input's opens it: such a stream asks nothing.
std::string_view credential_of(const Services& services, std::string_view stream);

/// The credential does not belong to the organization that is collected.
Error other_organization(const Services& services, std::string_view credential,
                         std::string_view organization);

/// What a stream that no credential of the input opens is told. Errc::not_offered.
Error not_opened(const streams::Descriptor& stream);

/// Whether a refusal of that target means that the organization is not offered what the stream
/// reads.
bool may_be_refused(std::string_view stream, std::string_view target);

}  // namespace anthropic_metrics
