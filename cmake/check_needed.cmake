# cmake -D FILE=... -D READELF=... -P: what a program or library needs beside itself is the C library alone.
execute_process(COMMAND ${READELF} -d ${FILE} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "NEEDED[^\n]*\\[[^\n]*\\]" needed "${dynamic}")
foreach(line IN LISTS needed)
  string(REGEX REPLACE ".*\\[(.*)\\]" "\\1" name "${line}")
  if(NOT name MATCHES "^(libc|libm|libdl|libpthread|ld-linux.*)\\.so")
    message(FATAL_ERROR "${FILE} needs ${name}, which other machines may not have; link it in (cmake/static_dependencies.cmake)")
  endif()
endforeach()
