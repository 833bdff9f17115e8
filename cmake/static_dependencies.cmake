# AM_STATIC_DEPENDENCIES: everything but the C library is linked in, for machines and images where our dependencies are
# not installed. What is needed there at last is checked after linking: am_needs_only_the_c_library(target).
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS ON)
set(ZLIB_USE_STATIC_LIBS ON)
add_link_options(-static-libstdc++ -static-libgcc)

# Debian builds fmt as a shared library only; its headers are all of it.
find_path(AM_FMT_INCLUDE fmt/format.h REQUIRED)
add_library(fmt::fmt INTERFACE IMPORTED)
target_include_directories(fmt::fmt INTERFACE ${AM_FMT_INCLUDE})
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)

find_library(AM_YAML_CPP yaml-cpp REQUIRED)
add_library(yaml-cpp::yaml-cpp STATIC IMPORTED)
set_target_properties(yaml-cpp::yaml-cpp PROPERTIES IMPORTED_LOCATION ${AM_YAML_CPP}
  INTERFACE_COMPILE_DEFINITIONS YAML_CPP_STATIC_DEFINE)
