// SPDX-License-Identifier: Apache-2.0
// `reconcile`: a page for the end of the month, that the store, the API and an invoice say the same
// of it to the cent.
#include <fmt/format.h>

#include <map>

#include "commands/finance_options.hpp"
#include "commands/policy_command.hpp"
#include "commands/print.hpp"
#include "finance/reconciliation.hpp"

namespace anthropic_metrics::host {
namespace {

class Reconcile : public PolicyCommand {
 public:
  std::vector<Option> options() override {
    auto options = PolicyCommand::options();
    for (Option& option : finance_.options()) options.push_back(std::move(option));
    options.push_back({.names = "--invoice",
                       .sentence = "What an invoice says that the period cost, such as 12345.67",
                       .value = &invoice_,
                       .type = "AMOUNT"});
    options.push_back({.names = "--currency",
                       .sentence = "With --invoice: its currency, if the bill has several",
                       .value = &currency_,
                       .type = "CODE"});
    options.push_back({.names = "--tolerance",
                       .sentence = "Tell where the bill is further from what usage comes to, in "
                                   "per cent",
                       .value = &tolerance_,
                       .type = "PERCENT",
                       .shows_default = true});
    options.push_back({.names = "--format",
                       .sentence = "text: a page for people; csv: all its tables as one; json",
                       .value = &format_,
                       .shows_default = true,
                       .words = {"text", "csv", "json"}});
    return options;
  }

  Result<void> check() override {
    const auto wish = finance_.wish(true, true);
    if (!wish) return wish.error();
    wish_ = *wish;
    const auto percent = Decimal::parse(tolerance_);
    if (!percent || percent->negative())
      return wrong(
          fmt::format("--tolerance: '{}' is no share in per cent such as 1 or 0.5", tolerance_));
    work_.tolerance = percent->shifted(-2);
    if (!currency_.empty() && invoice_.empty())
      return wrong("--currency is of --invoice; add that, or leave it out");
    if (!invoice_.empty()) {
      const auto amount = typed_amount(invoice_);
      if (!amount)
        return wrong(fmt::format("--invoice: '{}' is no amount; write it like 12345.67", invoice_));
      work_.invoice = Invoice{*amount, currency_};
    }
    return PolicyCommand::check();
  }

  Result<void> run(Log& log) override {
    const auto inputs = read_books(settings_, wish_, finance_.organization, log);
    if (!inputs) return inputs.error();
    std::vector<Page> pages;
    for (const InputBooks& input : *inputs) add_pages(input, pages);
    if (pages.empty())
      return Failure{ExitCode::not_compared,
                     {finance_.organization.empty()
                          ? std::string("no input of the policy collects cost; switch it on")
                          : fmt::format("nothing is known of organization {}; leave out "
                                        "--organization to see whose bills there are",
                                        finance_.organization)}};
    if (work_.invoice && pages.size() > 1)
      return Failure{ExitCode::usage,
                     {"--invoice: the policy has the bills of several organizations; name the one "
                      "that it is of with --organization"}};
    return print(pages, log);
  }

 private:
  static Failure wrong(std::string sentence) { return {ExitCode::usage, {std::move(sentence)}}; }

  // One for each organization that one side or both know of.
  void add_pages(const InputBooks& input, std::vector<Page>& pages) {
    std::map<std::string, std::pair<const Books*, const Books*>> sides;
    for (const Books& books : input.held.books) sides[books.organization].first = &books;
    for (const Books& books : input.api.books) sides[books.organization].second = &books;
    const bool failed = !input.held.problems.empty() || !input.api.problems.empty();
    if (sides.empty() && failed) sides[{}];
    for (const auto& [organization, side] : sides) {
      Reconciling work = work_;
      work.period = wish_.period;
      work.now = input.now;
      work.clock = input.clock;
      work.revising = input.revising;
      work.store_name = input.held.name.empty() ? "nothing" : input.held.name;
      if (side.first != nullptr) work.store = *side.first;
      if (side.second != nullptr) work.api = *side.second;
      for (const BooksRead* read : {&input.held, &input.api})
        work.problems.insert(work.problems.end(), read->problems.begin(), read->problems.end());
      if (work.problems.empty() && side.second == nullptr)
        work.problems.push_back(
            "the key of the input is not of this organization, so the API was "
            "not asked for its bill");
      Page page = reconciled(work);
      page.notes.insert(page.notes.end(), input.notes.begin(), input.notes.end());
      pages.push_back(std::move(page));
    }
  }

  Result<void> print(const std::vector<Page>& pages, const Log& log) const {
    std::string text;
    bool complete = true, equal = true;
    for (const Page& page : pages) {
      if (format_ == "text") text += (text.empty() ? "" : "\n\n") + page_text(page);
      complete = complete && page.problems.empty();
      equal = equal && page.equal;
    }
    if (format_ == "csv") text = page_csv(pages);
    if (format_ == "json") text = page_json(pages);
    text = log.redacted(text);
    if (auto printed = print_whole(text, "page"); !printed) return printed;
    if (!complete) return Failure{ExitCode::not_compared};
    if (!equal) return Failure{ExitCode::different};
    return {};
  }

  FinanceOptions finance_;
  std::string invoice_, currency_, tolerance_ = "1", format_ = "text";
  BooksWish wish_;
  Reconciling work_;
};

const Registration registered({.name = "reconcile",
                               .sentence = "Hold a month's bill against the API and an invoice",
                               .place = 3,
                               .make = make_command<Reconcile>});

}  // namespace
}  // namespace anthropic_metrics::host
