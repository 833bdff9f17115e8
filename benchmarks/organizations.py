# SPDX-License-Identifier: Apache-2.0
"""Many organizations in one process of the host: what each costs in memory, threads, descriptors and time, with real TLS to a
simulator. Every input has its own data streams and state folder. The table goes to standard error, and each figure as a line of JSON
to standard output. Usage: organizations.py BINARY_DIR [--whole] [--counts 1,10,100] [--idle SECONDS] [--beside NAME=BINARY_DIR]."""

import json
import os
import pathlib
import resource
import ssl
import subprocess
import sys
import tempfile
import time

import measuring

INPUT = """  - type: anthropic_metrics
    id: o{number:03}
    admin_api_key: sk-ant-admin01-simulator
    url: {url}
    ssl.certificate_authorities: ["{authority}"]
    data_stream.namespace: o{number:03}
"""
LONGEST_START = 600


def policy(folder, count, said):
    head = f'outputs:\n  default: {{type: file, path: "{folder}/documents"}}\nagent.logging.level: debug\ninputs:\n'
    return head + "".join(INPUT.format(number=number, **said) for number in range(count))


def table_of(path):
    """A file of `Name: value kB` lines, as numbers."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) >= 2 and words[1].isdigit()}


def figures_of(pid):
    """What the kernel says of a process: memory in kB, threads, descriptors, wake-ups and CPU so far."""
    proc = pathlib.Path(f"/proc/{pid}")
    memory = table_of(proc / "smaps_rollup")
    tasks = [table_of(task / "status") for task in (proc / "task").iterdir()]
    stat = (proc / "stat").read_text().rsplit(")", 1)[1].split()
    return {
        "threads": len(tasks),
        "descriptors": len(os.listdir(proc / "fd")),
        "rss": memory["Rss"],
        "pss": memory["Pss"],
        "anonymous": memory["Anonymous"],
        "switches": sum(task["voluntary_ctxt_switches"] + task["nonvoluntary_ctxt_switches"] for task in tasks),
        "cpu": (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"),
    }


def moments(log, begin, said, seen):
    """Notes when an input first connected and first was told to be healthy; `seen` keeps what is known."""
    for line in log:
        entry = json.loads(line)
        name = entry.get("labels", {}).get("input", "")
        for kind, sign in said.items():
            if sign in entry["message"]:
                at = time.mktime(time.strptime(entry["@timestamp"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
                seen[kind].setdefault(name, at + float("0." + entry["@timestamp"][20:23]) - begin)


def limit_of_a_service():
    """The descriptors that a process may open at first on most systems."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def start(binaries, folder, count, said):
    """A host with so many inputs, and when the last of them had its first request and its first document."""
    folder.mkdir()
    (folder / "policy.yml").write_text(policy(folder, count, said), encoding="utf-8")
    log = (folder / "log.txt").open("w")
    begin = time.time()
    host = subprocess.Popen([binaries / "anthropic-metrics", "run", "-c", folder / "policy.yml", "--path.data", folder / "data"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, preexec_fn=limit_of_a_service)
    seen = {"request": {}, "healthy": {}}
    written = {}
    with (folder / "log.txt").open(encoding="utf-8") as lines:
        while len(seen["healthy"]) < count or len(written) < count:
            if host.poll() is not None or time.time() - begin > LONGEST_START:
                host.kill()
                measuring.fail(f"{len(seen['healthy'])} of {count} inputs became healthy, {len(written)} wrote; the log's end:\n"
                               + "\n".join((folder / "log.txt").read_text().splitlines()[-5:]))
            time.sleep(0.02)
            moments(lines, begin, {"request": "connected to", "healthy": "now healthy: every"}, seen)
            for file in (folder / "documents").glob("*.ndjson"):
                written.setdefault(file.stem.rsplit("-", 1)[1], file.stat().st_ctime - begin)
    return host, {"request": max(seen["request"].values()), "document": max(written.values()), "healthy": max(seen["healthy"].values())}


def quiet(pid):
    """Waits until the process uses hardly any CPU: history and the last documents are done."""
    while True:
        before = figures_of(pid)["cpu"]
        time.sleep(2)
        if figures_of(pid)["cpu"] - before <= 0.02:
            return


def run(binaries, scratch, name, count, said, idle):
    host, times = start(binaries, scratch / f"{name}-{count}", count, said)
    try:
        quiet(host.pid)
        before = figures_of(host.pid)
        time.sleep(idle)
        after = figures_of(host.pid)
        begin = time.monotonic()
        host.terminate()
        code = host.wait(30)
        if code != 0:
            measuring.fail(f"the host ended with {code}")
        return {**after, **times, "stop": time.monotonic() - begin, "switches": (after["switches"] - before["switches"]) / idle,
                "cpu": (after["cpu"] - before["cpu"]) / idle * 100, "start_cpu": before["cpu"]}
    finally:
        host.kill()


ROWS = [("threads", "threads", 1), ("descriptors", "descriptors", 1), ("RSS, MB", "rss", 1024), ("PSS, MB", "pss", 1024),
        ("anonymous memory, MB", "anonymous", 1024), ("start to last first request, s", "request", 1),
        ("start to last first document, s", "document", 1), ("start to last healthy, s", "healthy", 1),
        ("CPU until quiet, s", "start_cpu", 1), ("idle: context switches a second", "switches", 1),
        ("idle: CPU, %", "cpu", 1), ("stop, s", "stop", 1)]


def tell(name, counts, found):
    title = f"organizations in one process ({name})"
    print(f"\n{title:<50}" + "".join(f"{count:>10}" for count in counts) + f"{'each more':>12}", file=sys.stderr)
    for label, key, unit in ROWS:
        values = [found[count][key] / unit for count in counts]
        slope = f"{(values[-1] - values[0]) / (counts[-1] - counts[0]):>12.4f}" if len(counts) > 1 else ""
        print(f"{label:<50}" + "".join(f"{value:>10.2f}" for value in values) + slope, file=sys.stderr)


def hand_out(counts, found):
    """What the table of all benchmarks shows: the largest count, and what each organization beyond the first adds."""
    most, least = found[counts[-1]], found[counts[0]]
    more = max(1, counts[-1] - counts[0])
    measuring.figure("organizations_each", (most["anonymous"] - least["anonymous"]) / 1024 / more)
    measuring.figure("organizations_each_descriptors", (most["descriptors"] - least["descriptors"]) / more)
    measuring.figure("organizations_threads", most["threads"])
    measuring.figure("organizations_start", most["request"])
    measuring.figure("organizations_idle_cpu", most["cpu"])
    measuring.figure("organizations_stop", most["stop"])


def main():
    parser = measuring.parser(__doc__, "idling is watched for a minute")
    parser.add_argument("--counts", default="1,100")
    parser.add_argument("--idle", type=float, default=10, help="seconds that idling is watched")
    parser.add_argument("--beside", action="append", default=[], metavar="NAME=BINARY_DIR", help="another build, measured in turn")
    parser.add_argument("--bundle", action="store_true", help="trust the system's authorities as well, by a file")
    asked = parser.parse_args()
    idle = 60 if asked.whole else asked.idle
    counts = sorted(int(count) for count in asked.counts.split(","))
    builds = {"this build": asked.build, **{name: pathlib.Path(path) for name, path in (one.split("=", 1) for one in asked.beside)}}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # of the simulator
    with tempfile.TemporaryDirectory(prefix="am-bench-") as scratch:
        scratch = pathlib.Path(scratch)
        simulator = subprocess.Popen(
            [asked.build.resolve() / "bin/anthropic-metrics-simulator", "serve", "--port", "0", "--speed", "1", "--exit-with-stdin",
             "--certificates", scratch], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        answer = json.loads(simulator.stdout.readline())
        authority = pathlib.Path(answer["certificate_authority"])
        if asked.bundle:
            both = scratch / "authorities.pem"
            both.write_text(authority.read_text() + pathlib.Path(ssl.get_default_verify_paths().cafile).read_text())
            authority = both
        said = {"url": answer["url"], "authority": authority}
        found = {name: {} for name in builds}
        try:
            for count in counts:
                for name, folder in builds.items():
                    found[name][count] = run(folder.resolve() / "bin", scratch, name.replace(" ", "_"), count, said, idle)
        finally:
            simulator.stdin.close()
            simulator.wait()
    for name, figures in found.items():
        tell(name, counts, figures)
    hand_out(counts, found["this build"])


main()
