# Every dependency comes from the distribution's packages; nothing is fetched at build time.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED) # headers only: Asio, Beast, JSON, URL, Multiprecision
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
find_package(yaml-cpp REQUIRED) # host
find_package(CLI11 REQUIRED)    # host, simulator
if(AM_BUILD_TESTS)
  find_package(Catch2 3 REQUIRED)
endif()
# yaml-cpp named its target without a namespace before 0.8.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  set_property(TARGET yaml-cpp::yaml-cpp PROPERTY INTERFACE_LINK_LIBRARIES yaml-cpp)
endif()
