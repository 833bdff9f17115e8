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

/* beat_read_args.flags; not both */
#define BEAT_READ_KNOWN 1u    /* `known` is all that the store holds of the window in this grain. */
#define BEAT_READ_WITHDRAW 2u /* Nothing is asked of the service: the rows of `known` are taken to zero.
                                 Of an instance that reads on request only: another would read them
                                 again. */

typedef struct beat_read_args {
  uint32_t struct_size;
  uint32_t flags;   /* BEAT_READ_... */
  beat_span stream; /* by name; one that the configuration enables, whose documents are rows of buckets
                       and add up: it has a member `row` in BEAT_DESCRIBE_STREAMS */
  int64_t from_ns;  /* start of the first bucket, nanoseconds since 1970 UTC */
  int64_t to_ns;    /* end of the last one. Both on borders of the grain's buckets. What the stream does
                       not read yet by the server's clock, being open or not settled, is left out, and
                       so is what the service calls incomplete; beat_read_progress says so. */
  /* With KNOWN or WITHDRAW, and empty without: NDJSON, a line a row, borrowed for the call. Each is a
   * document as the plugin writes it, of which these members are read: organization.id, and of the
   * stream's object bucket_start_time, bucket_width, group_by, the dimensions, `revision` (the newest
   * that the store has of the row) and the measures: what the store's documents of the row add up to,
   * amounts of money by their exact text, else by the number as it is written. What is missing of
   * organization and grain is the instance's, a revision or measure is 0. A number that is the sum of
   * measures (`sums` of the description) is read too: where the store has another, a document at once
   * takes away what is beyond them. A row that the store has
   * documents of is named once, also if they add up to nothing. All rows are of one grain, which is
   * then the window's. Documents of kind pipeline_error are no rows. */
  beat_span known;
} beat_read_args;

typedef struct beat_read_progress {
  uint32_t struct_size;
  uint32_t waiting;    /* windows asked for whose documents are not all in batches yet */
  uint64_t done;       /* windows that were read, since the start */
  uint64_t failed;     /* windows given up, since the start: the service refuses them for good, or, on
                          request, often. Batches may have some of their buckets. */
  int64_t reached_ns;  /* end of the last bucket read by the newest window that is done: its `to_ns`,
                          or less where a part was left out; 0: none is */
} beat_read_progress;

typedef struct beat_read_api {
  uint32_t struct_size;
  uint32_t reserved;

  /* From now on the instance reads nothing but what it is asked for, and remembers nothing of it: a
   * window that is asked for twice comes out twice. It learns whose numbers these are when it is first
   * polled. Before its first poll, and for an instance without a state directory.
   * Errors: BEAT_E_ARG (it has been polled, or has a state directory), BEAT_E_HANDLE, BEAT_E_FORKED.
   * [any-thread] */
  beat_status(BEAT_CALL *on_request)(beat_handle instance);

  /* Asks for a window; polls then read it, windows of a stream in the order they were asked for, and
   * make batches of what differs from what the instance knows of it. The window's grain is that of
   * `known`, else the configured one. With KNOWN, what the instance knows of the window is first
   * replaced by `known`, in its durable state, and is read also if the process dies meanwhile; no batch
   * of these rows may wait for delivery then. An instance that works by itself takes only windows that
   * it has read before in that grain; without KNOWN only as far back as it remembers.
   * err_buf: a sentence when it fails; may be NULL.
   * Errors: BEAT_E_ARG (window, stream or rows that cannot be), BEAT_E_BUSY (16 windows wait already;
   * or, with rows: documents of the window wait for delivery, it is read just now or waits to be, or
   * the instance was not polled yet), BEAT_E_STATE, BEAT_E_UNSUPPORTED (a flag), BEAT_E_HANDLE,
   * BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *ask)(beat_handle instance, const beat_read_args *args, char *err_buf,
                              size_t err_cap);

  /* How far the windows are. The host sets struct_size. A window that failed for good is told by
   * last_error. Errors: BEAT_E_ARG, BEAT_E_HANDLE, BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *progress)(beat_handle instance, beat_read_progress *out);

  /* The id that a document must have by its content: organization, data set, grain, bucket, dimensions
   * and revision, of a correction also its measures and totals; of a row that was set aside its text
   * and why. Text into a buffer, as beat_plugin_api says. Errors: BEAT_E_ARG (no document of this
   * stream, or of none that adds up), BEAT_E_HANDLE, BEAT_E_FORKED, BEAT_E_TRUNCATED. [any-thread] */
  beat_status(BEAT_CALL *document_id)(beat_handle instance, beat_span stream, beat_span json, char *buf,
                                      size_t cap, size_t *len);
} beat_read_api;

/* The layout of revision 1 on 64-bit machines, frozen. */
#if UINTPTR_MAX == 0xffffffffffffffffu
BEAT_ASSERT(read_args_size, sizeof(beat_read_args) == 56);
BEAT_ASSERT(read_progress_size, sizeof(beat_read_progress) == 32);
BEAT_ASSERT(read_api_size, sizeof(beat_read_api) == 40);
#endif

#ifdef __cplusplus
}
#endif

#endif /* BEAT_READ_H */
