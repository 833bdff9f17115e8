// SPDX-License-Identifier: Apache-2.0
#include "outputs/output_error.hpp"

#include <cerrno>
#include <cstring>

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

void fail_with_errno(const std::string& what) {
  const int reason = errno;
  throw OutputError(what + ": " + std::strerror(reason), remedy_for(reason));
}

}  // namespace anthropic_metrics::host
