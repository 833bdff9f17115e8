/* SPDX-License-Identifier: Apache-2.0
 *
 * What the plugin's file says about its symbols: those that leave it, and those of its own that the
 * loader looks up elsewhere first.
 */
#include "conform.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if __SIZEOF_POINTER__ == 8
#define SYMBOL_OF(info) ELF64_R_SYM(info)
#define OUR_CLASS ELFCLASS64
#else
#define SYMBOL_OF(info) ELF32_R_SYM(info)
#define OUR_CLASS ELFCLASS32
#endif

typedef struct file {
  const char *octets;
  size_t size;
  const ElfW(Shdr) *sections;
  size_t count;
} file;

static const void *part(const file *one, size_t offset, size_t size) {
  if (offset > one->size || size > one->size - offset) fatal("%s ends within a table of its own", the.plugin);
  return one->octets + offset;
}

static file open_file(void) {
  const ElfW(Ehdr) *head;
  struct stat about;
  file one = {0};
  const int fd = open(the.plugin, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &about) != 0) fatal("it cannot be read: %s", strerror(errno));
  one.size = (size_t)about.st_size;
  one.octets = mmap(NULL, one.size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (one.octets == MAP_FAILED || one.size < sizeof *head || memcmp(one.octets, ELFMAG, SELFMAG) != 0 ||
      one.octets[EI_CLASS] != OUR_CLASS)
    fatal("it is no shared library of this machine");
  head = part(&one, 0, sizeof *head);
  one.count = head->e_shnum;
  one.sections = part(&one, head->e_shoff, one.count * sizeof *one.sections);
  return one;
}

static const ElfW(Shdr) *section_of(const file *one, uint32_t type) {
  for (size_t i = 0; i < one->count; ++i)
    if (one->sections[i].sh_type == type) return &one->sections[i];
  return NULL;
}

typedef struct symbols {
  const ElfW(Sym) *all;
  size_t count;
  const char *names;
} symbols;

static symbols dynamic_symbols(const file *one) {
  const ElfW(Shdr) *table = section_of(one, SHT_DYNSYM);
  symbols found = {0};
  if (table == NULL || table->sh_link >= one->count) fatal("it has no table of dynamic symbols");
  found.count = table->sh_size / sizeof *found.all;
  found.all = part(one, table->sh_offset, table->sh_size);
  found.names = part(one, one->sections[table->sh_link].sh_offset, one->sections[table->sh_link].sh_size);
  return found;
}

/* Whether others can see it. Symbols of sections and of versions are absolute or have no name. */
static bool leaves(const ElfW(Sym) *one) {
  const unsigned bind = ELF32_ST_BIND(one->st_info), visible = ELF32_ST_VISIBILITY(one->st_other);
  return one->st_shndx != SHN_UNDEF && one->st_shndx != SHN_ABS && bind != STB_LOCAL &&
         (visible == STV_DEFAULT || visible == STV_PROTECTED);
}

void elf_exported(void (*tell)(const char *name, void *ctx), void *ctx) {
  const file one = open_file();
  const symbols found = dynamic_symbols(&one);
  for (size_t i = 1; i < found.count; ++i)
    if (leaves(&found.all[i])) tell(found.names + found.all[i].st_name, ctx);
}

static bool is_symbolic(const file *one) {
  const ElfW(Shdr) *table = section_of(one, SHT_DYNAMIC);
  const ElfW(Dyn) *entry;
  if (table == NULL) return false;
  entry = part(one, table->sh_offset, table->sh_size);
  for (size_t i = 0; i < table->sh_size / sizeof *entry && entry[i].d_tag != DT_NULL; ++i)
    if (entry[i].d_tag == DT_SYMBOLIC || (entry[i].d_tag == DT_FLAGS && (entry[i].d_un.d_val & DF_SYMBOLIC) != 0))
      return true;
  return false;
}

void elf_replaceable(void (*tell)(const char *name, void *ctx), void *ctx) {
  const file one = open_file();
  const symbols found = dynamic_symbols(&one);
  static unsigned char told[1 << 16];
  if (is_symbolic(&one)) return;
  for (size_t i = 0; i < one.count; ++i) {
    const ElfW(Shdr) *section = &one.sections[i];
    const size_t size = section->sh_type == SHT_RELA ? sizeof(ElfW(Rela)) : sizeof(ElfW(Rel));
    const char *entries;
    if (section->sh_type != SHT_RELA && section->sh_type != SHT_REL) continue;
    entries = part(&one, section->sh_offset, section->sh_size);
    for (size_t at = 0; at + size <= section->sh_size; at += size) {
      ElfW(Rel) entry;
      size_t index;
      memcpy(&entry, entries + at, sizeof entry);
      index = SYMBOL_OF(entry.r_info);
      if (index == 0 || index >= found.count || index >= sizeof told || told[index]) continue;
      if (!leaves(&found.all[index]) || ELF32_ST_VISIBILITY(found.all[index].st_other) != STV_DEFAULT) continue;
      told[index] = 1;
      tell(found.names + found.all[index].st_name, ctx);
    }
  }
}
