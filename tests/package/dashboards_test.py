# SPDX-License-Identifier: Apache-2.0
"""package/kibana/dashboards become saved objects that Kibana can show: grid, ids, references, time, filters, currencies."""

import copy
import json
import re
import unittest

import tree

import board as boards
import dashboards
import queries
import saved_objects
from fault import PackageFault

BOARDS = tree.named(dashboards.load(tree.ROOT))
OBJECTS = {path: json.loads(content) for path, content in tree.named(dashboards.files(tree.ROOT, {})).items()}
PERSONAL = ("created_by", "updated_by", "owner", "accessControl", "created_at", "updated_at")


OFF_BY_DEFAULT = {"analytics_cost", "analytics_usage", "claude_code", "analytics_user", "analytics_summary", "user", "service_account"}


def charts(saved):
    return [panel for panel in saved["attributes"]["panelsJSON"] if panel["type"] == "vis"]


def streams_of(query):
    return set(queries.streams(query))


def every_panel():
    for slug, board in BOARDS.items():
        for section, panel in boards.panels(board):
            yield slug, board, section, panel, f"{slug}: {panel['name']}"


class Objects(tree.TreeTest):
    def test_each_is_named_like_its_id(self):
        self.assertEqual(sorted(OBJECTS), sorted(f"kibana/dashboard/anthropic_metrics-{slug}.json" for slug in boards.SLUGS))
        for path, saved in OBJECTS.items():
            self.assertEqual(f"kibana/dashboard/{saved['id']}.json", path)
            self.assertEqual(saved["type"], "dashboard")

    def test_the_same_tree_gives_the_same_bytes_and_nothing_of_a_person(self):
        self.assertEqual(dashboards.files(tree.ROOT, {}), dashboards.files(tree.ROOT, {}))
        for path, saved in OBJECTS.items():
            text = json.dumps(saved)
            self.report([f"{path}: {name} is of a person; leave it out" for name in PERSONAL if f'"{name}"' in text])

    def test_panels_fill_the_grid_without_overlap_or_hole(self):
        findings = []
        for path, saved in OBJECTS.items():
            by_section = {}
            for panel in saved["attributes"]["panelsJSON"]:
                grid = panel["gridData"]
                by_section.setdefault(grid.get("sectionId"), []).append(grid)
            known = {section["gridData"]["i"] for section in saved["attributes"]["sections"]}
            self.assertEqual(set(by_section) - {None}, known, path)
            for section, grids in by_section.items():
                taken = {}
                for grid in grids:
                    for x in range(grid["x"], grid["x"] + grid["w"]):
                        for y in range(grid["y"], grid["y"] + grid["h"]):
                            if (x, y) in taken:
                                findings.append(f"{path}: panels {taken[x, y]} and {grid['i']} overlap at {x},{y}; move one")
                            taken[x, y] = grid["i"]
                height = max(y for _, y in taken) + 1
                if len(taken) != boards.WIDTH * height:
                    findings.append(f"{path}: section {section} has a hole: {len(taken)} of {boards.WIDTH * height} cells; widen a panel")
                if max(x for x, _ in taken) >= boards.WIDTH:
                    findings.append(f"{path}: a panel stands beyond column {boards.WIDTH}; make it narrower")
        self.report(findings)

    def test_panels_and_sections_are_identified_once(self):
        for path, saved in OBJECTS.items():
            panels = saved["attributes"]["panelsJSON"]
            ids = [panel["panelIndex"] for panel in panels] + [s["gridData"]["i"] for s in saved["attributes"]["sections"]]
            ids += list(saved["attributes"]["pinned_panels"]["panels"])
            self.assertEqual(len(ids), len(set(ids)), path)
            self.assertTrue(all(panel["gridData"]["i"] == panel["panelIndex"] for panel in panels), path)

    def test_references_are_named_and_resolve(self):
        findings = []
        for path, saved in OBJECTS.items():
            attributes = saved["attributes"]
            wanted = {attributes["kibanaSavedObjectMeta"]["searchSourceJSON"]["filter"][0]["meta"]["indexRefName"]}
            for panel in attributes["panelsJSON"]:
                config = panel["embeddableConfig"]
                named = [config["dataViewRefName"]] if "dataViewRefName" in config else []
                named += [link["destinationRefName"] for link in config.get("links", [])]
                wanted |= {f"{panel['panelIndex']}:{name}" for name in named}
            for control in attributes["pinned_panels"]["panels"].values():
                wanted |= {control["config"]["dataViewRefName"]} if "dataViewRefName" in control["config"] else set()
            names = [reference["name"] for reference in saved["references"]]
            self.assertEqual(sorted(wanted), sorted(names), path)
            for reference in saved["references"]:
                there = f"kibana/dashboard/{reference['id']}.json" in OBJECTS
                if not (there if reference["type"] == "dashboard" else reference["id"] == "metrics-*"):
                    findings.append(f"{path}: reference {reference['name']} to {reference['id']} leads nowhere; correct it")
        self.report(findings)

    def test_every_dashboard_links_to_every_dashboard(self):
        for path, saved in OBJECTS.items():
            linked = {reference["id"] for reference in saved["references"] if reference["type"] == "dashboard"}
            self.assertEqual(linked, {other["id"] for other in OBJECTS.values()}, path)
            first = saved["attributes"]["panelsJSON"][0]
            for link in first["embeddableConfig"]["links"]:
                self.assertEqual((link["options"]["use_filters"], link["options"]["use_time_range"]), (True, True), path)
            self.assertEqual((first["type"], first["gridData"]["y"]), ("links", 0), path)

    def test_every_chart_has_a_time_field(self):
        findings = []
        for path, saved in OBJECTS.items():
            for panel in charts(saved):
                state = panel["embeddableConfig"]["attributes"]["state"]
                (layer,) = state["datasourceStates"]["textBased"]["layers"].values()
                view = state["adHocDataViews"].get(layer["index"], {})
                if layer.get("timeField") != "@timestamp" or view.get("timeFieldName") != "@timestamp":
                    findings.append(f"{path}: {panel['embeddableConfig']['title']} would ignore the time range; name its time field")
                self.assertEqual(layer["query"], state["query"], path)
        self.report(findings)

    def test_charts_use_the_columns_they_have(self):
        findings = []
        for path, saved in OBJECTS.items():
            for panel in charts(saved):
                state = panel["embeddableConfig"]["attributes"]["state"]
                columns = {c["columnId"] for c in state["datasourceStates"]["textBased"]["layers"]["layer"]["columns"]}
                used = set(accessors(state["visualization"]))
                if used != columns:
                    findings.append(f"{path}: {panel['embeddableConfig']['title']}: chart and columns differ in {sorted(used ^ columns)}")
        self.report(findings)

    def test_time_is_stored(self):
        for path, saved in OBJECTS.items():
            attributes = saved["attributes"]
            self.assertTrue(attributes["timeRestore"], path)
            self.assertRegex(attributes["timeFrom"], r"^now-\d+[hd]$", path)
            self.assertEqual(attributes["timeTo"], "now", path)

    def test_the_built_form_keeps_nested_json_as_text(self):
        for path, saved in OBJECTS.items():
            built = json.loads(saved_objects.encoded(json.dumps(saved)))["attributes"]
            self.assertEqual(json.loads(built["panelsJSON"]), saved["attributes"]["panelsJSON"], path)
            self.assertIsInstance(built["kibanaSavedObjectMeta"]["searchSourceJSON"], str)
            self.assertIsInstance(built["optionsJSON"], str)


def accessors(value, key=""):
    """Every column that a visualization names."""
    single = {"xAccessor", "yAccessor", "valueAccessor", "metricAccessor", "secondaryMetricAccessor", "breakdownByAccessor",
              "forAccessor", "columnId", "accessor"}
    several = {"accessors", "splitAccessors", "metrics", "primaryGroups"}
    if isinstance(value, dict):
        for name, item in value.items():
            yield from accessors(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from accessors(item, "columnId" if key in several else key)
    elif key in single:
        yield value


class Meaning(tree.TreeTest):
    def test_streams_are_those_that_queries_read_and_the_filter_that_links_carry_is_the_same_everywhere(self):
        for slug, board in BOARDS.items():
            read = set().union(*(streams_of(panel["query"]) for _, panel in boards.panels(board)))
            self.assertEqual(read, set(board["streams"]), slug)
            saved = OBJECTS[f"kibana/dashboard/anthropic_metrics-{slug}.json"]
            text = json.dumps(saved["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]["filter"])
            every = set().union(*(other["streams"] for other in BOARDS.values()))
            self.assertEqual(set(re.findall(r"anthropic_metrics\.(\w+)", text)), every, slug)

    def test_controls_filter_only_panels_whose_streams_have_the_field(self):
        findings = []
        for slug, board in BOARDS.items():
            held = [(control, board["streams"]) for control in board["controls"]]
            for section in board["sections"]:
                read = set().union(*(streams_of(p["query"]) for s, p in boards.panels(board) if s is section))
                held += [(control, read) for control in section.get("controls", [])]
            for control, streams in held:
                for stream in sorted(streams):
                    if control["field"] not in tree.declared_fields("base", stream):
                        findings.append(f"{slug}: control {control['field']} would empty panels of {stream}; move it to a section "
                                        "whose panels all have the field")
        self.report(findings)

    def test_organization_workspace_and_model_can_be_chosen(self):
        for slug in ("overview", "token-usage", "cost-billing"):
            board = BOARDS[slug]
            chosen = {c["field"] for c in board["controls"]} | {c["field"] for s in board["sections"] for c in s.get("controls", [])}
            ends = {field.rpartition(".")[2] for field in chosen}
            self.assertLessEqual({"workspace_id", "model"}, ends, slug)
        for slug, board in BOARDS.items():
            self.assertIn("organization.id", [control["field"] for control in board["controls"]], slug)

    def test_no_panel_adds_currencies(self):
        findings = []
        for _, _, _, panel, place in every_panel():
            query = panel["query"]
            if re.search(r"SUM\([^|]*anthropic\.cost\.amount|anthropic\.health\.correction_amount", query) and not re.search(
                    r"anthropic\.cost\.currency == \?Currency|BY[^|]*currency = anthropic\.cost\.currency|BY organization = organization\.id, currency\b", query):
                findings.append(f"{place}: adds amounts of all currencies; filter on ?Currency or group by anthropic.cost.currency")
            if re.search(r"SUM\([^|]*anthropic\.analytics_cost\.(list_)?amount", query) and not re.search(
                    r"anthropic\.analytics_cost\.currency == \?Currency|BY[^|]*currency = anthropic\.analytics_cost\.currency", query):
                findings.append(f"{place}: adds amounts of all currencies; filter on ?Currency or group by anthropic.analytics_cost.currency")
        self.report(findings)

    def test_no_panel_adds_numbers_of_two_sources(self):
        """Legacy reports, analytics reports and Claude Code count the same work, each in its own way."""
        sources = [{"usage", "cost"}, {"analytics_usage", "analytics_cost"}, {"claude_code"}, {"analytics_user"}]
        findings = []
        for _, _, _, panel, place in every_panel():
            read = [names & streams_of(panel["query"]) for names in sources]
            if sum(map(bool, read)) > 1 and "found = VALUES(" not in panel["query"]:
                findings.append(f"{place}: reads {read}, which count the same work; give each source a panel of its own")
        self.report(findings)

    def test_states_of_entities_are_never_added(self):
        """Their documents come again and again; the newest state counts."""
        numbers = r"\b(?:SUM|AVG)\([^()]*anthropic\.(?:workspace|api_key|user|service_account|spend_limit|analytics_summary|rate_limit)\."
        self.report([f"{place}: adds up states; take the newest of each" for _, _, _, panel, place in every_panel()
                     if re.search(numbers, panel["query"])])

    def test_a_section_of_streams_that_are_off_says_which(self):
        """Whoever sees nothing is told what to switch on."""
        findings = []
        for slug, board in BOARDS.items():
            read = {stream for _, panel in boards.panels(board) for stream in streams_of(panel["query"]) & OFF_BY_DEFAULT}
            told = {stream for _, panel in boards.panels(board) if "found = VALUES(" in panel["query"] for stream in streams_of(panel["query"])}
            findings += [f"{slug}: reads {stream}, which is off by default, and no panel says so; add one with {{{{ off-by-default }}}}"
                         for stream in sorted(read - told)]
        self.report(findings)

    def test_totals_of_corrections_are_never_read(self):
        self.report([f"{place}: reads a total of a correction, which must not be added; use the measure itself"
                     for _, _, _, panel, place in every_panel() if re.search(r"usage\.total\.|total_exact", panel["query"])])

    def test_estimates_stand_apart_and_say_so(self):
        found = [place for _, _, _, panel, place in every_panel() if "estimated_low" in panel["query"] or "saved" in panel["query"]]
        self.assertEqual(found, ["overview: spend-projected", "cost-billing: month-end", "cost-billing: cache-savings"])
        for _, _, _, panel, place in every_panel():
            self.assertEqual(place in found, panel["title"].startswith("Estimate"), place)

    def test_variables_are_declared_and_used(self):
        for slug, board in BOARDS.items():
            named = set()
            for _, panel in boards.panels(board):
                named |= set(re.findall(r"\?\??([A-Z]\w*)", panel["query"]))
            self.assertEqual(named, {variable["name"] for variable in board.get("variables", [])}, slug)
            for variable in board.get("variables", []):
                for field in variable.get("options", []):
                    self.assertIn(field, tree.declared_fields("base", *board["streams"]), slug)

    def test_sums_added_to_sums_survive_null(self):
        findings = []
        for _, _, _, panel, place in every_panel():
            for line in panel["query"].splitlines():
                if re.search(r"(?<!\()SUM\([^()]*\)\s*\+|\+\s*SUM\(", line):
                    findings.append(f"{place}: '{line.strip()}' is null when one sum is; write COALESCE(SUM(...), 0)")
        self.report(findings)

    def test_texts_are_sentences_for_people(self):
        findings = []
        for slug, board in BOARDS.items():
            for text in [board["description"], board["text"]] + [p["description"] for _, p in boards.panels(board) if "description" in p]:
                if not text.strip().endswith("."):
                    findings.append(f"{slug}: {text.strip()[-40:]!r} does not end in a full stop; finish the sentence")
        self.report(findings)


class Faults(unittest.TestCase):
    def refused(self, change):
        board = copy.deepcopy(BOARDS["overview"])
        change(board)
        with self.assertRaises(PackageFault) as caught:
            boards.check("overview", board)
            dashboards.saved_object("overview", board, BOARDS)
        message = str(caught.exception)
        self.assertTrue(message.startswith("package/kibana/dashboards/overview.yml"), message)
        self.assertIn("; ", message)
        return message

    def first(self, board):
        return board["sections"][0]["rows"][0]["panels"][0]

    def test_a_row_that_does_not_fill_the_grid(self):
        self.assertIn("44 columns wide", self.refused(lambda board: self.first(board).update(width=8)))

    def test_a_name_given_twice(self):
        self.assertIn("two panels are named spend-projected", self.refused(lambda b: self.first(b).update(name="spend-projected")))

    def test_a_panel_without_a_chart(self):
        self.assertIn("0 charts", self.refused(lambda board: self.first(board).pop("metric")))

    def test_a_key_nobody_knows(self):
        self.assertIn("unknown key widht", self.refused(lambda board: self.first(board).update(widht=8)))

    def test_a_format_nobody_knows(self):
        self.assertIn("dollars", self.refused(lambda board: self.first(board)["metric"]["value"].update({"as": "dollars"})))

    def test_a_fragment_that_is_missing(self):
        with self.assertRaisesRegex(PackageFault, "package/kibana/queries/nothing.esql: the file is missing; write it, or correct the query of X"):
            queries.expanded(tree.ROOT, "{{ nothing }}", "X")

    def query(self, text, expected):
        with self.assertRaisesRegex(PackageFault, expected):
            queries.expanded(tree.ROOT, text, "X")

    def test_a_table_whose_texts_stand_after_numbers(self):
        for later in ("text", "date"):
            def change(board, later=later):
                panel = self.first(board)
                del panel["metric"]
                panel["table"] = {"columns": [{"column": "n", "label": "N", "as": "count"}, {"column": "t", "label": "T", "as": later}]}
            self.assertIn("t stands after the number n; Kibana shows texts and dates before numbers", self.refused(change))

    def test_a_variable_that_would_not_read_well_as_a_title(self):
        self.assertIn("reads well", self.refused(lambda board: board["variables"][0].update(name="dimension_1")))

    def test_a_head_of_its_own(self):
        self.query('FROM metrics-PACKAGE_NAME.cost-*\nSET time_zone = "UTC";', "X: the query has a SET of its own; leave it out")

    def test_a_source_that_is_no_stream(self):
        self.query("FROM logs-*\n| LIMIT 1", r"X: reads logs-\*; write FROM metrics-PACKAGE_NAME")

    def test_a_cut_that_takes_the_newest_days(self):
        source = "FROM metrics-PACKAGE_NAME.cost-*\n| STATS c = COUNT(*) BY day = @timestamp, w = organization.id\n"
        self.query(source + "| SORT day\n| LIMIT 10000", "X: SORT day before LIMIT drops the newest in silence; sort by day DESC")
        self.query(source + "| SORT day, w\n| LIMIT 10000", "X: SORT day")
        queries.expanded(tree.ROOT, source + "| SORT day DESC\n| LIMIT 10000", "X")

    def test_a_time_range_that_is_compared_with_another_field_first(self):
        source = "FROM metrics-PACKAGE_NAME.cost-*\n| EVAL day = DATE_TRUNC(1 day, @timestamp)\n"
        for wrong in ("| WHERE day >= ?_tstart", "| WHERE day + 1 day <= ?_tend", "| WHERE ?_tstart <= day",
                      "| STATS c = COUNT(*) BY BUCKET(day, 10, ?_tstart, ?_tend)"):
            self.query(source + wrong, "X: the first comparison with .* is of day; compare @timestamp first")
            queries.expanded(tree.ROOT, f"{source}| WHERE @timestamp >= ?_tstart\n{wrong}", "X")


if __name__ == "__main__":
    unittest.main()
