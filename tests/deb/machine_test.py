# SPDX-License-Identifier: Apache-2.0
"""The Debian package on a machine with systemd: installed, started, upgraded, removed, purged; and what it says when something
is missing. AM_MACHINE_ROOT: the root to lie over, / if not given; AM_MACHINE_NETWORK=yes lets apt fetch what the package needs.
"""

import contextlib
import datetime
import json
import os
import re
import shutil
import socket
import tempfile
import unittest

import debian
import machine
import searched
import tree

SERVICE, USER = "anthropic-metrics", "anthropic-metrics"
POLICY, KEY_FILE = "/etc/anthropic-metrics/anthropic-metrics.yml", "/etc/anthropic-metrics/anthropic-admin-key"
STATE = "/var/lib/anthropic-metrics"
SIMULATOR = tree.BINARY_DIR / "bin" / "anthropic-metrics-simulator"
NETWORK = os.environ.get("AM_MACHINE_NETWORK") == "yes"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Installed:
    """A machine with the package on it, an organization beside it, and the policy of an operator."""

    def __init__(self):
        self.machine = machine.Machine(os.environ.get("AM_MACHINE_ROOT", "/"), network=NETWORK)
        self.api, self.endpoint = free_port(), free_port()
        self.deb = debian.built()

    def __enter__(self):
        try:
            self.machine.__enter__()
        except machine.NotHere as reason:
            raise unittest.SkipTest(str(reason)) from None
        self.run, self.shell = self.machine.run, self.machine.shell
        self.run("rm", "-f", "/usr/sbin/policy-rc.d")  # images forbid packages to start anything; machines do not
        return self

    def __exit__(self, *what):
        self.machine.__exit__()

    def install(self, deb=None, check=True):
        """What the package manager said."""
        self.machine.put(deb or self.deb, "/srv/package.deb")
        if NETWORK:
            return self.run("apt-get", "install", "-y", "--no-install-recommends", "--allow-downgrades", "/srv/package.deb",
                            check=check)
        return self.run("dpkg", "--install", "/srv/package.deb", check=check)

    def organization(self):
        self.machine.put(SIMULATOR, "/usr/local/bin/simulator")
        self.run("systemd-run", "--unit=simulator", "--description=an organization", "/usr/local/bin/simulator", "serve", "--plain", "--speed", "0", "--groups", "3",
                 "--port", self.api, "--admin-key", searched.CANARY)

    def set_policy(self, output=f"{STATE}/documents"):
        self.run("tee", POLICY, text=f"""# written by an operator
outputs:
  default: {{type: file, path: {output}}}
inputs:
  - id: my-organization
    type: anthropic_metrics
    admin_api_key: "systemd:anthropic-admin-key"
    url: http://127.0.0.1:{self.api}
    streams:
      - {{data_stream.dataset: anthropic_metrics.usage, initial_interval: 24h, settle: 0s}}
      - {{data_stream.dataset: anthropic_metrics.rate_limit}}
http: {{enabled: true, port: {self.endpoint}}}
""")

    def set_key(self):
        self.run("install", "-m", "600", "/dev/stdin", KEY_FILE, text=searched.CANARY + "\n")

    def as_service(self, *words):
        """A command beside the service, as docs/operations.md says."""
        credential = f"LoadCredential=anthropic-admin-key:{KEY_FILE}"
        return self.run("systemd-run", "--pipe", "--wait", "--collect", "-p", f"User={USER}", "-p", f"StateDirectory={USER}", "-p", credential,
                        SERVICE, *words, "-c", POLICY, check=False)

    def state(self):
        return self.machine.property(SERVICE, "ActiveState")

    def pid(self):
        return self.machine.property(SERVICE, "MainPID")

    def journal(self):
        return self.run("journalctl", "-u", SERVICE, "--no-pager", "-o", "cat").stdout

    def documents(self):
        """Ids of the documents of usage."""
        text = self.shell(f"cat {STATE}/documents/metrics-anthropic_metrics.usage-default.ndjson", check=False).stdout
        return [json.loads(line)["event"]["id"] for line in text.splitlines() if line.startswith("{")]

    def day_before_history(self):
        """A day that the service has not collected."""
        text = self.shell(f"cat {STATE}/documents/metrics-anthropic_metrics.usage-default.ndjson").stdout
        oldest = min(json.loads(line)["@timestamp"] for line in text.splitlines())
        return (datetime.date.fromisoformat(oldest[:10]) - datetime.timedelta(days=1)).isoformat()

    def is_healthy(self):
        said = self.run(SERVICE, "status", "-c", POLICY, check=False)
        return said.returncode == 0 and "\nhealthy" in said.stdout

    def wait(self, condition, what):
        try:
            self.machine.wait(condition, what)
        except AssertionError as error:
            status = self.run("systemctl", "status", "--no-pager", SERVICE, check=False).stdout
            raise AssertionError(f"{error}\n{status}\n{self.journal()[-3000:]}") from None

    def runs(self):
        self.wait(lambda: self.state() == "active" and self.is_healthy() and self.documents(), "a healthy service with documents")


class Machine(unittest.TestCase):
    maxDiff = None

    @contextlib.contextmanager
    def installed(self):
        with Installed() as there:
            there.install()
            there.organization()
            there.set_policy()
            yield there
            self.assertNotIn(searched.CANARY, there.run("journalctl", "--no-pager").stdout)

    def test_installed_started_upgraded_removed_purged(self):
        with Installed() as there, tempfile.TemporaryDirectory() as folder:
            before = there.machine.changed()
            there.install()
            self.assertEqual(there.run("getent", "passwd", USER).stdout.split(":")[5:], [STATE, "/usr/sbin/nologin\n"])
            self.assertEqual(there.state(), "inactive")
            self.assertEqual(there.run("systemctl", "is-enabled", SERVICE, check=False).stdout.strip(), "disabled")
            self.assertIn("anthropic-metrics", there.run(SERVICE, "version").stdout)

            there.organization()
            there.set_policy()
            there.set_key()
            there.run("systemctl", "enable", "--now", SERVICE)
            there.runs()
            self.is_confined(there)

            there.run("systemctl", "reload", SERVICE)
            there.wait(lambda: "policy reloaded" in there.journal(), "the reload")

            first, ids = there.pid(), there.documents()
            newer = debian.remade(there.deb, folder, debian.with_field("Version", lambda version: version + ".1"))
            there.install(newer)
            self.assertEqual(there.run("dpkg-query", "-W", "-f", "${Version}", SERVICE).stdout, debian.field(newer, "Version"))
            there.wait(lambda: there.pid() not in ("0", first), "the service to run as the newer version")
            there.runs()
            self.assertIn("written by an operator", there.run("cat", POLICY).stdout)
            self.assertEqual(sorted(there.documents()), sorted(set(ids)), "the newer version sends what the former one had sent")

            there.run("systemctl", "restart", SERVICE)  # a state that the newer version has written, too
            there.runs()
            there.run("dpkg", "--remove", SERVICE)
            self.assertIn(there.state(), ("inactive", "failed"))
            there.run("test", "-e", f"{STATE}/state")
            there.run("test", "-e", POLICY)

            there.run("dpkg", "--purge", SERVICE)
            if NETWORK:
                there.run("apt-get", "autoremove", "--purge", "-y")  # what it depended on
            left = set(there.machine.changed()) - {*before, "/usr/local/bin/simulator", "/srv/package.deb"}
            self.assertEqual(left, set())
            self.assertEqual(there.run("getent", "passwd", USER, check=False).stdout, "")
            self.assertEqual(there.run("getent", "group", USER, check=False).stdout, "")
            self.assertEqual(there.shell(f"find /etc/systemd /var/lib/private -name '*{SERVICE}*'", check=False).stdout, "")
            self.assertNotIn(searched.CANARY, there.run("journalctl", "--no-pager").stdout)

    def is_confined(self, there):
        """The running process is what the unit says."""
        pid = there.pid()
        status = there.run("cat", f"/proc/{pid}/status").stdout
        user = there.run("id", "-u", USER).stdout.strip()
        self.assertRegex(status, rf"(?m)^Uid:\t{user}\t{user}\t{user}\t{user}$")
        self.assertRegex(status, r"(?m)^CapBnd:\t0{16}$")
        self.assertRegex(status, r"(?m)^NoNewPrivs:\t1$")
        self.assertRegex(status, r"(?m)^Seccomp:\t2$")
        self.assertRegex(there.run("cat", f"/proc/{pid}/limits").stdout, r"(?m)^Max core file size +0 +0 ")
        exposure = there.run("systemd-analyze", "security", "--no-pager", SERVICE, check=False).stdout
        self.assertLessEqual(float(re.search(r"exposure level for \S+: ([0-9.]+)", exposure)[1]), 2.0)
        self.assertEqual(there.run("stat", "-c", "%a %U", STATE).stdout.strip(), f"700 {USER}")

    def test_a_key_that_is_not_there_yet_is_waited_for(self):
        with self.installed() as there:
            there.run("systemctl", "start", SERVICE, check=False)
            there.wait(lambda: "credentials" in there.run("systemctl", "status", "--no-pager", SERVICE, check=False).stdout.lower(),
                       "the journal to say that a credential is missing")
            self.assertEqual(there.state(), "activating")
            there.set_key()
            there.runs()

    def test_a_dynamic_user_serves_as_well(self):
        with self.installed() as there:
            there.set_key()
            there.run("mkdir", "-p", f"/etc/systemd/system/{SERVICE}.service.d")
            there.run("tee", f"/etc/systemd/system/{SERVICE}.service.d/user.conf", text="[Service]\nUser=claude\nDynamicUser=yes\n")
            there.run("systemctl", "daemon-reload")
            there.run("systemctl", "start", SERVICE)
            there.runs()
            owner = there.run("stat", "-c", "%u", f"{STATE}/state").stdout.strip()
            self.assertRegex(there.run("cat", f"/proc/{there.pid()}/status").stdout, rf"(?m)^Uid:\t{owner}\t")
            self.assertIn(int(owner), range(61184, 65520))  # those of dynamic users; a minimal system cannot name them
            there.run("systemctl", "restart", SERVICE)
            there.runs()
            self.assertEqual(len(there.documents()), len(set(there.documents())))
            there.run("dpkg", "--purge", SERVICE)
            self.assertEqual(there.shell("ls -d /var/lib/*anthropic* /var/lib/private/*anthropic*", check=False).stdout.count("No such"), 2)

    def test_a_second_host_on_the_state_of_the_service_is_refused(self):
        with self.installed() as there:
            there.set_key()
            there.run("systemctl", "start", SERVICE)
            there.runs()
            for word in (["run", "--once"], ["backfill", "--from", "2026-10-01"]):
                done = there.as_service(*word, "-E", "http.enabled=false")
                self.assertEqual(done.returncode, 73, done.stdout)
                self.assertIn("is in use by another instance; two must never share one: stop the other", done.stdout)
            self.assertEqual(there.state(), "active")

            there.run("systemctl", "stop", SERVICE)
            done = there.as_service("backfill", "--from", there.day_before_history(), "-E", "http.enabled=false")
            self.assertEqual(done.returncode, 0, done.stdout)
            there.run("systemctl", "start", SERVICE)
            there.runs()

    def test_another_distribution_is_told_as_such(self):
        with Installed() as there, tempfile.TemporaryDirectory() as folder:
            there.shell(r"rm /etc/os-release; printf 'NAME=Elsewhere\nVERSION_ID=7\nID=elsewhere\n' >/etc/os-release")
            lacking = debian.remade(there.deb, folder, debian.with_field("Depends", lambda all: all + ", libnowhere9 (>= 9.1)"))
            there.machine.put(lacking, "/srv/package.deb")
            done = there.run("dpkg", "--install", "/srv/package.deb", check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"anthropic-metrics: this package was built for \S.*, and this system is Elsewhere 7: if "
                                          r"libraries are missing below, take the package that was built for Elsewhere 7\n")
            self.assertRegex(done.stdout, r"depends on libnowhere9")
            there.run("dpkg", "--purge", SERVICE)


    def test_the_package_of_another_distribution_is_told_as_such(self):
        foreign = [deb for deb in os.environ.get("AM_FOREIGN_DEBS", "").split(":") if deb]
        if not foreign:
            self.skipTest("AM_FOREIGN_DEBS names no package of another distribution; make deb-test does")
        with Installed() as there:
            for deb in foreign:
                there.machine.put(deb, "/srv/package.deb")
                done = there.run("dpkg", "--install", "/srv/package.deb", check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stdout, r"anthropic-metrics: this package was built for Debian GNU/Linux 1\d, and this system is Debian GNU/Linux 1\d")
                self.assertRegex(done.stdout, r"anthropic-metrics depends on lib\S+.*; however:\n  Package lib\S+ is not installed")
                program = there.run(SERVICE, "version", check=False)
                self.assertEqual(program.returncode, 127)
                self.assertRegex(program.stdout, r"error while loading shared libraries: lib\S+: cannot open shared object file")
                there.run("dpkg", "--purge", SERVICE)

    def test_logrotate_is_not_needed_and_harms_nothing(self):
        with self.installed() as there:
            if there.shell("command -v logrotate", check=False).returncode:
                self.skipTest("logrotate is not installed")
            there.set_key()
            there.run("systemctl", "start", SERVICE)
            there.runs()
            ids = there.documents()
            there.run("tee", "/srv/rotate", text=f"{STATE}/documents/*.ndjson {{\n su {USER} {USER}\n rotate 3\n nocreate\n postrotate\n"
                                                  f"  systemctl reload {SERVICE}\n endscript\n}}\n")
            there.run("logrotate", "--force", "/srv/rotate")
            there.wait(lambda: "policy reloaded" in there.journal(), "the reload")
            there.run("systemctl", "restart", SERVICE)
            there.wait(lambda: there.state() == "active" and there.is_healthy(), "a healthy service")
            text = there.shell(f"cat {STATE}/documents/metrics-anthropic_metrics.usage-default.ndjson*").stdout
            self.assertEqual(sorted(json.loads(line)["event"]["id"] for line in text.splitlines()), sorted(ids))


if __name__ == "__main__":
    if not shutil.which("dpkg-deb"):
        print("skipped: dpkg is not installed")
    else:
        unittest.main()
