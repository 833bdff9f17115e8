// SPDX-License-Identifier: Apache-2.0
#include "placement/placement.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "mock_agent.hpp"
#include "placement/uninstalled.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

unsigned mode_of(const fs::path& file) {
  struct stat info {};
  REQUIRE(::lstat(file.c_str(), &info) == 0);
  return info.st_mode;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

const std::vector<std::string> others{"filestream", "filestream.spec.yml"};
const std::vector<std::string> all{"anthropic_metrics", "anthropic_metrics.spec.yml", "filestream",
                                   "filestream.spec.yml", "libanthropic_metrics.so"};

template <class T>
std::string line_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  REQUIRE(result.error().lines.size() == 1);
  return result.error().lines.front();
}

// A limit that a full disk and `ulimit -f` have in common.
class LargestFile {
 public:
  explicit LargestFile(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~LargestFile() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a component is three files that an Agent accepts") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  const auto placed = place(ours(), components, Newer::replace);
  REQUIRE(placed);
  CHECK(*placed == Placed::anew);
  CHECK(names_in(components) == all);
  CHECK(read(components / "anthropic_metrics") == read(AM_HOST_BINARY));
  CHECK(read(components / "libanthropic_metrics.so") == read(AM_PLUGIN));
  CHECK(version_of_spec(read(components / "anthropic_metrics.spec.yml")) == AM_VERSION);
  CHECK(mode_of(components / "anthropic_metrics") == (S_IFREG | 0755U));
  CHECK(mode_of(components / "libanthropic_metrics.so") == (S_IFREG | 0644U));
  CHECK(mode_of(components / "anthropic_metrics.spec.yml") == (S_IFREG | 0644U));
  CHECK(look_into(components).complete());
}

TEST_CASE("what root places belongs to the owner of the folder") {
  if (::geteuid() != 0) SKIP("only root gives files away");
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  REQUIRE(::chown(components.c_str(), 65534, 65534) == 0);
  REQUIRE(place(ours(), components, Newer::replace));
  for (const char* name : {component_program, component_library, component_spec}) {
    struct stat info {};
    REQUIRE(::stat((components / name).c_str(), &info) == 0);
    CHECK(info.st_uid == 65534);
    CHECK(info.st_gid == 65534);
  }
}

TEST_CASE("placing again changes nothing that is equal") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  const ComponentFiles files = ours();
  REQUIRE(place(files, components, Newer::replace));
  const auto inode = [&](const char* name) {
    struct stat info {};
    return ::stat((components / name).c_str(), &info) == 0 ? info.st_ino : 0;
  };
  const auto program = inode(component_program);
  const auto library = inode(component_library);
  CHECK(*place(files, components, Newer::replace) == Placed::unchanged);
  CHECK(inode(component_program) == program);
  // One octet elsewhere, the same size.
  std::string other = read(components / component_library);
  other[other.size() / 2] ^= 1;
  write(components / component_library, other);
  CHECK(*place(files, components, Newer::replace) == Placed::replaced);
  CHECK(read(components / component_library) == read(AM_PLUGIN));
  CHECK(inode(component_program) == program);
  CHECK(inode(component_library) != library);
}

TEST_CASE("what the Agent would refuse to run is put right") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  const ComponentFiles files = ours();
  for (const mode_t mode : {0644U, 0775U, 0757U}) {
    REQUIRE(place(files, components, Newer::replace));
    REQUIRE(::chmod((components / component_program).c_str(), mode) == 0);
    CHECK_FALSE(look_into(components).complete());
    CHECK(*place(files, components, Newer::replace) == Placed::replaced);
    CHECK(mode_of(components / component_program) == (S_IFREG | 0755U));
  }
}

TEST_CASE("a link of our name is replaced and never written through") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  write(root / "victim", "untouched");
  fs::create_symlink(root / "victim", components / component_program);
  fs::create_symlink(root / "victim", components / ".anthropic_metrics.new");
  REQUIRE(place(ours(), components, Newer::replace));
  CHECK(read(root / "victim") == "untouched");
  CHECK(mode_of(components / component_program) == (S_IFREG | 0755U));
  CHECK(names_in(components) == all);
}

TEST_CASE("an older version replaces a newer one only if somebody says so") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  REQUIRE(place(ours("0.3.0"), components, Newer::replace));
  CHECK(*place(ours("0.2.0"), components, Newer::keep) == Placed::newer_kept);
  CHECK(look_into(components).version == "0.3.0");
  CHECK(*place(ours("0.4.0"), components, Newer::keep) == Placed::replaced);
  CHECK(*place(ours("0.2.0"), components, Newer::replace) == Placed::replaced);
  CHECK(look_into(components).version == "0.2.0");
  // A spec that somebody wrote by hand says no version.
  write(components / component_spec, "version: 2\n");
  CHECK(*place(ours("0.4.0"), components, Newer::keep) == Placed::newer_kept);
  CHECK(*place(ours("0.4.0"), components, Newer::replace) == Placed::replaced);
}

TEST_CASE("two components for one input are refused before anything is written") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  write(components / "filestream.spec.yml",
        "version: 2\ninputs:\n  - name: filestream\n    aliases: [anthropic_metrics]\n"
        "    platforms: [linux/amd64, linux/arm64]\n");
  const auto placed = place(ours(), components, Newer::replace);
  CHECK_THAT(line_of(placed),
             EndsWith("filestream.spec.yml of another product has the input type "
                      "anthropic_metrics as an alias, and an Agent with two of them does not "
                      "start; remove that product from the Agent first"));
  CHECK(placed.error().code == ExitCode::configuration);
  CHECK(names_in(components) == others);
}

TEST_CASE("a write that is refused leaves everything as it was") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  const ComponentFiles files = ours();
  {
    const LargestFile limit(100 * 1024);
    CHECK_THAT(line_of(place(files, components, Newer::replace)),
               StartsWith("cannot write ") &&
                   EndsWith("components/anthropic_metrics: File too large; raise the limit of file "
                            "sizes (ulimit -f) and run this again"));
  }
  CHECK(names_in(components) == others);
  REQUIRE(place(files, components, Newer::replace));
  write(components / component_library, "an older library");
  {
    const LargestFile limit(100 * 1024);
    CHECK_FALSE(place(files, components, Newer::replace));
  }
  CHECK(names_in(components) == all);
  CHECK(read(components / component_library) == "an older library");
}

TEST_CASE("a folder that vanished is said to have vanished") {
  const Scratch root;
  CHECK_THAT(line_of(place(ours(), root / "absent", Newer::replace)),
             StartsWith("cannot open ") && EndsWith("No such file or directory; the Agent may be "
                                                    "removing this version; run this again"));
}

TEST_CASE("placing can be given up") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  const std::atomic<bool> stop{true};
  const auto placed = place(ours(), components, Newer::keep, &stop);
  REQUIRE_FALSE(placed);
  CHECK(placed.error().lines.empty());
  CHECK(names_in(components) == others);
}

TEST_CASE("a component is taken away with its spec first, and others stay") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  REQUIRE(place(ours(), components, Newer::replace));
  CHECK(*take_away(components));
  CHECK(names_in(components) == others);
  CHECK_FALSE(*take_away(components));
  // If the spec cannot go, nothing does.
  REQUIRE(place(ours(), components, Newer::replace));
  fs::remove(components / component_spec);
  write(components / component_spec / "in the way", "");
  CHECK_THAT(line_of(take_away(components)), StartsWith("cannot remove "));
  CHECK(fs::exists(components / component_program));
}

TEST_CASE("what stands in a folder is told apart") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  CHECK(look_into(components).nothing());
  REQUIRE(place(ours("0.7.0"), components, Newer::replace));
  CHECK(look_into(components).version == "0.7.0");
  fs::remove(components / component_program);
  const FoundComponent found = look_into(components);
  CHECK(found.spec);
  CHECK_FALSE(found.program);
  CHECK_FALSE(found.complete());
  CHECK_FALSE(found.nothing());
}

TEST_CASE("program and library must be of one machine, and the Agent of the same") {
  const Scratch root;
  std::string other = read(AM_PLUGIN).substr(0, 4096);
  other[18] = static_cast<char>(other[18] == 62 ? 183 : 62);  // x86-64 and AArch64 in ELF
  write(root / "other.so", other);
  write(root / "text.so", "no library");
  CHECK_THAT(
      line_of(ComponentFiles::open(AM_HOST_BINARY, root / "other.so", "1")),
      ContainsSubstring("other.so is built for ") && EndsWith("; take both from one release"));
  CHECK_THAT(line_of(ComponentFiles::open(AM_HOST_BINARY, root / "text.so", "1")),
             EndsWith("text.so is not a library of this system; take one from a release"));
  CHECK_THAT(line_of(ComponentFiles::open(AM_HOST_BINARY, root / "absent.so", "1")),
             ContainsSubstring("absent.so cannot be read: No such file or directory; "));
  CHECK_THAT(line_of(ours().fits(root / "other.so")),
             StartsWith("the Elastic Agent ") && ContainsSubstring("is built for "));
  CHECK(ours().fits(root / "text.so"));
  CHECK(ours().fits(AM_HOST_BINARY));
}

TEST_CASE("what is placed is what was opened, whatever became of its names") {
  const Scratch root;
  const fs::path components = add_version(root.folder(), old_version) / "components";
  fs::copy_file(AM_HOST_BINARY, root / "program");
  fs::copy_file(AM_PLUGIN, root / "library");
  const auto files = ComponentFiles::open(root / "program", root / "library", "1");
  REQUIRE(files);
  fs::remove(root / "program");
  fs::remove(root / "library");
  write(root / "library", "another");
  REQUIRE(place(*files, components, Newer::replace));
  CHECK(read(components / component_program) == read(AM_HOST_BINARY));
  CHECK(read(components / component_library) == read(AM_PLUGIN));
}

TEST_CASE("a mark of a former life says nothing") {
  const Scratch data;
  CHECK_FALSE(UninstalledMark(data.folder()).set_since());
  REQUIRE(UninstalledMark::set(data.folder()));
  const UninstalledMark mark(data.folder());
  CHECK_FALSE(mark.set_since());
  REQUIRE(UninstalledMark::set(data.folder()));
  CHECK(mark.set_since());
  UninstalledMark::clear(data.folder());
  CHECK_FALSE(mark.set_since());
}
