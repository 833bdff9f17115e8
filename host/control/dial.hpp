// SPDX-License-Identifier: Apache-2.0
// From the address that the Agent named to a socket that is connected.
#pragma once

#include <string>

#include "base/file_descriptor.hpp"
#include "control/wake.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host::control {

// host:port, [address]:port, or unix:/path and unix:///path for a local socket. Each address of the
// host is tried, until the deadline or until the wake is told to stop.
Result<FileDescriptor> dial(const std::string& address, Wake& wake,
                            Wake::Clock::time_point deadline);

}  // namespace anthropic_metrics::host::control
