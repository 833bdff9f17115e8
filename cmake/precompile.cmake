# Headers that most sources of a target read, parsed once for each target: half of a build was reading them. A source
# includes what it uses all the same; builds with CMAKE_DISABLE_PRECOMPILE_HEADERS (the preset portable is one) notice
# when one does not.

# GCC forgets there that a header is the system's, and tells what its optimizer takes std::string for. Clang, and builds
# without precompiled headers, go on saying what is true of it.
set(AM_FALSE_ALARMS)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  set(AM_FALSE_ALARMS -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-maybe-uninitialized)
endif()

# am_precompile(<target> [headers...]): those of the language that are everywhere, and the given ones.
function(am_precompile target)
  target_precompile_headers(${target} PRIVATE <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <string>
    <string_view> <utility> <vector> ${ARGN})
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${AM_FALSE_ALARMS}>)
endfunction()

# am_objects(<variable> targets...): what the targets are made of, without precompiled headers, which CMake counts among it.
function(am_objects variable)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<FILTER:$<TARGET_OBJECTS:\\1>,EXCLUDE,[.](gch|pch)$>" OUTPUT_VARIABLE objects)
  set(${variable} ${objects} PARENT_SCOPE)
endfunction()
