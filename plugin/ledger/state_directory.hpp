// SPDX-License-Identifier: Apache-2.0
// The directory of a state: found once, made if missing, locked, and watched: files that somebody
// takes away or replaces while we use them must be noticed before anything more is written.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "ledger/seen.hpp"

namespace anthropic_metrics::ledger {

class StateDirectory {
 public:
  /// path: made with mode 0700 if missing, its parents as the umask says. Links in it are followed
  /// once, now; one that neither root nor this user owns is refused. Errc::busy if another instance
  /// holds it, Errc::state otherwise; the message names the place and the remedy.
  static Result<StateDirectory> open(const std::string& path);

  const std::string& path() const noexcept { return path_; }  ///< Without links.
  std::string database() const;

  /// True if there is nothing to open, and never was: no database, or an empty one, and no mark.
  bool awaits_database() const;
  /// Where a database is made, until it is whole.
  std::string unfinished() const;
  /// The one that was made there is on disk, then it has its name, and that is on disk too.
  Result<void> give_name() const;

  /// From now on check() compares the files that are there with those of this moment.
  void adopt();
  /// What the files begin with now is our own doing. To be told after every write.
  void written();
  /// Success while the files are the ones that were opened, and nobody else wrote into them. A lock
  /// file that was removed is made and locked anew; anything else is Errc::state until the same
  /// files are back.
  Result<void> check();

  /// True if the lock file says that the directory held a database of ours.
  bool marked() const noexcept { return marked_; }
  /// What the lock file remembers; nothing if it was never told.
  const std::optional<Seen>& seen() const noexcept { return seen_; }
  /// Marks, and remembers. Without `durable` it costs no waiting for the disk.
  Result<void> remember(const Seen& seen, bool durable);

  /// The database is closed and sound: notes what it is known by. To be told last of all.
  void leave() noexcept;
  /// True if the database was as leave() left it when the directory was opened, so that nobody
  /// wrote into it, or put another in its place.
  bool as_left() const noexcept { return as_left_; }

 private:
  /// Closed with its owner.
  class Descriptor {
   public:
    explicit Descriptor(int number = -1) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
      std::swap(number_, other.number_);
      return *this;
    }
    ~Descriptor();
    int get() const noexcept { return number_; }
    bool is_open() const noexcept { return number_ >= 0; }

   private:
    int number_;
  };
  StateDirectory() = default;
  Result<void> take_lock();
  void read_lock();
  /// How leave() writes of a file; empty if it is not there.
  static std::string left_text(const std::string& file);
  /// What stands at the path is what the descriptor refers to. Both are asked now: some file
  /// systems number their files anew.
  static bool is_at(const Descriptor& file, const std::string& path);

  std::string path_;
  Descriptor lock_;
  bool marked_ = false;
  bool as_left_ = false;
  std::optional<Seen> seen_;
  /// The beginning of a file: SQLite changes it whenever it moves pages, so an older copy that was
  /// written over it has another one.
  using Head = std::array<char, 100>;
  static Head head_of(const Descriptor& file);

  /// The database and its -wal. They stay open as long as SQLite has them: closing one would take
  /// away its locks.
  std::array<Descriptor, 2> files_;
  std::array<Head, 2> heads_{};
};

}  // namespace anthropic_metrics::ledger
