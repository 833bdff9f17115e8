// SPDX-License-Identifier: Apache-2.0
#include "exit_meanings.hpp"

#include <array>

namespace anthropic_metrics::host {
namespace {

constexpr std::array<ExitMeaning, 15> meanings{{
    {ExitCode::ok, "fine"},
    {ExitCode::unhealthy, "the host is failed"},
    {ExitCode::different, "different"},
    {ExitCode::not_compared, "not compared"},
    {ExitCode::usage, "command line"},
    {ExitCode::unreadable_file, "unreadable file"},
    {ExitCode::not_running, "no running host"},
    {ExitCode::plugin_missing, "no plugin"},
    {ExitCode::internal, "internal"},
    {ExitCode::state_unavailable, "state unavailable"},
    {ExitCode::sink_failed, "output failed"},
    {ExitCode::not_finished, "not finished"},
    {ExitCode::wrong_abi, "wrong plugin ABI"},
    {ExitCode::refused, "refused by the service"},
    {ExitCode::configuration, "policy"},
}};

}  // namespace

std::span<const ExitMeaning> exit_meanings() {
  return meanings;
}

}  // namespace anthropic_metrics::host
