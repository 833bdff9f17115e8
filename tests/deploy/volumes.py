# SPDX-License-Identifier: Apache-2.0
"""Volumes of Secrets and ConfigMaps as Kubernetes lays them out: names lead through ..data into a folder of one moment, and
an update turns ..data."""

import os
import pathlib
import shutil


class Projected:
    """A folder that is updated all at once. group, mode: of the files, as fsGroup and defaultMode of a pod say."""

    def __init__(self, path, group=0, mode=0o644):
        self.path, self.group, self.mode, self.moment = pathlib.Path(path), group, mode, 0
        self.path.mkdir()
        os.chown(self.path, 0, group)
        self.path.chmod(0o3777)

    def write(self, files):
        """From now on exactly these files, {name: text}, are there."""
        former = os.readlink(self.path / "..data") if self.moment else None
        self.moment += 1
        content = self.path / f"..2026_11_29_00_00_00.{self.moment:09}"
        content.mkdir()
        os.chown(content, 0, self.group)
        content.chmod(0o2755)
        for name, text in files.items():
            (content / name).write_text(text, encoding="utf-8")
            os.chown(content / name, 0, self.group)
            (content / name).chmod(self.mode)
        (self.path / "..data_tmp").symlink_to(content.name)
        os.rename(self.path / "..data_tmp", self.path / "..data")
        for name in files:
            if not (self.path / name).is_symlink():
                (self.path / name).symlink_to(f"..data/{name}")
        for path in self.path.iterdir():
            if not path.name.startswith("..") and path.name not in files:
                path.unlink()
        if former:
            shutil.rmtree(self.path / former)
