# SPDX-License-Identifier: Apache-2.0
"""The package's variables are the library's settings: all of them, with their types, bounds, choices and defaults."""

import fnmatch
import pathlib
import re
import unittest

import yaml

import tree


import component
import filestream
import manifests
import templates
import variables

SECONDS = {"h": 3600, "m": 60, "s": 1}


def seconds(duration):
    found = re.findall(r"(\d+)([hms])", duration)
    return sum(int(number) * SECONDS[unit] for number, unit in found)


class Variables(tree.TreeTest):
    def setUp(self):
        self.description = tree.description()
        self.settings = self.description["configuration"]["properties"]
        self.made = {path: yaml.safe_load(content)
                     for path, content in tree.named(manifests.files(tree.ROOT, self.description)).items()}

    def inputs(self, tile="elastic_agent"):
        tiles = {template["name"]: template["inputs"] for template in self.made["manifest.yml"]["policy_templates"]}
        return {entry["type"]: entry for entry in tiles[tile]}

    def library_variables(self):
        """Those of the input anthropic_metrics that are not the component's own."""
        own = {variable["name"] for variable in component.of_input()}
        return [variable for variable in self.inputs()["anthropic_metrics"]["vars"] if variable["name"] not in own]

    def streams(self, kind):
        for path, manifest in self.made.items():
            if path.startswith("data_stream/"):
                yield pathlib.PurePath(path).parts[1], next(s for s in manifest["streams"] if s["input"] == kind)

    def every_variable(self):
        """(where, settings of the library that it comes from, variable) of the input anthropic_metrics."""
        for variable in self.library_variables():
            yield "input", self.settings, variable
        for name, stream in self.streams("anthropic_metrics"):
            for variable in stream["vars"]:
                yield name, self.settings["streams"]["properties"][name]["properties"], variable

    def test_every_setting_is_a_variable_or_left_out_for_a_reason(self):
        findings = []

        def compare(where, settings, made, left_out):
            findings.extend(f"{where}: the library has the setting '{name}', the package neither has a variable of that name "
                            "nor a reason in package/builder/variables.py; give one"
                            for name in settings if name not in made and not left_out.get(name))
            findings.extend(f"{where}: '{name}' is a variable and also left out; decide" for name in made if name in left_out)
            findings.extend(f"{where}: package/builder/variables.py leaves out '{name}', which the library does not have; remove it"
                            for name in left_out if name not in settings)

        compare("input", self.settings, [v["name"] for v in self.library_variables()], variables.LEFT_OUT)
        for name, stream in self.streams("anthropic_metrics"):
            compare(name, self.settings["streams"]["properties"][name]["properties"], [v["name"] for v in stream["vars"]],
                    variables.STREAM_LEFT_OUT)
        self.report(findings)

    def test_defaults_choices_and_help_are_those_of_the_library(self):
        for where, settings, variable in self.every_variable():
            setting = settings[variable["name"]]
            with self.subTest(where=where, variable=variable["name"]):
                self.assertEqual((variable["title"], variable["description"]), (setting["title"], setting["description"]))
                default = yaml.safe_load(variable["default"]) if variable["type"] == "yaml" else variable.get("default")
                self.assertEqual(default or None, setting.get("default") or None)
                self.assertEqual([option["value"] for option in variable.get("options", [])], setting.get("enum", []))
                self.assertEqual(variable["type"] == "duration", "$ref" in setting)

    def test_durations_have_bounds_and_units_that_kibana_knows(self):
        seen = 0
        for where, settings, variable in self.every_variable():
            if variable["type"] != "duration":
                continue
            seen += 1
            bounds = [variable["min_duration"], variable["default"], variable["max_duration"]]
            for value in bounds:
                self.assertRegex(value, r"^(\d+[hms])+$", f"{where}: {variable['name']}")
            self.assertEqual(bounds, sorted(bounds, key=seconds), f"{where}: {variable['name']}")
            setting = settings[variable["name"]]
            self.assertEqual((bounds[0], bounds[2]), (setting["x-minimum"], setting["x-maximum"]))
        self.assertGreater(seen, 5)

    def test_the_types_of_some(self):
        found = {(where, variable["name"]): variable for where, _, variable in self.every_variable()}
        for (where, name), kind in {("input", "admin_api_key"): "password", ("input", "oauth_token"): "password",
                                    ("input", "enterprise_api_key"): "password", ("input", "proxy_url"): "password",
                                    ("input", "url"): "url", ("input", "ssl"): "yaml", ("input", "http_client_timeout"): "duration",
                                    ("input", "enable_request_tracer"): "bool", ("usage", "bucket_width"): "select",
                                    ("usage", "settle"): "duration", ("usage", "group_by"): "text", ("usage", "tags"): "text",
                                    ("cost", "look_back"): "yaml", ("cost", "initial_interval"): "duration"}.items():
            self.assertEqual(found[where, name]["type"], kind, f"{where}: {name}")
        self.assertEqual([key for key, variable in found.items() if variable.get("secret")],
                         [("input", name) for name in ("admin_api_key", "oauth_token", "enterprise_api_key", "proxy_url")])
        # Any of the three credentials will do; the one that most have is shown at once.
        self.assertEqual([key for key, variable in found.items() if variable["required"]], [])
        self.assertTrue(found["input", "admin_api_key"]["show_user"])
        self.assertFalse(found["input", "oauth_token"]["show_user"])
        self.assertTrue(found["usage", "group_by"]["multi"])
        self.assertEqual(found["input", "url"]["url_allowed_schemes"], ["https", "http"])

    def test_what_is_on_when_a_tile_is_added(self):
        """Kibana turns a tile's inputs on, and of them the streams that are on by default."""
        schemas = self.settings["streams"]["properties"]
        opt_in = {name for name, schema in schemas.items() if not schema["properties"]["enabled"]["default"]}
        for kind in ("filestream", "anthropic_metrics"):
            self.assertEqual({name for name, s in self.streams(kind) if not s["enabled"]}, opt_in, kind)
        self.assertFalse(opt_in & {"usage", "cost", "rate_limit", "health"})

    def test_a_stock_agent_asks_only_where_somebody_switched_it_on(self):
        """Kibana turns on every tile's inputs where none was chosen: this one would count beside ours."""
        found = {path.split("/")[1]: [s for s in manifest["streams"] if s["input"] == "cel"]
                 for path, manifest in self.made.items() if path.startswith("data_stream/")}
        self.assertEqual({name for name, streams in found.items() if streams}, {"usage", "cost", "rate_limit"},
                         "health is a collector's report, and a stock Agent has none")
        self.assertEqual({stream["enabled"] for streams in found.values() for stream in streams}, {False})

    def test_only_a_stock_agent_may_be_agentless(self):
        for template in self.made["manifest.yml"]["policy_templates"]:
            agentless = template.get("deployment_modes", {}).get("agentless", {}).get("enabled", False)
            self.assertEqual(agentless, template["name"] == "stock_agent")
            for entry in template["inputs"]:
                self.assertEqual("agentless" in entry.get("deployment_modes", []), entry["type"] == "cel")

    def test_no_setting_of_the_component_is_one_of_the_library_too(self):
        own = [variable["name"] for variable in component.of_package() + component.of_input()]
        self.assertEqual([name for name in own if name in self.settings], [])

    def test_the_component_and_what_ships_for_it_hear_of_one_folder(self):
        shared, = self.made["manifest.yml"]["vars"]
        self.assertEqual((shared["name"], shared["default"]), ("state_path", "${path.data}/anthropic_metrics"))
        for entry in self.inputs().values():
            self.assertNotIn("state_path", [variable["name"] for variable in entry.get("vars", [])])

    def test_the_files_of_the_host_match_the_paths_of_the_agent(self):
        documents, = filestream.of_host_files()
        for name in tree.streams():
            template = templates.files(tree.ROOT, self.description)[f"data_stream/{name}/agent/stream/filestream.yml.hbs"].decode()
            found = re.findall(r"- '\{\{escape_multiline_string (\w+)\}\}(/\S+)'", template)
            self.assertEqual([folder for folder, _ in found], ["documents_path", "state_path"])
            # Named by host/file_sink.cpp; tests/host holds it.
            for folder, (_, pattern) in zip((documents["default"], "/opt/Elastic/Agent/data/anthropic_metrics"), found):
                inner = "/documents" if pattern.startswith("/documents/") else ""
                for file in (f"metrics-PACKAGE_NAME.{name}-default.ndjson", f"metrics-PACKAGE_NAME.{name}-prod.ndjson.3"):
                    self.assertTrue(fnmatch.fnmatch(f"{folder}{inner}/{file}", folder + pattern))
                self.assertFalse(fnmatch.fnmatch(f"{folder}{inner}/metrics-PACKAGE_NAME.x-a.ndjson", folder + pattern))

    def test_an_id_that_the_agent_takes_out_comes_back(self):
        """document_id moves the field into _id; without the pipeline, documents of one way of shipping would lack it."""
        field, = re.findall(r"document_id: (\S+)", templates.FILESTREAM)
        self.assertEqual(field, "event.id")
        for stream in tree.streams():
            steps = [processor.get("set", {}) for processor in tree.pipeline(stream)["processors"]]
            back = [step for step in steps if step.get("field") == field]
            self.assertEqual([(step.get("value"), step.get("if")) for step in back],
                             [("{{{_id}}}", "ctx.event?.id == null && ctx._id != null")],
                             f"the pipeline of {stream} does not set event.id from _id; add the processor")

    def test_templates_quote_text_and_use_every_variable(self):
        files = templates.files(tree.ROOT, self.description)
        for where, _, variable in self.every_variable():
            path = "agent/input/anthropic_metrics.yml.hbs" if where == "input" \
                else f"data_stream/{where}/agent/stream/anthropic_metrics.yml.hbs"
            text = files[path].decode("ascii")
            name = variable["name"]
            with self.subTest(path=path, variable=name):
                self.assertIn(f"{{{{#if {name}}}}}", text)
                # Unquoted, 2026-01-01 would be a date and 0123 a number.
                quoted = f"{{{{escape_string {'item' if variable['multi'] else name}}}}}"
                if variable["type"] in ("text", "password", "url", "select", "duration"):
                    self.assertIn(quoted, text)


if __name__ == "__main__":
    unittest.main()
