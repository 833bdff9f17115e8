# SPDX-License-Identifier: Apache-2.0
"""Kubernetes' own tools on deploy/kubernetes: kustomize builds it, and kubectl-validate holds what comes out against the schemas of
the API, which it brings along.

    run.py           with the tools that are in build/tools; skipped with the reason where they are not
    run.py --build   builds them first, through Go's module proxy, in the versions that go.mod and go.sum pin: minutes

They are used, not shipped.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TOOLS = {"kustomize": "sigs.k8s.io/kustomize/kustomize/v5", "validate": "sigs.k8s.io/kubectl-validate"}
SKIPPED = 77
UNAVAILABLE = ("dial tcp", "no such host", "i/o timeout", "connection refused", "TLS handshake", "Forbidden", "Not Found",
               "requires go >=", "toolchain not available", "GOPROXY=off", "module lookup disabled", "x509:",
               "network is unreachable", "Service Unavailable", "Bad Gateway")
KINDS = ["ConfigMap", "Namespace", "NetworkPolicy", "Service", "ServiceAccount", "StatefulSet"]


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def program(name):
    return ROOT / "build" / "tools" / f"kubernetes-{name}"


def build(name):
    go = shutil.which("go")
    if go is None:
        skip("go is not installed")
    program(name).parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([go, "build", "-p", "2", "-trimpath", "-ldflags=-s", "-o", str(program(name)), TOOLS[name]], cwd=HERE / name,
                          capture_output=True, text=True, timeout=3000, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        if any(reason in done.stderr for reason in UNAVAILABLE) and "SECURITY ERROR" not in done.stderr:
            skip(f"go cannot get the modules here: {done.stderr.strip().splitlines()[-1][:200]}")
        sys.exit(f"go build failed: {done.stderr}; correct go.mod or go.sum in {HERE / name}")


def built():
    """What kustomize makes of deploy/kubernetes."""
    done = subprocess.run([program("kustomize"), "build", ROOT / "deploy" / "kubernetes"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"kustomize: {done.stderr.strip()}; correct deploy/kubernetes")
    kinds = sorted(one["kind"] for one in yaml.safe_load_all(done.stdout))
    if kinds != KINDS:
        sys.exit(f"kustomize makes {kinds} of deploy/kubernetes, not {KINDS}; see its resources")
    return done.stdout


def faults(text):
    """What kubectl-validate has against the manifests."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "all.yaml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([program("validate"), file], capture_output=True, text=True, timeout=300)
    return (done.stdout + done.stderr).strip() if done.returncode != 0 else ""


def main():
    if sys.argv[1:] == ["--build"]:
        for name in TOOLS:
            build(name)
    missing = [name for name in TOOLS if not program(name).exists()]
    if missing:
        skip(f"{' and '.join(missing)} are not built; make lint-kubernetes builds them")
    text = built()
    if not faults(text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: perhaps")):
        sys.exit("kubectl-validate finds nothing wrong with a boolean that is none; see run.py")
    found = faults(text)
    if found:
        sys.exit(f"kubectl-validate: {found}; correct deploy/kubernetes")
    print(f"{len(KINDS)} manifests, nothing to say about them")


if __name__ == "__main__":
    main()
