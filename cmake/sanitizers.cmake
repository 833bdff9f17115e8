# AM_SANITIZE=address,undefined | thread ; AM_COVERAGE=ON
if(AM_SANITIZE)
  add_compile_options(-fsanitize=${AM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AM_SANITIZE})
endif()
if(AM_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
