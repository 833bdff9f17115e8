# Our files in the folders of an Elastic Agent, on mock trees of each kind of installation.
am_add_tests(placement
  SOURCES
    agent_tree_test.cpp
    placement_test.cpp
    spec_file_test.cpp
    successors_test.cpp
  LIBRARIES am_host_objects
  LABELS agent)
target_include_directories(test_placement PRIVATE ${PROJECT_SOURCE_DIR}/tests/host)
target_compile_definitions(test_placement PRIVATE
  AM_VERSION="${PROJECT_VERSION}"
  AM_HOST_BINARY="$<TARGET_FILE:anthropic-metrics>"
  AM_PLUGIN="$<TARGET_FILE:anthropic_metrics>")
add_dependencies(test_placement anthropic-metrics anthropic_metrics)

if(NOT AM_SANITIZE) # Below a sanitizer nothing can be preloaded before its own runtime.
  add_library(placement_kill_shim MODULE placement_kill_shim.c)
  target_link_libraries(placement_kill_shim PRIVATE ${CMAKE_DL_LIBS})
  target_include_directories(placement_kill_shim PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
  set_target_properties(placement_kill_shim PROPERTIES
    C_VISIBILITY_PRESET default LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
endif()
am_add_python_tests(agent "" ${CMAKE_CURRENT_SOURCE_DIR}/placement_command_test.py
  ${CMAKE_CURRENT_SOURCE_DIR}/image_recipe_test.py)
