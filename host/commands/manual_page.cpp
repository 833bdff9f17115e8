// SPDX-License-Identifier: Apache-2.0
#include "commands/manual_page.hpp"

#include <fmt/format.h>

#include "commands/described.hpp"
#include "commands/purpose.hpp"
#include "exit_meanings.hpp"

namespace anthropic_metrics::host {
namespace {

// Text that stays what it is between roff's requests.
std::string roff(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\')
      safe += "\\e";
    else if (c == '-')
      safe += "\\-";
    else if (c == '\n')
      safe += ' ';
    else
      safe += c;
  }
  return safe.starts_with('.') || safe.starts_with('\'') ? "\\&" + safe : safe;
}

std::string bold(std::string_view text) {
  return "\\fB" + roff(text) + "\\fR";
}

std::string sentence(std::string_view text) {
  std::string whole = roff(text);
  if (!whole.empty() && !whole.ends_with('.')) whole += '.';
  return whole + "\n";
}

// "-c, --config FILE"
std::string head_of(const DescribedOption& option) {
  std::string head;
  for (const std::string& name : option.names) head += (head.empty() ? "" : ", ") + bold(name);
  if (option.value.empty()) return head;
  return head + (head.empty() ? "" : " ") + "\\fI" + roff(option.value) + "\\fR";
}

std::string part_of(const DescribedOption& option) {
  std::string part = ".TP\n" + head_of(option) + "\n" + sentence(option.sentence);
  if (!option.words.empty()) {
    std::string words;
    for (const std::string& word : option.words) words += (words.empty() ? "" : ", ") + bold(word);
    part += fmt::format("One of {}.\n", words);
  }
  if (!option.usual.empty()) part += fmt::format("Default: {}.\n", bold(option.usual));
  if (option.required) part += "Required.\n";
  return part;
}

std::string part_of(const DescribedCommand& command) {
  std::string part = ".SS " + bold(command.name) + "\n" + sentence(command.sentence);
  for (const DescribedOption& option : command.options) part += part_of(option);
  return part;
}

std::string exit_status() {
  std::string part = ".SH EXIT STATUS\n";
  for (const ExitMeaning& one : exit_meanings())
    part += fmt::format(".TP\n{}\n{}", bold(std::to_string(to_int(one.code))), sentence(one.words));
  return part;
}

// What no table says.
constexpr std::string_view surroundings = R"(.SH SIGNALS
.TP
.BR SIGINT ", " SIGTERM
Stop within a second; what was not acknowledged comes again after the next start.
.TP
.B SIGHUP
Read the policy again, and close and open output files anew.
.SH ENVIRONMENT
.TP
.B STATE_DIRECTORY
Where state is kept unless \fB\-\-path.data\fR says so; systemd sets it.
.TP
.B CREDENTIALS_DIRECTORY
Where the policy's \fBsystemd:\fR\fINAME\fR is read; systemd sets it.
.TP
.BR HTTPS_PROXY ", " NO_PROXY
Proxy of the service and of stores, and which hosts are reached without it.
.TP
.BR SSL_CERT_FILE ", " SSL_CERT_DIR
Certificates that are trusted instead of the system's.
.PP
A policy may name any other variable as ${\fINAME\fR}.
.SH FILES
.TP
.I /etc/anthropic\-metrics/anthropic\-metrics.yml
The policy of the service that the package installs.
.TP
.I /var/lib/anthropic\-metrics
Its state. Keep it: it says what was sent.
.SH EXAMPLES
.nf
anthropic\-metrics demo
anthropic\-metrics export policy >anthropic.yml
anthropic\-metrics test config \-c anthropic.yml
anthropic\-metrics run \-c anthropic.yml \-\-path.data /var/lib/anthropic\-metrics
.fi
)";

}  // namespace

std::string manual_page() {
  std::string page = fmt::format(
      ".TH ANTHROPIC\\-METRICS 1 \"\" \"anthropic\\-metrics {}\" \"User Commands\"\n"
      ".SH NAME\nanthropic\\-metrics \\- {}\n"
      ".SH SYNOPSIS\n.B anthropic\\-metrics\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
      ".SH DESCRIPTION\n{}.SH COMMANDS\n",
      roff(AM_VERSION), "collect Anthropic usage and cost, ship them to a store",
      sentence(purpose));
  for (const DescribedCommand& command : described_commands()) page += part_of(command);
  page += exit_status();
  page += surroundings;
  return page;
}

}  // namespace anthropic_metrics::host
