# A stub of the Agent's server (stub.py, for others' tests, too), and what the host's side of the protocol makes of it.
add_executable(echo_component echo_component.cpp)
target_link_libraries(echo_component PRIVATE am_warnings am_host_objects)

# am_add_agent_tests(suites...): tests with the stub; skipped with the reason where grpcio cannot be had.
function(am_add_agent_tests)
  foreach(suite IN LISTS ARGN)
    get_filename_component(name ${suite} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${name})
    add_test(NAME "agent: ${name}" COMMAND ${AM_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/${suite})
    set_tests_properties("agent: ${name}" PROPERTIES LABELS agent TIMEOUT ${AM_TIMEOUT} SKIP_RETURN_CODE 77
      FIXTURES_REQUIRED artefacts
      ENVIRONMENT "${AM_TEST_ENVIRONMENT};AM_BINARY_DIR=${PROJECT_BINARY_DIR};AM_ECHO_COMPONENT=$<TARGET_FILE:echo_component>;AM_SANITIZE=${AM_SANITIZE}")
  endforeach()
endfunction()
am_add_agent_tests(control_test.py component_test.py component_memory_test.py component_minutes_test.py packaged_test.py)
set_tests_properties("agent: packaged" PROPERTIES FIXTURES_REQUIRED "artefacts;packages")

am_add_tests(control
  SOURCES
    bootstrap_test.cpp
    call_end_test.cpp
    check_in_test.cpp
    json_struct_test.cpp
    messages_test.cpp
    wire_test.cpp
  LIBRARIES am_host_objects
  LABELS agent)
target_include_directories(test_control PRIVATE ${PROJECT_SOURCE_DIR}/tests/host)

# The same messages beside Elastic's own definitions, where Go is present.
add_executable(protocol_messages protocol_messages.cpp)
target_link_libraries(protocol_messages PRIVATE am_warnings am_host_objects)
add_test(NAME "agent: messages as Elastic's module has them"
  COMMAND ${AM_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/official/run.py)
set_tests_properties("agent: messages as Elastic's module has them" PROPERTIES LABELS agent TIMEOUT 1800 SKIP_RETURN_CODE 77
  FIXTURES_REQUIRED artefacts
  ENVIRONMENT "${AM_TEST_ENVIRONMENT};AM_PROTOCOL_MESSAGES=$<TARGET_FILE:protocol_messages>;AM_ECHO_COMPONENT=$<TARGET_FILE:echo_component>")
