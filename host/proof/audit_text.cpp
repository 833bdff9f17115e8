// SPDX-License-Identifier: Apache-2.0
#include "proof/audit_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>

#include "base/printable.hpp"
#include "proof/time_text_of.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::size_t most_shown = 20;  // differences of a stream; --json has a thousand

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(std::to_string(number)), number == 1 ? one : many);
}

std::string verdict(const StreamAudit& audit) {
  if (audit.different_rows == 0) return "equal";
  return counted(audit.different_rows, "row differs", "rows differ");
}

std::string unit_of(const std::string& field, const RowFields& fields) {
  const bool money =
      std::find(fields.amounts.begin(), fields.amounts.end(), field) != fields.amounts.end();
  return money ? field + " (cents)" : field;
}

std::string sums_table(const StreamAudit& audit, const RowFields& fields) {
  std::vector<Row> rows{{"measure", "API", "store", ""}};
  for (const Sum& sum : sums_of(fields, audit.api, audit.store))
    rows.push_back({unit_of(sum.field, fields), grouped(sum.api), grouped(sum.store),
                    sum.api == sum.store ? "" : "different"});
  return table(std::move(rows));
}

// model=claude-b, workspace_id=wrkspc_1
std::string dimensions_of(const Difference& difference) {
  std::string text;
  const boost::json::value said = boost::json::parse("{" + difference.dimensions + "}");
  for (const auto& member : said.get_object()) {
    const auto* words = member.value().if_string();
    text += text.empty() ? "" : ", ";
    text += std::string(member.key()) + '=';
    text += words != nullptr ? std::string(words->data(), words->size())
                             : boost::json::serialize(member.value());
  }
  return text.empty() ? std::string("all of it") : text;
}

std::string text_of_difference(const Difference& difference, const RowFields& fields) {
  std::string text =
      printable(fmt::format("  {} {} {}: {}", time_text(difference.start), difference.grain.width,
                            to_string(difference.kind), dimensions_of(difference))) +
      '\n';
  for (const Sum& sum : difference.fields)
    text += fmt::format("    {:<32} API {:>18}  store {:>18}\n", unit_of(sum.field, fields),
                        grouped(sum.api), grouped(sum.store));
  return text;
}

std::string text_of_differences(const StreamAudit& audit, const RowFields& fields) {
  std::string text = "\n";
  for (std::size_t i = 0; i < std::min(audit.differences.size(), most_shown); ++i)
    text += text_of_difference(audit.differences[i], fields);
  if (audit.different_rows > most_shown)
    text += fmt::format("  and {} more; --json lists {} of them all\n",
                        audit.different_rows - most_shown, audit.differences.size());
  return text + '\n';
}

std::string text_of_stream(const StreamAudit& audit, const RowFields& fields) {
  std::string text = fmt::format("{} in {}: {}\n", audit.stream, audit.data_stream, verdict(audit));
  text += fmt::format(
      "  {} until {}, {}: {}, {} of the API, {} held\n", time_text(audit.from), time_text(audit.to),
      to_text(audit.grain), counted(audit.buckets, "bucket", "buckets"),
      counted(audit.rows, "row", "rows"), counted(audit.documents, "document", "documents"));
  text += sums_table(audit, fields);
  if (audit.on_their_way > 0)
    text += fmt::format("  {} so new that the host may not have written {} yet\n",
                        counted(audit.on_their_way, "row is", "rows are"),
                        audit.on_their_way == 1 ? "it" : "them");
  if (audit.different_rows > 0) text += text_of_differences(audit, fields);
  for (const Finding& finding : audit.findings)
    text += printable(fmt::format("  {}: {} (for example {})", finding.kind, finding.sentence,
                                  finding.example)) +
            '\n';
  return text + '\n';
}

std::string text_of_repair(const RepairReport& repair) {
  std::string text;
  for (const std::string& problem : repair.problems)
    text += "not repaired: " + printable(problem) + '\n';
  const std::string documents = counted(repair.documents, "correction", "corrections");
  if (repair.dry_run)
    return text + fmt::format("{} would be written; add --yes to write {}\n", documents,
                              repair.documents == 1 ? "it" : "them");
  text += documents + " written; what was touched was compared again";
  if (repair.different_rows_after == 0) return text + ", and is equal\n";
  text +=
      ": " + counted(repair.different_rows_after, "row is still", "rows are still") + " different";
  if (repair.problems.empty()) text += "; run it again, and see the log if that stays";
  return text + '\n';
}

}  // namespace

std::string text_of(const AuditReport& report, const std::vector<RowFields>& fields) {
  std::string text;
  for (std::size_t i = 0; i < report.streams.size(); ++i)
    text += text_of_stream(report.streams[i], fields[i]);
  for (const std::string& problem : report.problems)
    text += "not compared: " + printable(problem) + '\n';
  if (report.repair) text += text_of_repair(*report.repair);
  if (!report.complete())
    text += report.problems.empty() ? "could not repair everything\n"
                                    : "could not compare everything\n";
  else
    text += report.equal() ? "equal\n" : "different\n";
  return text;
}

}  // namespace anthropic_metrics::host
