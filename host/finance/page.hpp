// SPDX-License-Identifier: Apache-2.0
// A page of tables about one organization and period, and its three forms. What stands on it is
// decided elsewhere; a page is values only, so each form says the same.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anthropic_metrics::host {

struct Section {
  std::string name;      // "by_workspace": in CSV and JSON
  std::string title;     // "Billed by workspace", for people
  std::string currency;  // of all its amounts; empty: its rows say theirs, or there are none
  std::vector<std::string> columns;            // "workspace_id"; for people with blanks
  std::vector<std::vector<std::string>> rows;  // numbers exact, as plain decimal text
  std::vector<std::string> total;  // a last row for people; in JSON `total`; none: no sum
};

struct Page {
  std::string organization, organization_name;
  std::string period;
  std::vector<std::pair<std::string, std::string>> facts;  // name, value
  std::vector<Section> sections;                           // those without rows are left out
  std::vector<std::string> notes;                          // sentences
  std::vector<std::string> problems;  // sentences: why something could not be compared
  bool equal = false;                 // all that was compared is
};

std::string page_text(const Page& page);
// One object, and a newline. Empty cells are null.
std::string page_json(const std::vector<Page>& pages);
// One table of all: the first columns say organization, period, section and currency, the others
// are those of all sections. Totals are left out, so that a column can be summed.
std::string page_csv(const std::vector<Page>& pages);

}  // namespace anthropic_metrics::host
