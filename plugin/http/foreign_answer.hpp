// SPDX-License-Identifier: Apache-2.0
// Answers with a good status that are not the API's: a maintenance page, a login of the network, an
// error inside of a 200, something packed. Pure.
#pragma once

#include <string>
#include <string_view>

#include "error.hpp"
#include "http/message.hpp"
#include "http/status_error.hpp"

namespace anthropic_metrics::http {

/// Keep this much of an answer's beginning for foreign_answer.
inline constexpr std::size_t beginning_limit = 4 * 1024;

/// What a body is, for a person: `text/html titled "Maintenance": "<!DOCTYPE html>..."`. Escaped,
/// capped, scrubbed of key shapes; empty for an empty body without a type.
std::string describe_body(const ResponseHead& head, std::string_view body);

/// The error for an answer that a reader did not take: `fault` with the path and, unless it looks
/// like the report that was asked for, with what came instead. An error of the API inside is told,
/// and treated, as if its status had said so. `beginning` is what came of the body, at most
/// beginning_limit.
Error foreign_answer(const ResponseHead& head, std::string_view beginning, const Error& fault,
                     const Asked& asked);

}  // namespace anthropic_metrics::http
