# SPDX-License-Identifier: Apache-2.0
# What is shipped names no folder of the machine that built it, and comes out with the same bytes wherever it is built.
# Only where it is shipped: a debugger wants the folder, and a compiler's cache knows a file by its flags.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag("-ffile-prefix-map=/a=b" AM_KNOWS_FILE_PREFIX_MAP)
if(AM_KNOWS_FILE_PREFIX_MAP)
  add_compile_options("$<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.;-ffile-prefix-map=${PROJECT_BINARY_DIR}=build>")
endif()
