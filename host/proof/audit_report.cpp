// SPDX-License-Identifier: Apache-2.0
#include "proof/audit_report.hpp"

#include <cstddef>

namespace anthropic_metrics::host {

std::string_view to_string(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::missing:
      return "missing";
    case Difference::Kind::extra:
      return "extra";
    case Difference::Kind::overlap:
      return "overlap";
    default:
      return "different";
  }
}

std::uint64_t AuditReport::different_rows() const {
  std::uint64_t rows = 0;
  for (const StreamAudit& stream : streams) rows += stream.different_rows;
  return rows;
}

bool AuditReport::equal() const {
  if (!complete()) return false;
  return (repair && repair->written() ? repair->different_rows_after : different_rows()) == 0;
}

std::vector<Sum> sums_of(const RowFields& fields, const Measures& api, const Measures& store) {
  std::vector<Sum> sums;
  const auto count = [](const Measures& of, std::size_t i) {
    return i < of.counts.size() ? text_of(of.counts[i]) : std::string("0");
  };
  const auto amount = [](const Measures& of, std::size_t i) {
    return i < of.amounts.size() ? of.amounts[i].text() : std::string("0");
  };
  for (std::size_t i = 0; i < fields.counts.size(); ++i)
    sums.push_back({fields.counts[i], count(api, i), count(store, i)});
  for (std::size_t i = 0; i < fields.amounts.size(); ++i)
    sums.push_back({fields.amounts[i], amount(api, i), amount(store, i)});
  return sums;
}

}  // namespace anthropic_metrics::host
