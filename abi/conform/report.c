/* SPDX-License-Identifier: Apache-2.0 */
#include "conform.h"

#include <stdio.h>
#include <string.h>

static unsigned findings_of(const verdict *one) { return atomic_load(&one->findings); }
static unsigned shown(const verdict *one) {
  return findings_of(one) < MOST_FINDINGS ? findings_of(one) : MOST_FINDINGS;
}

static const char *word(const verdict *one) {
  if (findings_of(one) > 0) return "failed";
  return one->skipped[0] != '\0' ? "skipped" : "passed";
}

bool passed(const verdict *one) { return strcmp(word(one), "passed") == 0; }

void print_line(const checked *one) {
  const verdict *what = &one->verdict;
  printf("%-8s%-24s%6.1f s  %s\n", word(what), one->which->name, what->seconds, one->which->promise);
  for (unsigned i = 0; i < shown(what); ++i) printf("        - %s\n", what->finding[i]);
  if (findings_of(what) > shown(what)) printf("        - and %u more\n", findings_of(what) - shown(what));
  if (what->skipped[0] != '\0') printf("        not tried: %s\n", what->skipped);
  if (what->note[0] != '\0') printf("        %s\n", what->note);
  fflush(stdout);
}

typedef struct counts {
  size_t passed, failed, skipped;
} counts;

static counts count(const checked *results, size_t size) {
  counts all = {0};
  for (size_t i = 0; i < size; ++i) {
    all.passed += passed(&results[i].verdict);
    all.failed += findings_of(&results[i].verdict) > 0;
  }
  all.skipped = size - all.passed - all.failed;
  return all;
}

void print_summary(const checked *results, size_t size) {
  const counts all = count(results, size);
  printf("%s: %zu passed, %zu failed, %zu not tried\n", all.failed == 0 ? "conforms" : "does not conform", all.passed,
         all.failed, all.skipped);
}

static void print_text(const char *text) {
  putchar('"');
  for (; *text != '\0'; ++text) {
    const unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      printf("\\%c", c);
    else if (c < 0x20 || c > 0x7e) /* What a plugin says may be any bytes. */
      printf("\\u%04x", c);
    else
      putchar(c);
  }
  putchar('"');
}

void print_json(const checked *results, size_t size) {
  const counts all = count(results, size);
  printf("{\"plugin\":");
  print_text(the.plugin);
  printf(",\"abi\":\"%u.%u\",\"conforms\":%s,\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,\"checks\":[", BEAT_ABI_MAJOR,
         BEAT_ABI_MINOR, all.failed == 0 ? "true" : "false", all.passed, all.failed, all.skipped);
  for (size_t i = 0; i < size; ++i) {
    const verdict *one = &results[i].verdict;
    printf("%s\n{\"name\":\"%s\",\"result\":\"%s\",\"seconds\":%.3f,\"promise\":", i > 0 ? "," : "",
           results[i].which->name, word(one), one->seconds);
    print_text(results[i].which->promise);
    printf(",\"findings\":[");
    for (unsigned n = 0; n < shown(one); ++n) {
      if (n > 0) putchar(',');
      print_text(one->finding[n]);
    }
    printf("],\"not_tried\":");
    print_text(one->skipped);
    printf(",\"note\":");
    print_text(one->note);
    putchar('}');
  }
  printf("\n]}\n");
}
