/* SPDX-License-Identifier: Apache-2.0
 *
 * beat-plugin-conform: whether a plugin keeps the promises of beat_plugin.h. docs/conformance.md.
 */
#include "conform.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

options the = {.patience = 1, .instances = 1000, .rounds = 100, .wait_s = 30, .timeout_s = 120};

static const char usage[] =
    "usage: %s PLUGIN --config FILE [OPTIONS]\n"
    "\n"
    "Loads a plugin of beat_plugin.h %u.%u and tries each promise of the ABI, in a process for each.\n"
    "\n"
    "  --config FILE     what the plugin's init takes, as JSON. It should yield documents at once.\n"
    "                    " STATE_MARK " in it becomes a folder, another for each instance\n"
    "  --only NAME,...   these checks and no others; may be repeated\n"
    "  --list            name every check and what it holds, and end\n"
    "  --json            the report as one JSON object\n"
    "  --jobs N          so many checks at a time (1); those that measure time then measure the others too\n"
    "  --patience N      limits of time are N times as long (1); for sanitizers and loaded machines\n"
    "  --instances N     how many thousand-instances makes (1000)\n"
    "  --rounds N        how often reload loads and unloads (100)\n"
    "  --wait SECONDS    longest wait for a first batch (30)\n"
    "  --timeout SECONDS longest time of one check (120)\n"
    "  --help            this text\n"
    "\n"
    "Secrets that the configuration names are taken from the environment.\n"
    "Exit code: 0 it conforms, 1 it does not, 2 wrong call.\n";

static void print_usage(FILE *where) { fprintf(where, usage, the.program, BEAT_ABI_MAJOR, BEAT_ABI_MINOR); }

_Noreturn static void wrong_call(const char *format, ...) PRINTF_LIKE(1, 2);
_Noreturn static void wrong_call(const char *format, ...) {
  va_list values;
  va_start(values, format);
  fprintf(stderr, "%s: ", the.program);
  vfprintf(stderr, format, values);
  va_end(values);
  fprintf(stderr, "; see %s --help\n", the.program);
  exit(2);
}

static unsigned number(const char *option, const char *text) {
  char *end;
  const unsigned long value = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || value < 1 || value > 1000000)
    wrong_call("--%s takes a number from 1 to 1000000, not %s", option, text);
  return (unsigned)value;
}

static const char *read_text(const char *path) {
  FILE *const file = fopen(path, "rb");
  size_t size = 0, room = 1 << 16;
  char *text = malloc(room);
  if (file == NULL || text == NULL) wrong_call("--config %s cannot be read: %s", path, strerror(errno));
  for (;;) {
    const size_t got = fread(text + size, 1, room - size - 1, file);
    size += got;
    if (got == 0) break;
    if (size + 1 == room && (text = realloc(text, room *= 2)) == NULL) abort();
  }
  if (ferror(file)) wrong_call("--config %s cannot be read: %s", path, strerror(errno));
  fclose(file);
  text[size] = '\0';
  if (strlen(text) != size) wrong_call("--config %s holds a NUL byte, which is no JSON", path);
  return text;
}

static bool chosen[64];

static void choose(char *names) {
  for (char *rest = NULL, *name = strtok_r(names, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
    const check *const one = find_check(name);
    if (one == NULL) wrong_call("--only %s: there is no such check; --list names them", name);
    chosen[one - checks] = true;
  }
}

static void list_checks(void) {
  for (size_t i = 0; i < check_count; ++i) printf("%-24s%s\n", checks[i].name, checks[i].promise);
}

static bool as_json, only;
static unsigned jobs = 1;

static void say_nothing(const checked *one) { (void)one; }

/* Whether there is something to do. */
static bool read_command_line(int argc, char **argv) {
  enum { CONFIG = 1, ONLY, LIST, JSON, JOBS, PATIENCE, INSTANCES, ROUNDS, WAIT, TIMEOUT, HELP };
  static const struct option known[] = {
      {"config", required_argument, NULL, CONFIG},       {"only", required_argument, NULL, ONLY},
      {"list", no_argument, NULL, LIST},                 {"json", no_argument, NULL, JSON},
      {"jobs", required_argument, NULL, JOBS},           {"patience", required_argument, NULL, PATIENCE},
      {"instances", required_argument, NULL, INSTANCES}, {"rounds", required_argument, NULL, ROUNDS},
      {"wait", required_argument, NULL, WAIT},           {"timeout", required_argument, NULL, TIMEOUT},
      {"help", no_argument, NULL, HELP},                 {NULL, 0, NULL, 0}};
  int option, index = 0;
  while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
    switch (option) {
      case CONFIG: the.config = read_text(optarg); break;
      case ONLY: only = true, choose(optarg); break;
      case LIST: return list_checks(), false;
      case JSON: as_json = true; break;
      case JOBS: jobs = number("jobs", optarg); break;
      case PATIENCE: the.patience = number("patience", optarg); break;
      case INSTANCES: the.instances = number("instances", optarg); break;
      case ROUNDS: the.rounds = number("rounds", optarg); break;
      case WAIT: the.wait_s = number("wait", optarg); break;
      case TIMEOUT: the.timeout_s = number("timeout", optarg); break;
      case HELP: return print_usage(stdout), false;
      default: fprintf(stderr, "see %s --help\n", the.program), exit(2);
    }
  }
  if (optind >= argc) wrong_call("which plugin? Name its file");
  if (optind + 1 < argc) wrong_call("one plugin at a time: %s is too much", argv[optind + 1]);
  if (the.config == NULL) wrong_call("--config FILE is missing");
  the.plugin = realpath(argv[optind], NULL);
  if (the.plugin == NULL) wrong_call("%s cannot be read: %s", argv[optind], strerror(errno));
  return true;
}

int main(int argc, char **argv) {
  struct rlimit files;
  checked *results = calloc(check_count, sizeof *results);
  size_t count = 0, failed = 0;
  the.program = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
  if (results == NULL) abort();
  if (!read_command_line(argc, argv)) return 0;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* A thousand instances need some. */
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  for (size_t i = 0; i < check_count; ++i) {
    if (!only || chosen[i]) results[count++].which = &checks[i];
  }
  run_checks(results, count, jobs, as_json ? say_nothing : print_line);
  (as_json ? print_json : print_summary)(results, count);
  for (size_t i = 0; i < count; ++i) failed += atomic_load(&results[i].verdict.findings) > 0;
  free(results);
  return failed > 0 ? 1 : 0;
}
