// SPDX-License-Identifier: Apache-2.0
// Reports of one UTC day: which day was asked for, and whether a refusal says that it is not there
// yet.
#pragma once

#include <string>
#include <string_view>

namespace anthropic_metrics::api {

/// The day that a request's query asks for, "2026-11-26" (date, starting_date or starting_at);
/// empty: it asks for none, or for a time.
std::string day_asked_for(std::string_view target);

/// True if a refusal names the newest day that there is: one before `day`, at most two weeks, and
/// none behind it. Of a bound that lies farther back, such as the first day that ever was, it is a
/// fault of the question.
bool names_an_earlier_day(std::string_view message, std::string_view day);

}  // namespace anthropic_metrics::api
