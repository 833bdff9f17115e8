// SPDX-License-Identifier: Apache-2.0
#include "net/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <optional>

#include "api/credential.hpp"
#include "client.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::net::test {
namespace {

struct Trial {
  bool used = false;
  std::string text;  ///< The error, or the remark.
};

Trial read_from(const std::string& path) {
  auto place = api::parse_credential("file:" + path);
  if (!place) return {false, place.error().message};
  api::CredentialSource source(std::move(*place));
  Trial trial;
  source.on_remark([&](const std::string& text) { trial.text += text; });
  const auto key = source.current();
  if (key)
    trial.used = (*key)->expose([](std::string_view octets) { return octets == canary; });
  else
    trial.text = key.error().message;
  return trial;
}

/// A folder as Kubernetes fills it: key -> ..data/key, ..data -> ..2026.
std::string kubernetes_volume(const Scratch& scratch, mode_t mode) {
  namespace fs = std::filesystem;
  const fs::path folder = scratch.path("secret");
  fs::create_directories(folder / "..2026");
  scratch.write("secret/..2026/key", std::string(canary) + "\n", mode);
  fs::create_symlink("..2026", folder / "..data");
  fs::create_symlink("..data/key", folder / "key");
  return (folder / "key").string();
}

/// Runs in a child, which may lose rights and mounts; true if it did what `work` checks. Nothing:
/// this system does not let us.
std::optional<bool> in_child(const std::function<int()>& work) {
  constexpr int not_possible = 77;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_possible) return std::nullopt;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("who may read and change a file decides whether a key is taken from it") {
  struct Case {
    const char* what;
    FileAccess file;
    const char* fault;
    const char* remark;
  };
  constexpr uid_t root = 0, user = 1000, other = 1001;
  const Case cases[] = {
      {"mine, private", {0600, user, user, false}, "", ""},
      {"mine, group reads, as ssl.key may be", {0640, user, user, false}, "", ""},
      {"mine, everybody reads", {0644, user, user, false}, "run chmod 600 /key", ""},
      {"mine, group writes", {0660, user, user, false}, "others may change it", ""},
      {"mine, others may execute", {0601, user, user, false}, "run chmod 600 /key", ""},
      {"root's, group reads", {0440, root, user, false}, "", ""},
      {"root's, everybody reads", {0444, root, user, false}, "let root run chmod 640 /key", ""},
      {"root's, and I am root", {0444, root, root, false}, "run chmod 600 /key", ""},
      {"another's, private", {0600, other, user, false}, "belongs to another user (1001)", ""},
      {"Kubernetes, defaultMode 0400", {0400, root, root, true}, "", ""},
      {"Kubernetes, fsGroup", {0440, root, user, true}, "", ""},
      {"Docker, default", {0444, root, user, true}, "", "every user who sees this mount"},
      {"a mount of a file with 0666",
       {0666, root, user, true},
       "",
       "every user who sees this mount"},
      {"Docker without root", {0400, 65534, user, true}, "", "belongs to user 65534"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const Judgement judged = judge_access(c.file, "/key");
    CAPTURE(judged.fault, judged.remark);
    CHECK(judged.fault.find(c.fault) != std::string::npos);
    CHECK(judged.fault.empty() == std::string_view(c.fault).empty());
    CHECK(judged.remark.find(c.remark) != std::string::npos);
    CHECK(judged.remark.empty() == std::string_view(c.remark).empty());
    if (c.file.read_only) CHECK(judged.remark.find("chmod") == std::string::npos);
  }
}

TEST_CASE("a key is read through the links of a volume, and again when they are turned") {
  const Scratch scratch;
  const std::string link = kubernetes_volume(scratch, 0440);
  auto place = api::parse_credential("file:" + link);
  REQUIRE(place.has_value());
  api::CredentialSource source(std::move(*place));
  REQUIRE(source.current().has_value());
  CHECK(source.reload_if_changed().value() == false);

  // A new folder beside the old one, and ..data turned to it by a rename: the link itself stays.
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(link).parent_path();
  fs::create_directories(folder / "..2027");
  scratch.write("secret/..2027/key", "sk-ant-admin01-the-next-one", 0440);
  fs::create_symlink("..2027", folder / "..tmp");
  fs::rename(folder / "..tmp", folder / "..data");
  CHECK(source.reload_if_changed().value() == true);
  CHECK(source.current().value()->size() == 27);
}

TEST_CASE("a link that leads nowhere, in a circle, or belongs to somebody else is refused") {
  namespace fs = std::filesystem;
  const Scratch scratch;
  fs::create_symlink("none", scratch.path("dangling"));
  CHECK(read_from(scratch.path("dangling")).text.find("none, which does not exist") !=
        std::string::npos);
  fs::create_symlink("circle", scratch.path("circle"));
  CHECK(read_from(scratch.path("circle")).text.find("leads in a circle") != std::string::npos);
  fs::create_symlink(".", scratch.path("folder"));
  CHECK(read_from(scratch.path("folder")).text.find("not a regular file") != std::string::npos);
  if (::geteuid() == 0) {
    const std::string file = scratch.write("key", std::string(canary));
    fs::create_symlink(file, scratch.path("theirs"));
    REQUIRE(::lchown(scratch.path("theirs").c_str(), 12345, 12345) == 0);
    const Trial trial = read_from(scratch.path("theirs"));
    CHECK_FALSE(trial.used);
    CHECK(trial.text.find("a link of another user (12345)") != std::string::npos);
  }
}

TEST_CASE("a secret mounted read-only is used whatever its mode, and a remark says who reads it") {
  const Scratch scratch;
  const std::string link = kubernetes_volume(scratch, 0444);
  CHECK_FALSE(read_from(link).used);  // as long as it can be changed
  const std::string folder = std::filesystem::path(link).parent_path().string();
  std::filesystem::permissions(std::filesystem::path(folder).parent_path(),
                               std::filesystem::perms(0755));
  const auto seen = in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
        ::mount(nullptr, folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return 77;
    const Trial root = read_from(link);
    if (!root.used || root.text.find("mode 0444") == std::string::npos) return 1;
    if (::setgid(4242) != 0 || ::setuid(4242) != 0) return 77;
    return read_from(link).used ? 0 : 2;
  });
  if (!seen) SKIP("this system lets no test mount anything");
  CHECK(*seen);
}

TEST_CASE("a user in the group of root's key file reads it, another is told whose it is") {
  const Scratch scratch;
  if (::geteuid() != 0) SKIP("only root can change users");
  const std::string file = scratch.write("key", std::string(canary), 0440);
  REQUIRE(::chown(file.c_str(), 0, 4242) == 0);
  std::filesystem::permissions(std::filesystem::path(file).parent_path(),
                               std::filesystem::perms::all);
  const auto as = [&](gid_t group, const std::function<bool(const Trial&)>& expected) {
    return in_child([&] {
      if (::setgid(group) != 0 || ::setuid(5252) != 0) return 1;
      return expected(read_from(file)) ? 0 : 2;
    });
  };
  CHECK(as(4242, [](const Trial& trial) { return trial.used && trial.text.empty(); }) == true);
  CHECK(as(4243, [](const Trial& trial) {
          return !trial.used &&
                 trial.text.find("the file belongs to user 0, group 4242, mode 0440") !=
                     std::string::npos;
        }) == true);
}

}  // namespace anthropic_metrics::net::test
