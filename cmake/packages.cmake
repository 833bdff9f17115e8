# SPDX-License-Identifier: Apache-2.0
# The Debian package, by CPack: `make deb`. It is for the distribution that it is built on, whose libraries it names as
# its dependencies: another has other ones under other names. With AM_STATIC_DEPENDENCIES it needs the C library alone.
if(NOT EXISTS /etc/os-release)
  return() # no Linux distribution: nobody there installs it
endif()
file(STRINGS /etc/os-release os_release REGEX "^(ID|NAME|VERSION_ID)=")
foreach(line IN LISTS os_release)
  string(REGEX REPLACE "=.*" "" key "${line}")
  string(REGEX REPLACE "^[A-Z_]+=\"?([^\"]*)\"?$" "\\1" os_${key} "${line}")
endforeach()
set(AM_DISTRIBUTION_NAME "${os_NAME} ${os_VERSION_ID}")
string(REPLACE debian deb distribution "${os_ID}${os_VERSION_ID}")

set(scripts ${PROJECT_SOURCE_DIR}/packaging/deb)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm ${scripts}/conffiles)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
if(NOT AM_STATIC_DEPENDENCIES)
  # A newer distribution's package is the newer one.
  string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "+${distribution}")
  configure_file(${scripts}/preinst.in ${PROJECT_BINARY_DIR}/packaging/preinst @ONLY
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/packaging/preinst)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME anthropic-metrics)
set(CPACK_PACKAGE_VENDOR "the authors of anthropic_metrics")
set(CPACK_PACKAGE_CONTACT "the authors of anthropic_metrics <nobody@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Collects Anthropic usage, cost and rate limits for Elasticsearch")
set(CPACK_PACKAGE_DESCRIPTION "Asks the Admin API of an organization that uses Claude for token usage, spend and limits, and writes
them to Elasticsearch, OpenSearch or files, with corrections, so that sums equal the bill. The package has the program, its
library, a systemd service with a user of its own, and a policy to fill in: /etc/anthropic-metrics/anthropic-metrics.yml.")
set(CPACK_COMPONENTS_ALL runtime service)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, systemd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Whatever the umask of who builds it.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
include(CPack)
