// SPDX-License-Identifier: Apache-2.0
#include "net/system_trust.hpp"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "own_folder.hpp"

using anthropic_metrics::bundle_of_another_distribution;
using anthropic_metrics::test::OwnFolder;
namespace fs = std::filesystem;

TEST_CASE("the authorities of other distributions are found where they keep them") {
  const OwnFolder root("trust");
  CHECK(bundle_of_another_distribution(root.path()).empty());
  // From the last place that is looked at to the first.
  for (const char* place :
       {"etc/ssl/cert.pem", "etc/ssl/ca-bundle.pem", "etc/pki/tls/certs/ca-bundle.crt",
        "etc/ssl/certs/ca-certificates.crt"}) {
    const fs::path file = root / place;
    fs::create_directories(file.parent_path());
    fs::create_directory(file);
    CHECK(bundle_of_another_distribution(root.path()) != file);
    fs::remove(file);
    std::ofstream(file) << "a bundle\n";
    CHECK(bundle_of_another_distribution(root.path()) == file);
  }
}
