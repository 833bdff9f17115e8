// SPDX-License-Identifier: Apache-2.0
// The object that knows one stream's endpoint. It says what to request and decodes the answer. It
// does no I/O, reads no clock and waits for nothing; the driver does all three.
//
// Guarantees a fetcher gives:
//   - request() is a pure function of the window and the page token.
//   - A decoder hands out a bucket only after its last row has been read: what it has handed out is
//     the API's whole answer for that interval, even if the rest of the page never arrives.
//   - Fields it does not know, new enum values and missing optional fields never fail. Wrong types
//     do, and the error names the JSON path.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/message.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics::streams {

/// What one request asks for: buckets in [start, end), both on bucket boundaries. Snapshot streams
/// ignore it.
struct Window {
  Instant start{};
  Instant end{};
  friend bool operator==(const Window&, const Window&) = default;
};

/// How the answers of a stream come.
enum class Shape {
  buckets,   ///< Every bucket of the window, each whole and once, also those without rows.
  snapshot,  ///< The full current state, without times.
  /// Rows in order of time. A page ends anywhere, so a bucket may go on on the next one. One that
  /// does not come is empty, which only what follows it proves: a later row, or the last page's
  /// end.
  rows,
};

/// Reads one answer as it arrives.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// The next piece of the body. Errc::protocol with the JSON path; then the decoder is used up.
  virtual Result<void> feed(std::string_view piece) = 0;

  /// The buckets completed since the last call, in the order of the answer. Of Shape::rows they are
  /// parts: the last part of a page may be of a bucket that goes on on the next one.
  virtual std::vector<Bucket> take() = 0;

  /// The body is over. The token of the next page, empty if this was the last one.
  virtual Result<std::string> finish() = 0;

  /// A row that is no JSON may have been damaged on its way, so it fails the answer. After this
  /// call, which comes first, it is set aside: for who has asked again and met it again.
  virtual void read_past_broken() {}
  /// True if there were such rows.
  virtual bool met_broken() const { return false; }

  /// Up to when numbers are complete, as the answer itself says: buckets that end later are not
  /// emitted. Behind finish() only. Instant::max(): its report says no such thing, so age decides.
  /// Instant::min(): it says that nothing is complete yet.
  virtual Instant complete_to() const { return Instant::max(); }
};

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  /// What the rows of this stream look like. Lives as long as the fetcher.
  virtual const Layout& layout() const = 0;

  virtual Shape shape() const {
    return width() == std::chrono::seconds(0) ? Shape::snapshot : Shape::buckets;
  }

  /// Width of a bucket; zero for a snapshot stream, whose every poll is the full current state.
  virtual std::chrono::seconds width() const = 0;

  /// Most buckets that one question may ask for. Windows are cut to this, so that pages of buckets
  /// are rarely needed.
  virtual std::int64_t most_buckets() const = 0;

  /// Most that one page may hold: buckets, or of Shape::rows entries.
  virtual std::int64_t most_per_page() const { return most_buckets(); }

  /// page: the token of the previous answer, empty for the first page. Data, percent-encoded here.
  /// limit: of most_per_page, in this answer; 0: as many as one may hold.
  virtual net::Request request(const Window& window, std::string_view page,
                               std::int64_t limit = 0) const = 0;

  virtual std::unique_ptr<Decoder> decoder() const = 0;

  /// For a page of a window, or of what is left of it: `rest` begins with the bucket that is open.
  virtual std::unique_ptr<Decoder> decoder_of(const Window& /*rest*/) const { return decoder(); }

  /// Of a snapshot that the organization's live workspaces have too: what asks for that workspace's
  /// part, with the same layout. Nothing if there is no such part, or the id could not stand in a
  /// path.
  virtual std::unique_ptr<Fetcher> of_workspace(std::string_view /*id*/) const { return nullptr; }
};

}  // namespace anthropic_metrics::streams
