// SPDX-License-Identifier: Apache-2.0
#include "outputs/file_failure.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace anthropic_metrics::host {
namespace {

std::string remedy_for(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return "free space there";
    case EACCES:
    case EPERM:
    case EROFS:
      return "let the user of this process write there";
    case EFBIG:
      return "raise the limit of file sizes (ulimit -f, LimitFSIZE=)";
    case EISDIR:
    case ELOOP:
    case ENOTDIR:
      return "remove what is in the way, or name another 'path'";
    case EBUSY:
    case EXDEV:
      return "mount the folder rather than a file in it";
    default:
      return "check free space and permissions";
  }
}

}  // namespace

Failure file_failure(std::string fact, std::string remedy) {
  return {
      .code = ExitCode::sink_failed, .lines = {std::move(fact), std::move(remedy)}, .passes = true};
}

Failure errno_failure(const std::string& what) {
  const int reason = errno;
  return file_failure(what + ": " + std::strerror(reason), remedy_for(reason));
}

}  // namespace anthropic_metrics::host
