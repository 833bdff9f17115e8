# am_warnings: what every target of ours is compiled with. Errors in CI and development only
# (CMAKE_COMPILE_WARNING_AS_ERROR in the presets), so that a newer compiler never breaks a user.
add_library(am_warnings INTERFACE)
target_compile_options(am_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wdouble-promotion -Wformat=2)
# These are C++ only; C sources of ours use am_c_warnings.
add_library(am_c_warnings INTERFACE)
target_compile_options(am_c_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
