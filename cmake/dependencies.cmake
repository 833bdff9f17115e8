# Every dependency comes from the distribution's packages; nothing is fetched at build time.
if(AM_STATIC_DEPENDENCIES)
  include(cmake/static_dependencies.cmake)
endif()
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED) # headers only: Asio, Beast, JSON, URL, Multiprecision
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED) # simulator, tests, and net where all is linked in
find_package(SQLite3 REQUIRED)
if(NOT TARGET fmt::fmt)
  find_package(fmt REQUIRED)
endif()
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
if(NOT AM_STATIC_DEPENDENCIES)
  pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
endif()
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate) # host
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2) # host
if(NOT TARGET yaml-cpp::yaml-cpp)
  find_package(yaml-cpp REQUIRED) # host
endif()
find_package(CLI11 REQUIRED)    # host, simulator
if(AM_BUILD_TESTS)
  find_package(Catch2 3 REQUIRED)
endif()
# yaml-cpp named its target without a namespace before 0.8.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  set_property(TARGET yaml-cpp::yaml-cpp PROPERTY INTERFACE_LINK_LIBRARIES yaml-cpp)
endif()

# am_needs_only_the_c_library(target): with AM_STATIC_DEPENDENCIES a link that forgets something is an error.
function(am_needs_only_the_c_library target)
  if(AM_STATIC_DEPENDENCIES)
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM COMMAND ${CMAKE_COMMAND} -D FILE=$<TARGET_FILE:${target}>
      -D READELF=${CMAKE_READELF} -P ${PROJECT_SOURCE_DIR}/cmake/check_needed.cmake)
  endif()
endfunction()
