# SPDX-License-Identifier: Apache-2.0
# Where things go, below the prefix. `cmake --install BUILD --component NAME` takes one part alone:
#   runtime  what an operator runs: the host, the library, what `setup` installs
#   devel    what a host or a plugin of one's own is built with: header, CMake package, pkg-config, examples
#   tools    what tries a host or a plugin: the simulator, the conformance kit
#   package  the zips for Kibana and OpenSearch Dashboards, made by the target `packages` before
# Everything finds the rest from where it stands itself, so the prefix may be moved.
if(NOT CMAKE_INSTALL_DOCDIR)
  set(CMAKE_INSTALL_DOCDIR share/doc/anthropic-metrics) # as the program is called
endif()
include(GNUInstallDirs)
# The host looks here whatever the system calls its folder of libraries: a plugin is loaded, never linked.
set(AM_INSTALL_PLUGINDIR lib/anthropic_metrics)
set(AM_INSTALL_PACKAGEDIR ${CMAKE_INSTALL_DATADIR}/anthropic_metrics/packages)

# A name that is none of these would install nothing and say nothing. `service` is for packages of a distribution.
set(components runtime devel tools package service)
list(JOIN components "|" pattern)
list(JOIN components ", " listed)
install(CODE "if(CMAKE_INSTALL_COMPONENT AND NOT CMAKE_INSTALL_COMPONENT MATCHES \"^(${pattern})$\")
  message(FATAL_ERROR \"There is no component \${CMAKE_INSTALL_COMPONENT}; name one of ${listed}\")
endif()" ALL_COMPONENTS)
