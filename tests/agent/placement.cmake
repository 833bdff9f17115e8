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
