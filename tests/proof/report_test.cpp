// SPDX-License-Identifier: Apache-2.0
// The page and the JSON of an audit, as they stand beside this file.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "proof/audit_document.hpp"
#include "proof/audit_json.hpp"
#include "proof/audit_text.hpp"
#include "proof/findings.hpp"
#include "usage_rows.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

std::string beside(const std::string& name) {
  std::ifstream file(std::string(AM_SOURCE_DIR "/tests/proof/") + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

AuditReport report() {
  StreamAudit audit;
  audit.stream = "usage";
  audit.data_stream = "metrics-anthropic_metrics.usage-default";
  audit.grain = hours();
  audit.from = begin;
  audit.to = begin + 86'400;
  audit.buckets = 24;
  audit.rows = 1234;
  audit.documents = 1300;
  audit.api.counts = {1'234'567, 20};
  audit.store.counts = {1'234'560, 20};
  audit.different_rows = 1;
  audit.on_their_way = 2;
  audit.differences = {{Difference::Kind::different,
                        begin + 3600,
                        hours(),
                        R"("model":"claude-b")",
                        {{"output_tokens", "12", "5"}}}};
  Findings findings;
  findings.count(Findings::Kind::duplicate_id, "an id in an index", 2);
  audit.findings = findings.list();
  AuditReport report;
  report.from = audit.from;
  report.to = audit.to;
  report.streams = {audit};
  return report;
}

}  // namespace

TEST_CASE("an audit as a page and as JSON") {
  CHECK(text_of(report(), {usage_fields()}) == beside("report.txt"));
  CHECK(json_of(report(), {usage_fields()}) == beside("report.json"));
}

TEST_CASE("an audit that is not complete is never equal, and says why") {
  AuditReport incomplete;
  incomplete.problems = {"output 'default': the store is away; start it"};
  CHECK_FALSE(incomplete.equal());
  CHECK(text_of(incomplete, {}) ==
        "not compared: output 'default': the store is away; start it\n"
        "could not compare everything\n");
}

TEST_CASE("after a repair that was written what is compared again decides") {
  AuditReport repaired = report();
  repaired.repair = RepairReport{1, true, 0, {}};
  CHECK_FALSE(repaired.equal());
  CHECK(text_of(repaired, {usage_fields()})
            .ends_with("1 correction would be written; add --yes to write it\ndifferent\n"));
  repaired.repair->dry_run = false;
  CHECK(repaired.equal());
  CHECK(
      text_of(repaired, {usage_fields()})
          .ends_with(
              "1 correction written; what was touched was compared again, and is equal\nequal\n"));
  repaired.repair->different_rows_after = 1;
  CHECK_FALSE(repaired.equal());
  repaired.repair->problems = {"usage: 1 window stays as it is"};
  CHECK_FALSE(repaired.complete());
  CHECK(text_of(repaired, {usage_fields()})
            .ends_with("not repaired: usage: 1 window stays as it is\n"
                       "1 correction written; what was touched was compared again: 1 row is still "
                       "different\ncould not repair everything\n"));
}

TEST_CASE("a repair that wrote nothing says so") {
  AuditReport report_of_none = report();
  report_of_none.repair = RepairReport{0, false, 1, {"usage: 1 window stays as it is"}};
  CHECK_FALSE(report_of_none.repair->written());
  CHECK_FALSE(report_of_none.equal());
}

TEST_CASE("the result of a host's own audit is a document of the stream health") {
  AuditFound found;
  found.at = begin + 90'000;
  found.from = begin;
  found.to = begin + 86'400;
  found.complete = true;
  found.differences = 3;
  found.repaired = 2;
  found.last_exact_to = begin + 86'400;
  const AuditDocument document =
      document_of(found, "usage", "11111111-2222-4333-8444-555555555555",
                  {"health", "anthropic_metrics.health", "default", true});
  CHECK(document.json + "\n" == beside("../fixtures/health/what-an-audit-found/documents.ndjson"));
}
