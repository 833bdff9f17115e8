# SPDX-License-Identifier: Apache-2.0
"""Of what commit a tree is, and the source archive of that commit. A tree that came out of such an archive knows it, too."""

import gzip
import io
import pathlib
import re
import subprocess
import tarfile

from release_fault import ReleaseFault, said_by

NAME = "anthropic_metrics"


class Origin:
    """root: a clone, or what a source archive unpacked to."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.version = re.search(r"^version: (\S+)$", (self.root / "manifest.yml").read_text(encoding="utf-8"), re.MULTILINE)[1]
        self.cloned = (self.root / ".git").exists()
        if self.cloned:
            self.commit = self.git("rev-parse", "HEAD").strip()
            self.time = int(self.git("log", "-1", "--format=%ct"))
        else:
            said = dict(line.split(" ", 1) for line in (self.root / "packaging/release/source").read_text(encoding="ascii").splitlines()
                        if line[:1] not in "#")
            if "$" in said["commit"]:
                raise ReleaseFault(f"{self.root}: this is neither a clone nor made of a source archive, so nobody knows what it is; "
                                   "take one of the two")
            self.commit, self.time = said["commit"], int(said["time"])

    @property
    def top(self):
        return f"{NAME}-{self.version}"

    def git(self, *words):
        return said_by(["git", "-C", self.root, *words])

    def require_clean(self):
        changed = self.git("status", "--porcelain").splitlines() if self.cloned else []
        if changed:
            raise ReleaseFault(f"{len(changed)} files are not as in commit {self.commit[:12]}, the first is {changed[0][3:]}: commit them or "
                               "put them aside, since a release is made of a commit alone")

    def archive(self):
        """The octets of the source archive: the same for the same commit, whoever makes it."""
        if not self.cloned:
            return packed(self.root, self.top, self.time)
        done = subprocess.run(["git", "-C", str(self.root), "-c", "tar.umask=0022", "archive", "--format=tar", f"--prefix={self.top}/", "HEAD"],
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise ReleaseFault(f"git archive failed: {done.stderr.decode().strip()}; mend the clone")
        return repacked(done.stdout, self.time)


def repacked(octets, when):
    """The tar with nothing of git's own in it, compressed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(octets)) as found, tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as made:
        for entry in sorted(found.getmembers(), key=lambda one: one.name):
            add(made, entry.name, 0o755 if entry.mode & 0o100 else 0o644, when, link=entry.linkname if entry.issym() else None,
                content=found.extractfile(entry).read() if entry.isfile() else None)
    return gzip.compress(out.getvalue(), 9, mtime=0)


def packed(root, top, when):
    """The same of a tree that such an archive was unpacked to."""
    out = io.BytesIO()
    paths = [path for path in sorted(root.rglob("*"), key=lambda one: one.relative_to(root).as_posix())
             if path.relative_to(root).parts[0] not in ("build", ".cache") and "__pycache__" not in path.parts]
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as made:
        add(made, top, 0o755, when)
        for path in paths:
            name = f"{top}/{path.relative_to(root).as_posix()}"
            link = str(path.readlink()) if path.is_symlink() else None
            content = path.read_bytes() if path.is_file() and link is None else None
            add(made, name, 0o755 if path.stat().st_mode & 0o100 else 0o644, when, link, content)
    return gzip.compress(out.getvalue(), 9, mtime=0)


def add(made, name, mode, when, link=None, content=None):
    entry = tarfile.TarInfo(name.rstrip("/"))
    entry.mode, entry.mtime = mode, when
    if link is not None:
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, link, 0o777
    elif content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    else:
        entry.size = len(content)
    made.addfile(entry, io.BytesIO(content) if content is not None else None)
