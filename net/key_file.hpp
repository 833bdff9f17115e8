// SPDX-License-Identifier: Apache-2.0
// Whether a file is safe enough to take a secret from: who owns it, who else may read or change it.
// Knows how containers mount secrets: through links, owned by root, on mounts that nobody can
// write.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace anthropic_metrics::net {

struct FileAccess {
  unsigned mode = 0;  ///< Permission bits.
  uid_t owner = 0;
  uid_t self = 0;  ///< Who we are.
  bool read_only =
      false;  ///< Of the mount: permissions can neither be used to write nor be changed.
};

struct Judgement {
  std::string fault;   ///< Why it is refused, with a remedy that its owner can follow.
  std::string remark;  ///< Accepted, but somebody should know.
};

/// Where files can be changed: ours or root's, nobody else may read (its group may), nobody else
/// may write. On a read-only mount nobody can change it, and chmod cannot help: accepted, remarked.
Judgement judge_access(const FileAccess& file, const std::string& path);

/// Reads the facts of an open file.
FileAccess access_of(int descriptor);

/// Opens a file for reading. A link in its place is followed if this user or root owns it, as often
/// as needed. Never blocks, never opens anything but a regular file. The error's
/// message begins with what is wrong: "it does not exist".
Result<FileDescriptor> open_key_file(const std::string& path);

}  // namespace anthropic_metrics::net
