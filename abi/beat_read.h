/* SPDX-License-Identifier: Apache-2.0
 *
 * beat_read.h - an optional part of a plugin, "beat.read/1": windows of time that are read on request.
 *
 * beat_plugin_api.get_extension(BEAT_READ_ID) answers a beat_read_api, or NULL where a plugin has none.
 * Two uses:
 *
 *   proof    an instance without state that reads nothing by itself (on_request) is asked for windows:
 *            every row of them comes out once, as a document of revision 0, in order of its bucket.
 *   repair   an instance is told what a store holds of a window (BEAT_READ_KNOWN): it takes that for
 *            what it has emitted, reads the window again, and what differs comes out as corrections.
 *            Later readings then agree with the store, since it is the ledger that was told.
 *
 * Words, threads, ownership and growth are those of beat_plugin.h.
 */
#ifndef BEAT_READ_H
#define BEAT_READ_H

#include "beat_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BEAT_READ_ID "beat.read/1"

/* beat_read_args.flags */
#define BEAT_READ_KNOWN 1u    /* `known` is all that the store holds of the window in this grain. */
#define BEAT_READ_WITHDRAW 2u /* Nothing is asked of the service: the rows of `known` are taken to zero. */

typedef struct beat_read_args {
  uint32_t struct_size;
  uint32_t flags;   /* BEAT_READ_... */
  beat_span stream; /* by name; one whose documents are rows of buckets, and add up */
  int64_t from_ns;  /* start of the first bucket, nanoseconds since 1970 UTC */
  int64_t to_ns;    /* end of the last one. Both on borders of the grain's buckets. What is not closed
                       yet by the server's clock is left out; beat_read_progress says so. */
  /* With KNOWN or WITHDRAW: NDJSON, a line a row, borrowed for the call. Each is a document as the
   * plugin writes it, of which these members are read: organization.id, and of the stream's object
   * bucket_start_time, bucket_width, group_by, the dimensions, `revision` (the newest that the store
   * has of the row) and the measures: what the store's documents of the row add up to, amounts of money
   * by their exact text. A row is named once. All rows are of one grain, which is then the window's. */
  beat_span known;
} beat_read_args;

typedef struct beat_read_progress {
  uint32_t struct_size;
  uint32_t waiting;    /* windows asked for whose documents are not all in batches yet */
  uint64_t done;       /* windows that were read, since the start */
  uint64_t failed;     /* windows given up, since the start: the service refuses them for good */
  int64_t reached_ns;  /* end of the last bucket read by the newest window that is done; 0: none is */
} beat_read_progress;

typedef struct beat_read_api {
  uint32_t struct_size;
  uint32_t reserved;

  /* From now on the instance reads nothing but what it is asked for. Before its first poll, and for an
   * instance without a state directory. Errors: BEAT_E_ARG (it has been polled, or has a state
   * directory), BEAT_E_HANDLE, BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *on_request)(beat_handle instance);

  /* Asks for a window; polls then read it, windows in the order they were asked for, and make batches of
   * what differs from what the instance knows of it. The window's grain is that of `known`, else the
   * configured one. With KNOWN, what the instance knows of the window is first replaced by `known`, in
   * its durable state; no batch of these rows may wait for delivery meanwhile. An instance that works
   * by itself takes only windows of a grain that it collects, which it has read before.
   * err_buf: a sentence when it fails; may be NULL.
   * Errors: BEAT_E_ARG (window, stream or rows that cannot be), BEAT_E_BUSY (16 windows wait already, or
   * documents of the stream wait for delivery), BEAT_E_HANDLE, BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *ask)(beat_handle instance, const beat_read_args *args, char *err_buf,
                              size_t err_cap);

  /* How far the windows are. The host sets struct_size. A window that failed for good is told by
   * last_error. Errors: BEAT_E_ARG, BEAT_E_HANDLE, BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *progress)(beat_handle instance, beat_read_progress *out);

  /* The id that a document must have by its content: organization, data set, grain, bucket, dimensions
   * and revision, of a correction also its measures and totals. Text into a buffer, as beat_plugin_api
   * says. Errors: BEAT_E_ARG (no document of this stream), BEAT_E_HANDLE, BEAT_E_FORKED,
   * BEAT_E_TRUNCATED. [any-thread] */
  beat_status(BEAT_CALL *document_id)(beat_handle instance, beat_span stream, beat_span json, char *buf,
                                      size_t cap, size_t *len);
} beat_read_api;

#ifdef __cplusplus
}
#endif

#endif /* BEAT_READ_H */
