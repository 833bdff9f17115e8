# SPDX-License-Identifier: Apache-2.0
"""As much of an ELF file as tells how it was hardened; 64 bit, little endian."""

import struct

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY = 0x6474e551, 0x6474e552, 0x6474e553
SHT_SYMTAB, SHT_STRTAB, SHT_DYNAMIC, SHT_NOTE, SHT_DYNSYM = 2, 3, 6, 7, 11
DT_NEEDED, DT_RPATH, DT_TEXTREL, DT_BIND_NOW, DT_RUNPATH, DT_FLAGS, DT_FLAGS_1 = 1, 15, 22, 24, 29, 30, 0x6ffffffb
DF_TEXTREL, DF_BIND_NOW = 4, 8
DF_1_NOW, DF_1_NODELETE, DF_1_NOOPEN, DF_1_PIE = 1, 8, 0x40, 0x08000000
GNU_PROPERTY_X86_FEATURE_1_AND, IBT, SHSTK = 0xc0000002, 1, 2
EM_X86_64 = 62


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = data = file.read()
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is no 64-bit little-endian ELF file")
        (self.type, self.machine, _, _, programs, sections, _, _, program_size, program_count,
         section_size, section_count, _) = struct.unpack_from("<HHIQQQIHHHHHH", data, 16)
        # (type, flags, offset, address, physical address, file size, memory size, alignment)
        self.programs = [struct.unpack_from("<IIQQQQQQ", data, programs + i * program_size) for i in range(program_count)]
        # (name, type, flags, address, offset, size, link, info, alignment, entry size)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", data, sections + i * section_size) for i in range(section_count)]
        self.dynamic = [entry for section in self.sections if section[1] == SHT_DYNAMIC
                        for entry in struct.iter_unpack("<QQ", data[section[4]:section[4] + section[5]])]

    def segment(self, kind):
        return next((program for program in self.programs if program[0] == kind), None)

    def tags(self, tag):
        return [value for kind, value in self.dynamic if kind == tag]

    def flags(self, tag):
        return sum(self.tags(tag))

    def has_symbol_table(self):
        return any(section[1] == SHT_SYMTAB for section in self.sections)

    def exported(self):
        """Names of the symbols that others may bind to."""
        names = set()
        for section in self.sections:
            if section[1] != SHT_DYNSYM:
                continue
            strings = self.sections[section[6]]
            text = self.data[strings[4]:strings[4] + strings[5]]
            for name, info, _, where, _, _ in struct.iter_unpack("<IBBHQQ", self.data[section[4]:section[4] + section[5]]):
                if where != 0 and info >> 4 != 0:  # Defined here, and not local.
                    names.add(text[name:text.index(b"\0", name)].decode())
        return names

    def x86_features(self):
        """Bits of the note that says which control-flow protection every object agreed to."""
        segment = self.segment(PT_GNU_PROPERTY)
        if segment is None:
            return 0
        at, end = segment[2], segment[2] + segment[5]
        while at + 16 <= end:
            name_size, size, kind = struct.unpack_from("<III", self.data, at)
            at += 12 + (name_size + 3) // 4 * 4
            inside, note_end = at, at + size
            while kind == 5 and inside + 8 <= note_end:
                what, length = struct.unpack_from("<II", self.data, inside)
                if what == GNU_PROPERTY_X86_FEATURE_1_AND:
                    return struct.unpack_from("<I", self.data, inside + 8)[0]
                inside += 8 + (length + 7) // 8 * 8
            at = note_end + (-note_end) % 8
        return 0
