# What the OpenSSF guide asks of C++, each flag where this compiler and this linker know it; minus
# -z nodlopen, which would make the plugin unloadable. The tests run what a release has of it, all but
# the stripping. Sanitizers come instead
# of it, not beside it: in their builds undefined behaviour stays undefined, so that it is seen.
# tests/hardening reads from the commands and from the binaries what came of it.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported() # Without it code is made for any address, and programs are not linked so.

# am_if_known(<variable> flags...): those that the compiler takes without a word.
function(am_if_known result)
  set(CMAKE_REQUIRED_FLAGS -Werror)
  set(known)
  foreach(flag IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "AM_KNOWS${flag}" answer)
    check_cxx_compiler_flag(${flag} ${answer})
    if(${answer})
      list(APPEND known ${flag})
    endif()
  endforeach()
  set(${result} ${known} PARENT_SCOPE)
endfunction()

# am_link_if_known(names...): of -z, each if the linker takes it.
function(am_link_if_known)
  foreach(name IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "AM_LINKS_${name}" answer)
    check_linker_flag(CXX "-Wl,--fatal-warnings,-z,${name}" ${answer})
    if(${answer})
      add_link_options(-Wl,-z,${name})
    endif()
  endforeach()
endfunction()

if(AM_SANITIZE OR AM_BUILD_FUZZERS)
  # Whatever the build type says: an assertion that is compiled out finds nothing.
  add_compile_options(-UNDEBUG -D_GLIBCXX_ASSERTIONS)
  return()
endif()

add_compile_options(-fstack-protector-strong -fno-delete-null-pointer-checks -fno-strict-overflow)
am_link_if_known(relro now noexecstack)
if(CMAKE_BUILD_TYPE STREQUAL "Debug" OR AM_COVERAGE)
  return() # FORTIFY needs an optimizer, coverage wants none.
endif()

am_if_known(flags -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero)
add_compile_options(${flags} -D_GLIBCXX_ASSERTIONS)
# The highest level that compiler and C library both know.
set(fortify 2)
set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_cxx_source_compiles("#include <string.h>
#if !defined(__USE_FORTIFY_LEVEL) || __USE_FORTIFY_LEVEL != 3
#error not known
#endif
int main() { return 0; }" AM_KNOWS_FORTIFY_3)
unset(CMAKE_REQUIRED_FLAGS)
if(AM_KNOWS_FORTIFY_3)
  set(fortify 3)
endif()
add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify})
# Start files of some distributions lack the note of -fcf-protection, and one such file takes it from
# the whole: so it is asked for. -s: what users get names no inner functions.
if("-fcf-protection=full" IN_LIST flags)
  am_link_if_known(ibt shstk)
endif()
add_link_options(-Wl,--as-needed $<$<CONFIG:Release>:-s>)
