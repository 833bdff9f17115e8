# SPDX-License-Identifier: Apache-2.0
"""Builds the Elastic package from the tree and the library's description of itself.

    python3 package/builder/build.py --description FILE --output build/packages [--name NAME]...

writes below the output folder
    source/<name>/             the source form, as Elastic's tools read it
    <name>/<version>/          the built form, as a package registry serves it
    <name>-<version>.zip       the same as a zip, to upload in Kibana
of each name, and one zip for OpenSearch of the first. Whatever is missing stops the build with its name.
"""

import argparse
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "package"))  # the validator stands beside the builder

import archive
import description as described
import naming
import parts
import saved_objects
from fault import PackageFault
from sources import load_yaml
from validate import load, rules


def source_form(root, description):
    """{path: bytes} of the package as people and Elastic's tools read it, with the name's place where the name belongs."""
    out = {}
    for part in parts.SOURCE:
        for path, content in parts.made(part, root, description).items():
            if path in out:
                raise PackageFault(f"{path}: made by two parts, the second is package/builder/{part}.py; let one make it")
            out[path] = content
    return out


def built_form(source):
    """What is installed: without what is for developers, saved objects as Kibana reads them."""
    out = {}
    for path, content in source.items():
        if "_dev" in path.split("/"):
            continue
        saved = path.startswith("kibana/") and path.endswith(".json")
        out[path] = saved_objects.encoded(content) if saved else content
    return out


def write(folder, files):
    """The folder with exactly these files."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def build(root, description, output, names=()):
    """Writes all forms of the packages of these names, or of those that we offer; returns the paths of the zips."""
    names = names or naming.offered(root)
    made = source_form(root, description)
    sources = {name: dict(sorted(naming.named(made, name).items())) for name in names}
    opensearch = naming.named(parts.made(parts.OPENSEARCH, root, description), names[0])
    version = load_yaml(root, "manifest.yml", "restore it")["version"]
    zips = {}
    for name, source in sources.items():
        built = built_form(source)
        write(output / "source" / name, source)
        shutil.rmtree(output / name, ignore_errors=True)
        write(output / name / version, built)
        zips[output / f"{name}-{version}.zip"] = archive.zipped(built, f"{name}-{version}")
    if opensearch:
        top = f"{names[0]}-opensearch-{version}"
        zips[output / f"{top}.zip"] = archive.zipped(opensearch, top)
    for path, content in zips.items():
        path.write_bytes(content)
    return list(zips)


def findings(zips, output):
    """What our validator has against source forms and zips; Kibana and Elastic's tools would say it later."""
    for package in (path for path in zips if "-opensearch-" not in path.name):
        for path in (output / "source" / package.name.rpartition("-")[0], package):
            made, found = load.from_path(path)
            yield from (f"{path.name}: {finding}" for finding in found + rules.findings(made))


def main(arguments):
    parser = argparse.ArgumentParser(description="Builds the Elastic package from the tree.")
    parser.add_argument("--description", type=pathlib.Path, required=True, metavar="FILE",
                        help="what 'anthropic-metrics export description' printed")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "packages", metavar="DIR",
                        help="where to write (default: build/packages)")
    parser.add_argument("--name", action="append", default=[], metavar="NAME",
                        help="a package and data sets of this name, may be repeated (default: one named as manifest.yml says and "
                             f"{naming.OWN})")
    given = parser.parse_args(arguments)
    try:
        zips = build(ROOT, described.load(given.description), given.output, [naming.checked(name) for name in given.name])
        for path in zips:
            print(f"{path}  {path.stat().st_size} bytes")
        if wrong := list(findings(zips, given.output)):
            raise PackageFault("the package was built and is not valid:\n" + "\n".join(wrong))
    except PackageFault as fault:
        print(f"package: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
