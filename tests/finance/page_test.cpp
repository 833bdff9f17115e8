// SPDX-License-Identifier: Apache-2.0
// The three forms of a page say the same.
#include "finance/page.hpp"

#include <boost/json/parse.hpp>

#include "finance_books.hpp"

using namespace anthropic_metrics::host;
namespace json = boost::json;

namespace {

Page page() {
  Page page;
  page.organization = "org";
  page.period = "2026-10";
  page.facts = {{"as_of", "now"}};
  page.sections = {{"by_model",
                    "Billed by model",
                    "USD",
                    {"model", "amount"},
                    {{"a", "1234.5"}, {"", "-1"}},
                    {"total", "1233.5"}},
                   {"by_nothing", "Nothing", "USD", {"x"}, {}, {}},
                   {"totals", "Totals", "", {"currency", "amount"}, {{"USD", "1233.5"}}, {}}};
  page.notes = {"A note."};
  return page;
}

}  // namespace

TEST_CASE("a page for people groups digits, aligns points and leaves out what is empty") {
  CHECK(page_text(page()) ==
        "Reconciliation of 2026-10, organization org\n"
        "  as of: now\n"
        "\n"
        "Billed by model, USD\n"
        "  model   amount\n"
        "  a      1,234.5\n"
        "  -         -1\n"
        "  total  1,233.5\n"
        "\n"
        "Totals\n"
        "  currency   amount\n"
        "  USD       1,233.5\n"
        "\n"
        "Notes\n"
        "  A note.\n");
}

TEST_CASE("a page as CSV is one table without totals") {
  CHECK(page_csv({page()}) ==
        "organization_id,period,section,currency,model,amount,x\r\n"
        "org,2026-10,by_model,USD,a,1234.5,\r\n"
        "org,2026-10,by_model,USD,,-1,\r\n"
        "org,2026-10,totals,USD,,1233.5,\r\n");
}

TEST_CASE("a page as JSON has exact text and null for what is not there") {
  Page one = page();
  one.problems = {"half of it"};
  const json::value value = json::parse(page_json({one}));

  const json::object& object = value.at("organizations").at(0).as_object();
  CHECK(object.at("organization_id") == "org");
  CHECK(object.at("organization_name").is_null());
  CHECK(object.at("complete") == false);
  CHECK(object.at("sections").as_array().size() == 2);
  const json::object& model = object.at("sections").at(0).as_object();
  CHECK(model.at("section") == "by_model");
  CHECK(model.at("total") == "1233.5");
  CHECK(model.at("rows").at(1).at("model").is_null());
  CHECK(model.at("rows").at(1).at("amount") == "-1");
}

TEST_CASE("nothing of a page acts on a terminal") {
  Page one = page();
  one.sections[0].rows[0][0] = "\x1b[2J";
  one.notes[0] = "\u202e";
  const std::string text = page_text(one);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\u202e") == std::string::npos);
}
