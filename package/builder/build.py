# SPDX-License-Identifier: Apache-2.0
"""Builds the Elastic package from the tree and the library's description of itself.

    python3 package/builder/build.py --description FILE --output build/packages

writes below the output folder
    source/<name>/             the source form, as Elastic's tools read it
    <name>/<version>/          the built form, as a package registry serves it
    <name>-<version>.zip       the same as a zip, to upload in Kibana
and one zip for OpenSearch. Whatever is missing stops the build with its name.
"""

import argparse
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "package"))  # the validator stands beside the builder

import archive
import description as described
import parts
import saved_objects
from fault import PackageFault
from sources import load_yaml
from validate import load, rules


def source_form(root, description):
    """{path: bytes} of the package as people and Elastic's tools read it."""
    out = {}
    for name in parts.SOURCE:
        for path, content in parts.made(name, root, description).items():
            if path in out:
                raise PackageFault(f"{path}: made by two parts, the second is package/builder/{name}.py; let one make it")
            out[path] = content
    return dict(sorted(out.items()))


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


def build(root, description, output):
    """Writes all forms; returns the paths of the zips."""
    source = source_form(root, description)
    opensearch = parts.made(parts.OPENSEARCH, root, description)
    manifest = load_yaml(root, "manifest.yml", "restore it")
    name, version = manifest["name"], manifest["version"]
    built = built_form(source)
    write(output / "source" / name, source)
    shutil.rmtree(output / name, ignore_errors=True)
    write(output / name / version, built)
    zips = {output / f"{name}-{version}.zip": archive.zipped(built, f"{name}-{version}")}
    if opensearch:
        top = f"{name}-opensearch-{version}"
        zips[output / f"{top}.zip"] = archive.zipped(opensearch, top)
    for path, content in zips.items():
        path.write_bytes(content)
    return list(zips)


def findings(zips, output):
    """What our validator has against the source form and the zip; Kibana and Elastic's tools would say it later."""
    package = next(path for path in zips if "-opensearch-" not in path.name)
    for path in (output / "source" / package.name.rpartition("-")[0], package):
        made, found = load.from_path(path)
        yield from (f"{path.name}: {finding}" for finding in found + rules.findings(made))


def main(arguments):
    parser = argparse.ArgumentParser(description="Builds the Elastic package from the tree.")
    parser.add_argument("--description", type=pathlib.Path, required=True, metavar="FILE",
                        help="what 'anthropic-metrics export description' printed")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "packages", metavar="DIR",
                        help="where to write (default: build/packages)")
    given = parser.parse_args(arguments)
    try:
        zips = build(ROOT, described.load(given.description), given.output)
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
