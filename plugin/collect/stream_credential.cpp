// SPDX-License-Identifier: Apache-2.0
#include "collect/stream_credential.hpp"

#include <fmt/format.h>

namespace anthropic_metrics {

std::string_view credential_of(const Services& services, std::string_view stream) {
  const streams::Descriptor* found = streams::find(stream);
  return services.credential.choose(found != nullptr ? found->opened_by
                                                     : std::vector<std::string_view>{});
}

Error other_organization(const Services& services, std::string_view credential,
                         std::string_view organization) {
  if (services.credential.names().size() == 1)
    return {Errc::configuration,
            fmt::format("the credential now belongs to organization {}, this instance collects "
                        "{}; put the former credential back or start with another state.path",
                        organization, services.organization_id)};
  return {
      Errc::configuration,
      fmt::format("{} belongs to organization {}, but this input collects organization {}, to "
                  "which its other credentials belong; all credentials of an input must belong "
                  "to one organization: replace it, or give it to an input of its own",
                  services.credential.setting(credential), organization, services.organization_id)};
}

bool may_be_refused(std::string_view stream, std::string_view target) {
  const streams::Descriptor* found = streams::find(stream);
  return found != nullptr && found->may_be_refused &&
         target.substr(0, target.find('?')) == found->path;
}

Error not_opened(const streams::Descriptor& stream) {
  std::string settings;
  for (const std::string_view opens : stream.opened_by)
    settings += (settings.empty() ? "" : " or ") + std::string(api::setting_of(opens));
  return {Errc::not_offered,
          fmt::format("no credential of this input opens this stream; it needs {}", settings)};
}

}  // namespace anthropic_metrics
