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

/// Reads one answer as it arrives.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// The next piece of the body. Errc::protocol with the JSON path; then the decoder is used up.
  virtual Result<void> feed(std::string_view piece) = 0;

  /// The buckets completed since the last call, in the order of the answer.
  virtual std::vector<Bucket> take() = 0;

  /// The body is over. The token of the next page, empty if this was the last one.
  virtual Result<std::string> finish() = 0;

  /// A row that is no JSON may have been damaged on its way, so it fails the answer. After this
  /// call, which comes first, it is set aside: for who has asked again and met it again.
  virtual void read_past_broken() {}
  /// True if there were such rows.
  virtual bool met_broken() const { return false; }
};

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  /// What the rows of this stream look like. Lives as long as the fetcher.
  virtual const Layout& layout() const = 0;

  /// Width of a bucket; zero for a snapshot stream, whose every poll is the full current state.
  virtual std::chrono::seconds width() const = 0;

  /// Most buckets that one answer may hold. Windows are cut to this, so that pages are rarely
  /// needed.
  virtual std::int64_t most_buckets() const = 0;

  /// page: the token of the previous answer, empty for the first page. Data, percent-encoded here.
  /// limit: buckets in the answer at most; 0: as many as one may hold.
  virtual net::Request request(const Window& window, std::string_view page,
                               std::int64_t limit = 0) const = 0;

  virtual std::unique_ptr<Decoder> decoder() const = 0;
};

}  // namespace anthropic_metrics::streams
