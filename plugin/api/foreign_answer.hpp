// SPDX-License-Identifier: Apache-2.0
// Answers with a good status that are not the API's: a maintenance page, a login of the network, an
// error inside of a 200, something packed. Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/status_error.hpp"
#include "base/error.hpp"
#include "net/message.hpp"

namespace anthropic_metrics::api {

/// Keep this much of an answer's beginning for foreign_answer.
inline constexpr std::size_t beginning_limit = 4 * 1024;

/// What a body is, for a person: `text/html titled "Maintenance": "<!DOCTYPE html>..."`. Escaped,
/// capped, scrubbed of key shapes; empty for an empty body without a type.
std::string describe_body(const net::ResponseHead& head, std::string_view body);

/// The error for an answer that a reader did not take: `fault` with the path and, unless it looks
/// like the report that was asked for, with what came instead. An error of the API inside is told,
/// and treated, as if its status had said so. `beginning` is what came of the body, at most
/// beginning_limit.
Error foreign_answer(const net::ResponseHead& head, std::string_view beginning, const Error& fault,
                     const Asked& asked);

}  // namespace anthropic_metrics::api
