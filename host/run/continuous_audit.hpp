// SPDX-License-Identifier: Apache-2.0
// The audit that a running host makes by itself: of each input that says audit.every the newest day
// that is settled, read again first, compared, and repaired if the policy says so. Results go to
// the instance, and as documents to the stream health.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "log.hpp"
#include "proof/audit_document.hpp"
#include "run/audit_work.hpp"
#include "run/instance.hpp"
#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

class ContinuousAudit {
 public:
  // Both outlive it.
  ContinuousAudit(const PluginLibrary& plugin, Log& log) : plugin_(plugin), log_(log) {}
  ~ContinuousAudit() { stop(); }
  ContinuousAudit(const ContinuousAudit&) = delete;
  ContinuousAudit& operator=(const ContinuousAudit&) = delete;

  // Audits these from now on, on a thread of its own, each for the first time when its first round
  // is done. They stay as they are until stop(). Nothing happens if none wants it.
  void start(const std::vector<std::unique_ptr<Instance>>& instances);
  // Cuts an audit short. What was found stays for the next start().
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  using Found = std::map<std::string, AuditFound>;  // by stream

  void run(const std::stop_token& stop);
  void audit(Instance& instance, const std::stop_token& stop);
  AuditFound audit_one(Instance& instance, const AuditTask& task, AuditFound before,
                       std::string& organization, const std::stop_token& stop);
  void write(Instance& instance, const AuditFound& found, const std::string& stream,
             const std::string& organization, const std::stop_token& stop);
  void tell(const Instance& instance, const std::string& stream, const AuditFound& found);

  const PluginLibrary& plugin_;
  Log& log_;
  std::vector<Instance*> instances_;
  std::map<std::string, Clock::time_point> due_;  // by input; the thread's, as the next
  std::map<std::string, Found> found_;            // by input
  std::uint64_t batch_ = 0;
  std::jthread thread_;
};

}  // namespace anthropic_metrics::host
