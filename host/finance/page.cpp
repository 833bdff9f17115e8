// SPDX-License-Identifier: Apache-2.0
#include "finance/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/decimal.hpp"
#include "base/printable.hpp"
#include "finance/csv.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::string heading_of(std::string column) {
  std::replace(column.begin(), column.end(), '_', ' ');
  return column;
}

// Ids may be digits only, and are no numbers.
std::string shown(const std::string& column, const std::string& cell) {
  if (cell.empty()) return "-";
  const bool number = !column.ends_with("_id") && column != "period" && Decimal::parse(cell);
  return number ? grouped(cell) : cell;
}

std::string section_text(const Section& section) {
  std::vector<Row> rows(1);
  for (const std::string& column : section.columns) rows.front().push_back(heading_of(column));
  for (const auto& cells : section.rows) {
    rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i)
      rows.back().push_back(shown(section.columns[i], cells[i]));
  }
  if (!section.total.empty()) {
    rows.emplace_back();
    for (std::size_t i = 0; i < section.total.size(); ++i)
      rows.back().push_back(section.total[i].empty() ? ""
                                                     : shown(section.columns[i], section.total[i]));
  }
  std::string title = section.title;
  if (!section.currency.empty()) title += ", " + section.currency;
  return "\n" + title + "\n" + table(std::move(rows));
}

json::value cell_json(const std::string& cell) {
  if (cell.empty()) return nullptr;
  return json::string(cell);
}

json::object row_json(const Section& section, const std::vector<std::string>& cells) {
  json::object row;
  for (std::size_t i = 0; i < cells.size(); ++i) row[section.columns[i]] = cell_json(cells[i]);
  return row;
}

json::array sentences(const std::vector<std::string>& lines) {
  json::array list;
  for (const std::string& line : lines) list.emplace_back(line);
  return list;
}

json::object object_of(const Page& page) {
  json::object object{{"organization_id", cell_json(page.organization)},
                      {"organization_name", cell_json(page.organization_name)},
                      {"period", page.period}};
  for (const auto& [name, value] : page.facts) object[name] = cell_json(value);
  object["equal"] = page.equal;
  object["complete"] = page.problems.empty();
  object["problems"] = sentences(page.problems);
  object["notes"] = sentences(page.notes);
  json::array sections;
  for (const Section& section : page.sections) {
    if (section.rows.empty()) continue;
    json::array rows;
    for (const auto& cells : section.rows) rows.push_back(row_json(section, cells));
    json::object one{{"section", section.name}};
    if (!section.currency.empty()) one["currency"] = section.currency;
    one["rows"] = std::move(rows);
    if (!section.total.empty()) one["total"] = section.total.back();
    sections.push_back(std::move(one));
  }
  object["sections"] = std::move(sections);
  return object;
}

// Columns of all sections, each once, in the order of their first use.
std::vector<std::string> all_columns(const std::vector<Page>& pages) {
  std::vector<std::string> all;
  for (const Page& page : pages)
    for (const Section& section : page.sections)
      for (const std::string& column : section.columns)
        if (column != "currency" && std::find(all.begin(), all.end(), column) == all.end())
          all.push_back(column);
  return all;
}

}  // namespace

std::string page_text(const Page& page) {
  std::string text = fmt::format("Reconciliation of {}", page.period);
  if (!page.organization.empty()) text += ", organization " + page.organization;
  if (!page.organization_name.empty()) text += fmt::format(" ({})", page.organization_name);
  text += "\n";
  for (const auto& [name, value] : page.facts)
    text += fmt::format("  {}: {}\n", heading_of(name), value);
  for (const Section& section : page.sections)
    if (!section.rows.empty()) text += section_text(section);
  if (!page.notes.empty()) text += "\nNotes\n";
  for (const std::string& note : page.notes) text += "  " + note + "\n";
  if (!page.problems.empty()) text += "\nNot everything could be compared\n";
  for (const std::string& problem : page.problems) text += "  " + problem + "\n";
  return printable_lines(text);
}

std::string page_json(const std::vector<Page>& pages) {
  json::array organizations;
  for (const Page& page : pages) organizations.push_back(object_of(page));
  return json::serialize(json::object{{"organizations", std::move(organizations)}}) + "\n";
}

std::string page_csv(const std::vector<Page>& pages) {
  const std::vector<std::string> columns = all_columns(pages);
  std::vector<std::string> heading{"organization_id", "period", "section", "currency"};
  heading.insert(heading.end(), columns.begin(), columns.end());
  std::string text = csv_line(heading);
  for (const Page& page : pages) {
    for (const Section& section : page.sections) {
      for (const auto& cells : section.rows) {
        std::vector<std::string> line{page.organization, page.period, section.name,
                                      section.currency};
        line.resize(heading.size());
        for (std::size_t i = 0; i < cells.size(); ++i) {
          const auto at = std::find(heading.begin() + 3, heading.end(), section.columns[i]);
          line[static_cast<std::size_t>(at - heading.begin())] = cells[i];
        }
        text += csv_line(line);
      }
    }
  }
  return text;
}

}  // namespace anthropic_metrics::host
