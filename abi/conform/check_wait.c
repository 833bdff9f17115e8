/* SPDX-License-Identifier: Apache-2.0
 *
 * wait: the extension "beat.wait/1", where a plugin has it: a host that polls with a budget of 0, and
 * only when the descriptor or next_poll_ms says so, gets what any other gets.
 */
#include "beat_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "conform.h"

enum { QUIET_MS = 50 };

static host everything;
static instance one;
static const beat_wait_api *waiting;

static bool readable(int descriptor, uint64_t longest_ms) {
  struct pollfd watched = {descriptor, POLLIN, 0};
  int ready;
  do {
    ready = poll(&watched, 1, longest_ms > INT_MAX ? INT_MAX : (int)longest_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready < 0 || (watched.revents & POLLNVAL) != 0) fatal("the descriptor %d is no descriptor to wait for", descriptor);
  return ready > 0;
}

static int32_t the_descriptor(void) {
  int32_t first = -1, again = -1, flags;
  step("descriptor");
  if (!expect("descriptor", waiting->descriptor(one.handle, &first), BEAT_OK)) fatal("without it there is nothing to wait for");
  expect("descriptor, again", waiting->descriptor(one.handle, &again), BEAT_OK);
  if (again != first) finding("the descriptor was %d and is %d", (int)first, (int)again);
  flags = fcntl(first, F_GETFD);
  if (flags < 0) fatal("the descriptor %d is not open: %s", (int)first, strerror(errno));
  if ((flags & FD_CLOEXEC) == 0) finding("the descriptor goes on in programs that the host starts: it is not close-on-exec");
  expect("descriptor without out", waiting->descriptor(one.handle, NULL), BEAT_E_ARG);
  again = 7;
  expect("descriptor of no instance", waiting->descriptor(0, &again), BEAT_E_HANDLE);
  if (again != -1) finding("a descriptor that failed left %d in *out and not -1", (int)again);
  return first;
}

/* Polls as told until nothing comes any more. The batch that came last is not acknowledged. */
static beat_batch_id polls_as_told(int descriptor) {
  const int64_t end = now_ns() + (int64_t)the.wait_s * 1000000000;
  beat_batch_id last = 0;
  step("polls of 0 ms as the descriptor and next_poll_ms say");
  while (now_ns() < end) {
    beat_poll_result result;
    const beat_status status = poll_once(&one, 0, 0, &result);
    if (status < 0) fatal("a poll of 0 ms answered %s", status_name(status));
    if (result.batch != NULL) {
      if (last != 0) expect("ack", answer(&one, last, BEAT_ACK_DURABLE), BEAT_OK);
      last = result.batch->id;
    } else {
      const bool may_be_quiet = last != 0 && result.next_poll_ms >= QUIET_MS;
      const uint64_t pause_ms = may_be_quiet ? QUIET_MS : result.next_poll_ms < 1 ? 1 : result.next_poll_ms;
      if (!readable(descriptor, pause_ms) && may_be_quiet) return last;
    }
  }
  fatal(last == 0 ? "no batch came in %u s to a host that waits as it is told" : "in %u s it was never quiet", the.wait_s);
}

void check_wait(void) {
  beat_poll_result result;
  beat_batch_id last;
  int descriptor;
  load();
  waiting = extension(BEAT_WAIT_ID);
  if (!BEAT_HAS_FN(beat_wait_api, waiting, descriptor)) skip("the plugin has no " BEAT_WAIT_ID ", which it need not have");
  host_begin(&everything);
  open_instance(&one, &everything.table);
  descriptor = the_descriptor();
  last = polls_as_told(descriptor);
  step("an ack");
  expect("ack", answer(&one, last, BEAT_ACK_RETRY), BEAT_OK);
  if (!readable(descriptor, 0)) finding("a batch was given back, and nothing told the host that a poll has it");
  if (poll_once(&one, 0, 0, &result) < 0 || result.batch == NULL) finding("a batch that was given back did not come with the next poll");
  step("a cancel");
  expect("cancel", do_cancel(one.handle), BEAT_OK);
  if (!readable(descriptor, 0)) finding("cancel was called, and nothing told the host of it");
  (void)poll_once(&one, 0, 0, &result); /* cancel-latency says what it must answer */
  step("shutdown");
  close_instance(&one);
}
