// SPDX-License-Identifier: Apache-2.0
// What a process must not inherit from whoever started it, and how it allocates.
#pragma once

namespace anthropic_metrics::host {

// Opens descriptors 0 to 2 on /dev/null where they are closed, so that no file, lock or socket ever
// gets their numbers and then somebody's output. Each is opened the wrong way round: a write to a
// standard output that was closed still fails instead of vanishing. And a write beyond a limit of
// file sizes, or into a pipe without a reader, becomes an error instead of the end of the process.
//
// Takes as many descriptors as the system lets it: an input has about 25 open, and the 1024 that
// most systems begin with are those of 40 inputs.
//
// Comes before everything else.
void set_up_process();

}  // namespace anthropic_metrics::host
