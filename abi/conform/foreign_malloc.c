/* SPDX-License-Identifier: Apache-2.0
 *
 * The malloc of this process, as of a host that brings its own: each block has a head that only this
 * file knows, so a block of another allocator that is freed here is seen, and the other way round the
 * C library ends the process. Behind it stands the C library's, which knows about threads and fork.
 */
#include "conform.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#include <stdlib.h>
#include <string.h>

static atomic_uint faults;

#ifdef SANITIZED

bool malloc_is_ours(void) { return false; }
void malloc_strict(void) {}
void *host_memory(size_t size) { return malloc(size); }
void host_release(void *memory) { free(memory); }
unsigned malloc_faults(void) { return atomic_load(&faults); }

#else

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

enum { OURS = 0x0b10c0de, FREED = 0x0dead0de, HOSTS = 0x0b0575de };
enum { FRESH_FILL = 0xa5, FREED_FILL = 0x5a };

typedef struct head { /* stands right before what is handed out */
  void *base;         /* what the C library gave */
  size_t size;
  uint64_t kind;
  uint64_t unused; /* keeps what follows aligned as malloc's is */
} head;

static void *(*next_malloc)(size_t);
static void (*next_free)(void *);
static atomic_int strict;
/* While the C library's functions are looked up, which may allocate. */
static _Alignas(16) char early[4096];
static atomic_size_t early_used;

static void find_next(void) {
  static _Thread_local int looking;
  void *symbol;
  if (looking) return;
  looking = 1;
  symbol = dlsym(RTLD_NEXT, "free");
  memcpy(&next_free, &symbol, sizeof symbol);
  symbol = dlsym(RTLD_NEXT, "malloc");
  memcpy(&next_malloc, &symbol, sizeof symbol);
  looking = 0;
}

static void *from_below(size_t size) {
  if (next_malloc == NULL) find_next();
  if (next_malloc == NULL) {
    const size_t at = atomic_fetch_add(&early_used, (size + 15) / 16 * 16);
    if (at + size > sizeof early) _exit(70);
    return early + at;
  }
  return next_malloc(size);
}

static void *take(size_t alignment, size_t size, uint64_t kind) {
  head *block;
  char *base, *place;
  if (alignment < 16) alignment = 16;
  if (size > PTRDIFF_MAX - alignment - sizeof *block || (base = from_below(size + alignment + sizeof *block)) == NULL) {
    errno = ENOMEM;
    return NULL;
  }
  place = base + sizeof *block;
  place += (alignment - (uintptr_t)place % alignment) % alignment;
  block = (head *)(void *)place - 1;
  block->base = base;
  block->size = size;
  block->kind = kind;
  if (atomic_load_explicit(&strict, memory_order_relaxed)) memset(place, FRESH_FILL, size);
  return place;
}

EXPORTED void *malloc(size_t size) { return take(16, size, OURS); }

static void give_back(void *place, uint64_t kind) {
  head *const block = (head *)place - 1;
  const int saved = errno;
  if (block->kind != kind) {
    atomic_fetch_add(&faults, 1); /* The block stays: what it is, is not known. */
    return;
  }
  block->kind = FREED;
  if (atomic_load_explicit(&strict, memory_order_relaxed)) memset(place, FREED_FILL, block->size);
  if ((char *)block->base < early || (char *)block->base >= early + sizeof early) next_free(block->base);
  errno = saved;
}

EXPORTED void free(void *place) {
  if (place != NULL) give_back(place, OURS);
}

EXPORTED void *calloc(size_t count, size_t size) {
  void *place;
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) {
    errno = ENOMEM;
    return NULL;
  }
  place = take(16, whole, OURS);
  if (place != NULL) memset(place, 0, whole);
  return place;
}

EXPORTED void *realloc(void *place, size_t size) {
  head *const block = (head *)place - 1;
  void *moved;
  if (place == NULL) return malloc(size);
  if (block->kind != OURS) {
    atomic_fetch_add(&faults, 1);
    errno = ENOMEM;
    return NULL;
  }
  moved = malloc(size);
  if (moved == NULL) return NULL;
  memcpy(moved, place, block->size < size ? block->size : size);
  free(place);
  return moved;
}

EXPORTED void *reallocarray(void *place, size_t count, size_t size) {
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc(place, whole);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size) { return take(alignment, size, OURS); }
EXPORTED void *memalign(size_t alignment, size_t size) { return take(alignment, size, OURS); }
EXPORTED void *valloc(size_t size) { return take((size_t)sysconf(_SC_PAGESIZE), size, OURS); }
EXPORTED int posix_memalign(void **out, size_t alignment, size_t size) {
  void *const place = take(alignment, size, OURS);
  if (place == NULL) return ENOMEM;
  *out = place;
  return 0;
}
EXPORTED size_t malloc_usable_size(void *place) { return place == NULL ? 0 : ((head *)place - 1)->size; }

bool malloc_is_ours(void) { return true; }
void malloc_strict(void) { atomic_store(&strict, 1); }
void *host_memory(size_t size) {
  void *const place = take(16, size, HOSTS);
  if (place == NULL) abort();
  return place;
}
void host_release(void *memory) {
  if (memory != NULL) give_back(memory, HOSTS);
}
unsigned malloc_faults(void) { return atomic_load(&faults); }

#endif
