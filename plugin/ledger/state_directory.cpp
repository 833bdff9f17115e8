// SPDX-License-Identifier: Apache-2.0
#include "ledger/state_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <random>
#include <utility>

#include "base/write_signals.hpp"
#include "ledger/state_path.hpp"

namespace anthropic_metrics::ledger {
namespace {

constexpr std::string_view mark_text = "holds state\n";
/// After the mark: "state <id> batch <number>", always of one length, so that it can be written
/// over.
constexpr std::size_t id_size = 32, batch_size = 20;
constexpr std::string_view id_label = "state ", batch_label = " batch ";
constexpr std::size_t seen_size = id_label.size() + id_size + batch_label.size() + batch_size + 1;
/// Behind that: what the database was known by when it was left. Of no fixed length, and last.
constexpr std::size_t left_at = mark_text.size() + seen_size;
constexpr std::size_t most_left = 128;

Error file_error(std::string_view doing, const std::string& path, int code,
                 std::string_view remedy) {
  return {Errc::state,
          fmt::format("cannot {} {}: {}; {}", doing, path, std::strerror(code), remedy)};
}

std::optional<Seen> parse_seen(std::string_view line) {
  if (line.size() != seen_size || !line.starts_with(id_label) || line.back() != '\n') return {};
  const std::string_view id = line.substr(id_label.size(), id_size);
  line.remove_prefix(id_label.size() + id_size);
  if (!line.starts_with(batch_label)) return {};
  const std::string_view digits = line.substr(batch_label.size(), batch_size);
  if (id.find(' ') != std::string_view::npos) return {};  // It was not known yet.
  Seen seen{std::string(id), 0};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), seen.batch);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return {};
  return seen;
}

/// It must be ours and closed to others.
Result<void> close_to_others(const std::string& directory) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0)
    return file_error("read the state directory", directory, errno, "check state.path");
  if (!S_ISDIR(status.st_mode))
    return Error{Errc::state, fmt::format("state.path {} is not a directory; name a directory of "
                                          "its own",
                                          directory)};
  if (status.st_uid != ::geteuid())
    return Error{Errc::state,
                 fmt::format("state.path {} belongs to user {}, not to the user {} that "
                             "runs this process; change its owner or name another",
                             directory, status.st_uid, ::geteuid())};
  if ((status.st_mode & 077) != 0 && ::chmod(directory.c_str(), 0700) != 0)
    return file_error("close to other users the state directory", directory, errno,
                      "set its mode to 0700");
  return success();
}

}  // namespace

Result<StateDirectory> StateDirectory::open(const std::string& path) {
  auto place = resolve_directory(path);
  if (!place) return place.error();
  StateDirectory directory;
  directory.path_ = std::move(*place);
  if (auto closed = close_to_others(directory.path_); !closed) return closed.error();
  if (auto locked = directory.take_lock(); !locked) return locked.error();
  directory.read_lock();
  return directory;
}

StateDirectory::Descriptor::~Descriptor() {
  if (number_ < 0) return;
  (void)::flock(number_, LOCK_UN);  // A forked child may have the lock's descriptor still.
  ::close(number_);
}

std::string StateDirectory::database() const {
  return path_ + "/ledger.db";
}

bool StateDirectory::awaits_database() const {
  struct stat there {};
  if (::lstat(database().c_str(), &there) != 0) return errno == ENOENT && !marked_;
  return S_ISREG(there.st_mode) && there.st_size == 0 && !marked_;
}

std::string StateDirectory::unfinished() const {
  return database() + "-new";
}

Result<void> StateDirectory::give_name() const {
  const std::string made = unfinished();
  const Descriptor file(::open(made.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const Descriptor directory(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  // SQLite would read them into this one; beside an empty database it removes them.
  for (const char* of_another : {"-wal", "-journal"})
    (void)::unlink((database() + of_another).c_str());
  if (file.is_open() && directory.is_open() && ::fdatasync(file.get()) == 0 &&
      ::rename(made.c_str(), database().c_str()) == 0 && ::fsync(directory.get()) == 0)
    return success();
  return file_error("write", made, errno, "check the disk and the permissions of its directory");
}

/// flock belongs to the descriptor, so a second instance in this process is refused as well.
Result<void> StateDirectory::take_lock() {
  const std::string file = path_ + "/lock";
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open())
    return file_error("open the lock", file, errno,
                      errno == EROFS ? "mount its volume so that this process can write there"
                                     : "check its permissions");
  // One that was replaced between these two calls locks nothing that others see.
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 || !is_at(lock, file))
    return Error{Errc::busy,
                 fmt::format("state directory {} is in use by another instance; two must "
                             "never share one: stop the other or set another state.path",
                             path_)};
  lock_ = std::move(lock);
  return success();
}

void StateDirectory::read_lock() {
  char bytes[mark_text.size() + seen_size];
  const auto got = ::pread(lock_.get(), bytes, sizeof bytes, 0);
  std::string_view text(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
  marked_ = text.starts_with(mark_text);
  if (marked_) seen_ = parse_seen(text.substr(mark_text.size()));

  char left[most_left];
  const auto noted = ::pread(lock_.get(), left, sizeof left, left_at);
  if (noted <= 0) return;
  const bool log = ::access((database() + "-wal").c_str(), F_OK) == 0 || errno != ENOENT;
  as_left_ = seen_ && !log &&
             std::string_view(left, static_cast<std::size_t>(noted)) == left_text(database());
  (void)!::ftruncate(lock_.get(), left_at);  // Written again when it is left again.
}

std::string StateDirectory::left_text(const std::string& file) {
  struct stat is {};
  if (::lstat(file.c_str(), &is) != 0) return {};
  return fmt::format("left {} {} {}.{:09} {}.{:09}\n", is.st_ino, is.st_size, is.st_mtim.tv_sec,
                     is.st_mtim.tv_nsec, is.st_ctim.tv_sec, is.st_ctim.tv_nsec);
}

void StateDirectory::leave() noexcept {
  try {
    const std::string file = database();
    if (!seen_ || !is_at(files_.at(0), file) || ::access((file + "-wal").c_str(), F_OK) == 0)
      return;
    // A time that nobody else gives it: a write within the same tick of the clock shows too.
    struct stat is {};
    if (::fstat(files_.at(0).get(), &is) != 0) return;
    const timespec token{is.st_mtim.tv_sec - 1, std::random_device()() % 1'000'000'000};
    const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, token};
    if (::futimens(files_.at(0).get(), times.data()) != 0 ||
        ::fstat(files_.at(0).get(), &is) != 0 || is.st_mtim.tv_nsec != token.tv_nsec)
      return;
    const std::string text = left_text(file);
    const WriteSignals quiet;
    (void)!::pwrite(lock_.get(), text.data(), text.size(), left_at);
  } catch (const std::exception&) {
    // Without the note, all of it is looked through at the next start.
  }
}

Result<void> StateDirectory::remember(const Seen& seen, bool durable) {
  if (marked_ && seen_ == seen) return success();
  const std::string text = fmt::format("{}{}{:<{}}{}{:0{}}\n", mark_text, id_label, seen.state,
                                       id_size, batch_label, seen.batch, batch_size);
  const WriteSignals quiet;
  const auto put = ::pwrite(lock_.get(), text.data(), text.size(), 0);
  if (put != static_cast<ssize_t>(text.size()) || (durable && ::fsync(lock_.get()) != 0))
    return file_error("write", path_ + "/lock", put < 0 ? errno : ENOSPC,
                      "check the disk; nothing is lost");
  marked_ = true;
  seen_ = seen;
  return success();
}

bool StateDirectory::is_at(const Descriptor& file, const std::string& path) {
  struct stat opened {
  }, there{};
  return ::fstat(file.get(), &opened) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

void StateDirectory::adopt() {
  const auto known = [](const std::string& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  };
  files_ = {known(database()), known(database() + "-wal")};
  written();
}

StateDirectory::Head StateDirectory::head_of(const Descriptor& file) {
  Head head{};
  if (file.is_open()) (void)!::pread(file.get(), head.data(), head.size(), 0);
  return head;
}

void StateDirectory::written() {
  for (std::size_t i = 0; i < files_.size(); ++i) heads_.at(i) = head_of(files_.at(i));
}

Result<void> StateDirectory::check() {
  static constexpr std::array<std::string_view, 2> names{"", "-wal"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string path = database() + std::string(names.at(i));
    if (!files_.at(i).is_open()) continue;
    if (is_at(files_.at(i), path)) {
      if (heads_.at(i) == head_of(files_.at(i))) continue;
      return Error{
          Errc::state,
          fmt::format("somebody else wrote into the state file {} while it was in use: "
                      "nothing is collected or handed out any more; restart: what is there "
                      "is looked through then",
                      path)};
    }
    const bool gone = ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
    return Error{
        Errc::state,
        fmt::format("the state file {} was {} while in use: nothing is collected or handed "
                    "out any more; put back the one that was there, or restart",
                    path, gone ? "removed" : "replaced")};
  }
  if (is_at(lock_, path_ + "/lock")) return success();
  if (auto again = take_lock(); !again) return Error{Errc::state, again.error().message};
  // What it said is in memory; the new one says it, too.
  if (!std::exchange(marked_, false)) return success();
  return remember(seen_.value_or(Seen{}), true);
}

}  // namespace anthropic_metrics::ledger
