// SPDX-License-Identifier: Apache-2.0
#include "finance/reconciliation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/time_text.hpp"
#include "finance/billed_tables.hpp"
#include "finance/currency.hpp"
#include "forecast/calendar.hpp"

namespace anthropic_metrics::host {
namespace {

using Totals = std::map<std::string, Decimal>;  // in minor units

Decimal at(const Totals& totals, const std::string& currency) {
  const auto found = totals.find(currency);
  return found == totals.end() ? Decimal() : found->second;
}

// Writes the page from top to bottom.
class Writer {
 public:
  explicit Writer(const Reconciling& work)
      : work_(work),
        main_(work.store ? &*work.store
              : work.api ? &*work.api
                         : nullptr) {}

  Page write() {
    page_.period = work_.period.name;
    page_.problems = work_.problems;
    page_.facts = {{"as_of", fmt::format("{} by {}", format_rfc3339(work_.now), work_.clock)},
                   {"store", work_.store_name},
                   {"tables_of", work_.store ? "the store" : "the API"}};
    if (main_ == nullptr) {
      page_.facts.pop_back();
      return std::move(page_);
    }
    page_.organization = main_->organization;
    page_.organization_name = main_->organization_name;
    add_problems();
    add_totals();
    add_different_days();
    add(billed_tables(*main_));
    add_usage();
    add(credits_and_corrections(*main_));
    add_open_days();
    page_.equal = equal_ && compared_;
    return std::move(page_);
  }

 private:
  void add(std::vector<Section> sections) {
    for (Section& section : sections) page_.sections.push_back(std::move(section));
  }

  void add_problems() {
    for (const auto* books :
         {work_.store ? &*work_.store : nullptr, work_.api ? &*work_.api : nullptr})
      if (books != nullptr)
        page_.problems.insert(page_.problems.end(), books->problems.begin(), books->problems.end());
    const bool store_empty = work_.store && work_.store->items.empty();
    const bool api_empty = work_.api && work_.api->items.empty();
    if (store_empty && (api_empty || !work_.api))
      page_.problems.push_back(fmt::format(
          "there is no line item of {} in {}{}; was cost collected for it?", work_.period.name,
          work_.store_name, work_.api ? ", nor does the API have one" : ""));
    else if (store_empty)
      page_.notes.push_back(fmt::format(
          "There is no line item of {} in {}; collect them with backfill --stream cost --from {}",
          work_.period.name, work_.store_name, date_text(work_.period.from)));
    else if (api_empty && work_.store)
      page_.problems.push_back(
          fmt::format("the API has no line item of {}, which {} has: it may keep none that are so "
                      "old; compare a later period",
                      work_.period.name, work_.store_name));
  }

  // What others say beside the first, and whether that is the same to the cent.
  void add_total(Section& section, const std::string& currency, const char* of,
                 const Decimal& units, const Decimal* first) {
    std::vector<std::string> row{currency, of, units.text(), to_the_cent(units, currency), "", ""};
    if (first != nullptr) {
      const bool same = to_the_cent(units, currency) == to_the_cent(*first, currency);
      row[4] = (units - *first).text();
      row[5] = same ? "equal" : "different";
      equal_ = equal_ && same;
      compared_ = true;
    }
    section.rows.push_back(std::move(row));
  }

  void add_totals() {
    Section section{
        "totals", "Totals",
        "",       {"currency", "total_of", "amount", "to_the_cent", "difference", "verdict"},
        {},       {}};
    const Totals store = work_.store ? totals_of(*work_.store) : Totals();
    const Totals api = work_.api ? totals_of(*work_.api) : Totals();
    std::set<std::string> currencies;
    for (const Totals& totals : {store, api})
      for (const auto& [currency, cents] : totals) currencies.insert(currency);
    const std::string invoiced = invoice_currency(currencies);
    if (!invoiced.empty()) currencies.insert(invoiced);
    for (const std::string& currency : currencies) {
      const Decimal of_store = units_of(at(store, currency), currency);
      const Decimal of_api = units_of(at(api, currency), currency);
      if (work_.store) add_total(section, currency, "store", of_store, nullptr);
      if (work_.api) add_total(section, currency, "API", of_api, work_.store ? &of_store : nullptr);
      if (currency == invoiced)
        add_total(section, currency, "invoice", work_.invoice->amount,
                  work_.store ? &of_store : &of_api);
    }
    page_.sections.push_back(std::move(section));
  }

  // Empty: there is none, or nobody knows which; then a problem says so.
  std::string invoice_currency(const std::set<std::string>& currencies) {
    if (!work_.invoice) return {};
    if (!work_.invoice->currency.empty()) return work_.invoice->currency;
    if (currencies.size() == 1) return *currencies.begin();
    page_.problems.push_back(
        currencies.empty()
            ? std::string("nothing was billed, so the invoice's currency is not known; name it "
                          "with --currency")
            : fmt::format("the bill is in {}; say with --currency which of them the invoice is in",
                          fmt::join(currencies, " and ")));
    return {};
  }

  void add_different_days() {
    if (!work_.store || !work_.api) return;
    std::map<std::pair<std::string, std::string>, std::pair<Decimal, Decimal>> days;
    for (const LineItem& item : work_.store->items) {
      Decimal& sum = days[{format_date(item.start), item.currency}].first;
      sum = sum + item.cents;
    }
    for (const LineItem& item : work_.api->items) {
      Decimal& sum = days[{format_date(item.start), item.currency}].second;
      sum = sum + item.cents;
    }
    Section section{"days_that_differ",
                    "Days that differ",
                    "",
                    {"day", "currency", "store", "API", "difference"},
                    {},
                    {}};
    for (const auto& [day, sums] : days) {
      const Decimal store = units_of(sums.first, day.second);
      const Decimal api = units_of(sums.second, day.second);
      if (store == api) continue;
      section.rows.push_back(
          {day.first, day.second, store.text(), api.text(), (api - store).text()});
    }
    if (!section.rows.empty())
      page_.notes.push_back(
          fmt::format("anthropic-metrics audit --stream cost --from {} --to {} names the rows of "
                      "the days that differ",
                      date_text(work_.period.from), date_text(work_.period.to)));
    page_.sections.push_back(std::move(section));
  }

  void add_usage() {
    if (main_->usage.empty()) {
      page_.notes.push_back("There is no usage to hold beside the bill.");
      return;
    }
    const UsageBesideCost beside = usage_beside_cost(*main_, work_.tolerance);
    add(usage_tables(beside));
    page_.facts.emplace_back(
        "usage_beside_cost",
        fmt::format("{} of {} days of the bill have usage; tolerance {} %", beside.days,
                    beside.days_of_bill, work_.tolerance.shifted(2).text()));
    page_.notes.insert(page_.notes.end(), beside.notes.begin(), beside.notes.end());
  }

  void add_open_days() {
    Section section{
        "open_days", "Days that may still change", "", {"first", "last", "state", "until"}, {}, {}};
    for (const OpenDays& days : open_days(work_.period, work_.revising, work_.now))
      section.rows.push_back({date_text(days.first), date_text(days.last),
                              days.settled ? "read again" : "not settled",
                              format_rfc3339(days.until)});
    page_.facts.emplace_back("open_days", section.rows.empty() ? "none" : "see below");
    page_.sections.push_back(std::move(section));
  }

  const Reconciling& work_;
  const Books* main_;
  Page page_;
  bool equal_ = true, compared_ = false;
};

}  // namespace

Page reconciled(const Reconciling& work) {
  return Writer(work).write();
}

std::optional<Decimal> typed_amount(std::string_view text) {
  std::string plain;
  const std::size_t point = std::min(text.find('.'), text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    // Commas only where thousands end: 1,23 is no amount of ours.
    if (text[i] == ',') {
      if (i == 0 || i >= point || (point - i) % 4 != 0 || text[i - 1] == ',') return std::nullopt;
      continue;
    }
    if ((text[i] < '0' || text[i] > '9') && text[i] != '.' && !(text[i] == '-' && i == 0))
      return std::nullopt;
    plain += text[i];
  }
  return Decimal::parse(plain);
}

}  // namespace anthropic_metrics::host
