// SPDX-License-Identifier: Apache-2.0
#include "control/clean.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace anthropic_metrics::host::control {
namespace {

void clean(boost::json::value& value, const Log& log) {
  if (auto* text = value.if_string()) {
    const std::string redacted = log.redacted(std::string_view(text->data(), text->size()));
    text->assign(redacted.data(), redacted.size());
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) clean(member.value(), log);
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) clean(element, log);
  }
}

}  // namespace

void clean(SeenUnit& unit, const Log& log) {
  unit.message = log.redacted(unit.message);
  for (auto& member : unit.payload) clean(member.value(), log);
}

void clean(ActionAnswer& answer, const Log& log) {
  answer.error = log.redacted(answer.error);
  for (DiagnosticFile& file : answer.files) file.content = log.redacted(file.content);
}

}  // namespace anthropic_metrics::host::control
