# SPDX-License-Identifier: Apache-2.0
"""Parser, analyser and verifier of ES|QL 9.4, which know the head of our queries: Analyser().ask(query, fields).

They run in one Java for as long as this process lives. The computing part of 9.4 is not published; no query runs here.
"""

import functools
import json
import pathlib
import subprocess
import tempfile
import zipfile

import fleet
import java
import tree

NUMBERS = ("Long", "Int", "Float", "Double")
# What 9.4 names of its computing part and 8.19 does not have: {class below org.elasticsearch.compute: its source}.
NAMED = {
    "operator.WarningSourceLocation": "public interface WarningSourceLocation {}",
    "expression.ExpressionEvaluator": "public interface ExpressionEvaluator { interface Factory {} }",
} | {
    f"aggregation.Top{by}{of}AggregatorFunctionSupplier":
        f"public abstract class Top{by}{of}AggregatorFunctionSupplier implements AggregatorFunctionSupplier "
        f"{{ public Top{by}{of}AggregatorFunctionSupplier(int limit, boolean ascending) {{}} }}"
    for by in NUMBERS for of in NUMBERS}
STREAMS = fleet.installed.STREAMS


@functools.lru_cache(maxsize=None)
def fields(*streams):
    """{dotted name: type} of what the indices of these streams map."""
    named = tree.declared_fields("base", *streams) if streams else {}
    return {name: "keyword" if field["type"] == "constant_keyword" else field["type"] for name, field in named.items()}


class Analyser:
    def __init__(self):
        libraries, home = java.artefacts("analyser"), java.home(least=21, program="javac")
        self.scratch = tempfile.TemporaryDirectory(prefix="analyser-")
        folder = pathlib.Path(self.scratch.name)
        (packed,) = libraries.glob("*.zip")
        with zipfile.ZipFile(packed) as files:
            for name in files.namelist():
                if name.endswith(".jar") and pathlib.Path(name).parts[1:-1] in (("lib",), ("modules", "x-pack-core")):
                    (folder / pathlib.Path(name).name).write_bytes(files.read(name))
        sources = [pathlib.Path(__file__).with_name("Analyser.java")]
        for name, text in NAMED.items():
            package, _, short = f"org.elasticsearch.compute.{name}".rpartition(".")
            sources.append(folder / f"{short}.java")
            sources[-1].write_text(f"package {package};\n{text}\n", encoding="utf-8")
        # 9.4's own before those that stand for it.
        path = ":".join([str(folder), *map(str, sorted(folder.glob("*.jar"))),
                         *map(str, sorted(libraries.glob("*.jar"), key=lambda jar: "8.19" in jar.name))])
        compiled = subprocess.run([home / "bin" / "javac", "-nowarn", "-cp", path, "-d", folder, *sources], capture_output=True, text=True)
        if compiled.returncode:
            raise AssertionError(f"Analyser.java: {compiled.stderr}")
        self.log = (folder / "log.txt").open("w+", encoding="utf-8")
        self.process = subprocess.Popen([home / "bin" / "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", path, "Analyser"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, encoding="utf-8")

    def ask(self, query, streams=STREAMS, params=None, time_zone="UTC"):
        """{"columns", "unmapped_fields", "time_zones"} or {"error"}; time_zone is what Kibana sends, streams are those
        whose indices exist."""
        asked = {"query": query, "params": params or {}, "fields": fields(*sorted(streams)), "time_zone": time_zone}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.log.seek(0)
            raise AssertionError(f"the analyser ended: {self.log.read()[-2000:]}")
        return json.loads(answer)
