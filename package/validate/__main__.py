# SPDX-License-Identifier: Apache-2.0
"""`python3 package/validate <folder or zip> ...`: prints every finding, exits with 1 if there is one."""

import argparse
import pathlib
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from validate import load, rules  # noqa: E402 (the folder above this one has to be on the path first)


def main():
    parser = argparse.ArgumentParser(prog="validate", description="Checks Elastic integration packages of format 3.6.x.")
    parser.add_argument("package", nargs="+", type=pathlib.Path, help="a package's folder, source or built form, or its zip")
    failed = False
    for path in parser.parse_args().package:
        try:
            package, findings = load.from_path(path)
        except load.NoPackage as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        findings += rules.findings(package)
        for finding in findings:
            print(finding)
        print(f"{path}: {package.form} form, {len(package.files)} files, {len(findings)} findings")
        failed = failed or bool(findings)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
