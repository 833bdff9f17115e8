/* SPDX-License-Identifier: Apache-2.0
 *
 * The table's functions, with this thread marked as inside, so that a callback on another is seen.
 */
#include "conform.h"

_Thread_local int inside;

#define INSIDE(call)          \
  do {                        \
    beat_status got;          \
    ++inside;                 \
    got = loaded.api->call;   \
    --inside;                 \
    return got;               \
  } while (0)

beat_status do_init(const beat_init_args *args, beat_handle *out) { INSIDE(init(args, out)); }
beat_status do_poll(beat_handle handle, const beat_poll_args *args, beat_poll_result *out) {
  INSIDE(poll(handle, args, out));
}
beat_status do_release(beat_handle handle, beat_batch_id batch) { INSIDE(release(handle, batch)); }
beat_status do_ack(beat_handle handle, beat_batch_id batch, const beat_ack_args *args) {
  INSIDE(ack(handle, batch, args));
}
beat_status do_cancel(beat_handle handle) { INSIDE(cancel(handle)); }
beat_status do_status(beat_handle handle, char *buf, size_t cap, size_t *len) {
  INSIDE(status_json(handle, buf, cap, len));
}
beat_status do_last_error(beat_handle handle, char *buf, size_t cap, size_t *len) {
  INSIDE(last_error(handle, buf, cap, len));
}
beat_status do_shutdown(beat_handle handle, uint32_t budget_ms) { INSIDE(shutdown(handle, budget_ms)); }
