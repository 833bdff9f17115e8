# SPDX-License-Identifier: Apache-2.0
"""A scratch folder for tests that run programs with a key: searched for that key before it goes."""
import contextlib
import os
import pathlib
import shutil
import tempfile

import search_artefacts

CANARY = "sk-ant-admin01-" + search_artefacts.CORE.decode()


@contextlib.contextmanager
def folder(inputs=(), key=search_artefacts.CORE):
    """The path. inputs: names of files that a test writes with the key in them; they are no artefacts.

    Ends in an AssertionError that names each place where the key stands, unless the test fails anyway. The folder is below
    AM_ARTEFACTS if there is one, so that a run that breaks off leaves it to the search at the end.
    """
    kept = os.environ.get("AM_ARTEFACTS")
    below = pathlib.Path(kept) / "tmp" if kept else None
    if below:
        below.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix="am-searched-", dir=below))
    try:
        yield path
        for name in inputs:
            (path / name).unlink(missing_ok=True)
        findings, files, _ = search_artefacts.search([path], key)
        if not files:
            findings.append(f"{path}: there is nothing in it to search; say what the test leaves there")
        if findings:
            raise AssertionError("\n".join(findings))
    finally:
        shutil.rmtree(path, ignore_errors=True)
