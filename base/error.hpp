// SPDX-License-Identifier: Apache-2.0
// Expected failure as a value: a code that says what the caller can do about it, and one sentence
// for a person. Turned into an ABI status in one place only, guard.hpp.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace anthropic_metrics {

/// What the caller should do. Not where it happened: the message says that.
enum class Errc {
  transient,  ///< Worth another try soon: connection loss, 408, 409, 5xx, a bad answer on the wire.
  throttled,  ///< Another try later: 429.
  unauthorized,   ///< 401: the credential was refused. Slow down, read it again.
  forbidden,      ///< 403: the credential lacks a permission. Slow down, read it again.
  not_offered,    ///< The service does not offer this to such an organization. Ask rarely.
  configuration,  ///< A person must change the configuration. Also any other 4xx.
  nothing_yet,    ///< Nothing to fetch yet; not a failure.
  protocol,       ///< The answer is not what the API documents. Fetch the window again.
  too_much,       ///< More than one answer can hold. Ask for less of it.
  cancelled,      ///< cancel or shutdown.
  state,          ///< The durable state could not be read or written.
  busy,           ///< Somebody else holds it.
  argument,       ///< The caller passed something impossible.
  internal,       ///< A bug here.
};

/// The code's name for logs and status: "transient", "throttled", ...
const char* name(Errc code) noexcept;

/// What a refusal of the operating system with this errno asks for: another try if it may pass by
/// itself, for want of descriptors or memory; `otherwise` if it will not.
Errc code_of(int reason, Errc otherwise) noexcept;

struct Error {
  Errc code = Errc::internal;
  std::string message;  ///< Place, expectation, fact, remedy. Never a secret.
  bool slow = false;    ///< It took too long. Asking for less may help, if waiting does not.
};

/// Lets boost::system::result throw if value() is called on a failure, which is a bug of the
/// caller.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked error: " + error.message);
}

/// A value or an Error. Test it before use; early return is `if (!r) return r.error();`.
template <class T>
using Result = boost::system::result<T, Error>;

/// The value of a successful Result<void>.
inline Result<void> success() {
  return {};
}

}  // namespace anthropic_metrics
