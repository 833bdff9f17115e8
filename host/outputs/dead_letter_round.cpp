// SPDX-License-Identifier: Apache-2.0
#include "outputs/dead_letter_round.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <deque>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/file_descriptor.hpp"
#include "base/time_text.hpp"
#include "outputs/file_failure.hpp"
#include "write_all.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t letters_at_a_time = 500;

struct Letter {
  std::string data_stream, id, document;
  std::int64_t time_ns = 0;
};

// The document as it was written, to the octet: its numbers are sums.
std::optional<Letter> parse(const std::string& line) {
  constexpr std::string_view before = ",\"document\":";
  const auto at = line.find(before);  // a quote in a value would have a backslash
  if (at == std::string::npos || line.back() != '}') return std::nullopt;
  boost::system::error_code failed;
  const json::value whole = json::parse(line, failed);
  const json::object* object = failed ? nullptr : whole.if_object();
  const auto text = [&](std::string_view key) -> std::string {
    const json::value* value = object == nullptr ? nullptr : object->if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
  };
  const json::value* document = object == nullptr ? nullptr : object->if_contains("document");
  if (document == nullptr || !document->is_object()) return std::nullopt;
  Letter letter{text("data_stream"), text("id"),
                line.substr(at + before.size(), line.size() - at - before.size() - 1)};
  const json::value* time = document->get_object().if_contains("@timestamp");
  const auto instant =
      time != nullptr && time->is_string() ? parse_rfc3339(time->get_string()) : std::nullopt;
  if (letter.id.empty() || !letter.data_stream.starts_with("metrics-") || !instant)
    return std::nullopt;
  letter.time_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(instant->time_since_epoch()).count();
  return letter;
}

// "metrics-anthropic_metrics.usage-default"
StreamTarget target_of(const std::string& data_stream) {
  const auto dataset = data_stream.find('-') + 1;
  const auto end = data_stream.find('-', dataset);
  StreamTarget target;
  target.dataset = data_stream.substr(dataset, end - dataset);
  target.data_namespace = end == std::string::npos ? "" : data_stream.substr(end + 1);
  target.name = target.dataset.substr(target.dataset.rfind('.') + 1);
  return target;
}

Result<Resent> send(const std::deque<Letter>& letters, Sink& sink) {
  std::vector<StreamTarget> targets;
  std::vector<beat_doc> docs;
  for (const Letter& letter : letters) {
    const StreamTarget target = target_of(letter.data_stream);
    const auto known = std::find(targets.begin(), targets.end(), target);
    beat_doc doc{};
    doc.stream = static_cast<std::uint32_t>(known - targets.begin());
    if (known == targets.end()) targets.push_back(target);
    doc.json = {letter.document.data(), letter.document.size()};
    doc.id = {letter.id.data(), letter.id.size()};
    doc.timestamp_ns = letter.time_ns;
    docs.push_back(doc);
  }
  beat_batch batch{};
  batch.struct_size = sizeof(batch);
  batch.doc_stride = sizeof(beat_doc);
  batch.docs = docs.data();
  batch.doc_count = docs.size();
  const auto written = sink.write(batch, targets);
  if (!written) return written.error();
  return Resent{docs.size() - written->rejected.size(), written->rejected.size()};
}

// The lines that are still to be sent in place of the file; without them the file goes.
Result<void> keep_rest(const fs::path& file, const std::string& rest) {
  std::error_code error;
  if (rest.empty()) {
    fs::remove(file, error);
    if (!error) return {};
    return file_failure(fmt::format("cannot remove {}: {}", file.string(), error.message()),
                        "remove it, or its letters are sent once more");
  }
  const fs::path fresh = file.string() + ".new";
  {
    const FileDescriptor fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd.is_open() || !write_all(fd.get(), rest) || ::fsync(fd.get()) != 0)
      return errno_failure("cannot write " + fresh.string());
  }
  fs::rename(fresh, file, error);
  if (!error) return {};
  return file_failure(fmt::format("cannot rename {}: {}", fresh.string(), error.message()),
                      "check the folder's permissions");
}

Result<void> send_file(const fs::path& file, Sink& sink, Resent& all) {
  std::ifstream stream(file, std::ios::binary);
  std::deque<Letter> letters;
  std::string line, unsent;
  std::size_t number = 0;
  Result<void> done;
  while (done) {
    const bool more = static_cast<bool>(std::getline(stream, line));
    if (more) {
      ++number;
      auto letter = parse(line);
      if (!letter)
        return file_failure(
            fmt::format("{}:{}: this line is no dead letter", file.string(), number),
            "mend or remove it, and run resend again");
      letters.push_back(std::move(*letter));
      unsent += line + "\n";
    }
    if (letters.empty() || (more && letters.size() < letters_at_a_time)) {
      if (!more) break;
      continue;
    }
    const auto sent = send(letters, sink);
    if (!sent) {
      done = sent.error();
      break;
    }
    all.taken += sent->taken;
    all.refused += sent->refused;
    letters.clear();
    unsent.clear();
  }
  while (std::getline(stream, line)) unsent += line + "\n";
  if (auto kept = keep_rest(file, unsent); !kept) return kept;
  return done;
}

}  // namespace

Result<Resent> send_again(const DeadLetters& letters, Sink& sink) {
  Resent all;
  if (letters.file().empty()) return all;
  const fs::path guard = letters.file().string() + ".resend.lock";
  const FileDescriptor lock(::open(guard.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) {
    if (errno == ENOENT) return all;  // no folder, no letters
    return errno_failure("cannot open " + guard.string());
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return file_failure(fmt::format("another resend works on {}", letters.file().string()),
                        "wait for its end");
  std::error_code error;
  if (fs::exists(letters.in_work(), error))
    if (auto sent = send_file(letters.in_work(), sink, all); !sent) return sent.error();
  const FileDescriptor file(::open(letters.file().c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open())
    return errno == ENOENT ? Result<Resent>(all)
                           : errno_failure("cannot open " + letters.file().string());
  // A host that writes a letter is waited for; one that comes later sees that the name is gone.
  if (::flock(file.get(), LOCK_EX) != 0)
    return errno_failure("cannot lock " + letters.file().string());
  fs::rename(letters.file(), letters.in_work(), error);
  if (error)
    return file_failure(
        fmt::format("cannot rename {}: {}", letters.file().string(), error.message()),
        "check the folder's permissions");
  if (auto sent = send_file(letters.in_work(), sink, all); !sent) return sent.error();
  return all;
}

}  // namespace anthropic_metrics::host
