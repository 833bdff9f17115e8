// SPDX-License-Identifier: Apache-2.0
// Where an input's documents go, as a policy says it. What a type of output takes and does is said
// in one file of host/outputs, which ends in an OutputRegistration; nothing else knows its name.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "failure.hpp"
#include "policy/fault.hpp"

namespace anthropic_metrics::host {

class Log;
class Sink;
struct Node;
struct PolicyContext;
struct StreamTarget;

// An entry of `outputs`, read and checked.
class Output {
 public:
  explicit Output(std::string name) : name_(std::move(name)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  virtual ~Output() = default;

  const std::string& name() const { return name_; }
  // As the policy writes it: "file".
  virtual std::string_view type() const { return {}; }
  // log outlives the sink.
  virtual std::unique_ptr<Sink> make_sink(Log& log) const = 0;
  // A sink of the one does what a sink of the other would.
  virtual bool same_as(const Output& other) const = 0;
  // What is wrong with both at work, if they would spoil each other's files. Its path begins below
  // the output, its place is the caller's.
  virtual std::optional<Fault> clash_with(const Output&) const { return std::nullopt; }

  // Of outputs that keep what was written. Where the host may remember how far that is; empty:
  // nowhere.
  virtual std::filesystem::path folder() const { return {}; }
  // Tries it out, as far as that leaves nothing behind: facts for a person, or the first thing that
  // is wrong. targets: the data streams that go there.
  virtual Result<std::vector<std::string>> test(const std::vector<StreamTarget>& targets,
                                                Log& log) const;
  // After a failure: how long to wait at first, and at most. The first doubles.
  virtual std::pair<std::chrono::milliseconds, std::chrono::milliseconds> backoff() const {
    return {std::chrono::seconds(1), std::chrono::seconds(30)};
  }
  // Bytes that it takes of a data stream until it is full; nothing: no limit.
  virtual std::optional<std::uint64_t> room_for(const StreamTarget&) const { return std::nullopt; }
  // The newest lines of a data stream, a megabyte at most, from the beginning of a line.
  virtual std::string newest_lines(const StreamTarget&) const { return {}; }

 private:
  const std::string name_;
};

using OutputPtr = std::shared_ptr<const Output>;

inline bool same(const OutputPtr& a, const OutputPtr& b) {
  return a == b || (a != nullptr && b != nullptr && a->same_as(*b));
}

// An entry of `outputs` as it is written, its variables replaced.
struct OutputSection {
  const std::string& name;
  const Node& node;
  const std::string& path;  // outputs.default
  bool complete = true;     // otherwise a variable had no value, which was told
};

struct OutputType {
  std::string_view name;                     // "file", as its `type`
  std::vector<std::string_view> keys;        // that are its own
  OutputPtr (*read)(PolicyContext& context,  // records faults; what comes back then is not used
                    const OutputSection& section) = nullptr;
};

// Registering only records.
class OutputRegistration {
 public:
  explicit OutputRegistration(OutputType type);
};

// All types, sorted by name.
const std::vector<OutputType>& output_types();

// Likewise, for a message; before: stands in front of each. "'type: console', ... or 'type: file'".
std::string known_types(std::string_view before);

}  // namespace anthropic_metrics::host
