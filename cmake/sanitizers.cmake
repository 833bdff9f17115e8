# AM_SANITIZE=address,undefined | thread ; AM_COVERAGE=ON
if(AM_SANITIZE)
  add_compile_options(-fsanitize=${AM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AM_SANITIZE})
  if(AM_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Clang 14 marks coroutines for this check in a way its own assembler refuses.
    add_compile_options(-fno-sanitize=function)
  endif()
  if(AM_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan) # Asio's fences, which GCC's sanitizer does not model
  endif()
endif()
if(AM_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(AM_BUILD_FUZZERS)
  # Coverage for libFuzzer in everything; tests/fuzz links its main.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
