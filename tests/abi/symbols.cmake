# Compares what the library exports with the six functions of abi/beat_plugin.h.
execute_process(COMMAND ${NM} -D --defined-only ${LIBRARY} OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL " [TtWwVvBbDdRriu] [^\n]+" entries "${listing}")
set(found)
foreach(entry IN LISTS entries)
  string(REGEX REPLACE "^ . ([^@]+).*" "\\1" name "${entry}")
  list(APPEND found "${name}")
endforeach()
list(SORT found)
set(expected beat_plugin_abi_version beat_plugin_ack beat_plugin_get_api beat_plugin_init beat_plugin_poll
  beat_plugin_shutdown)
if(NOT "${found}" STREQUAL "${expected}")
  message(FATAL_ERROR "${LIBRARY} exports\n  ${found}\nexpected\n  ${expected}\n"
    "Add new functions to the table in beat_plugin.h, not to the exports.")
endif()
message(STATUS "six functions: ${found}")
