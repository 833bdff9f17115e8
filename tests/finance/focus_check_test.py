# SPDX-License-Identifier: Apache-2.0
"""What `export focus` prints keeps the rules of FOCUS 1.2; and the check finds what does not."""

import csv
import io
import pathlib
import unittest
from decimal import Decimal

import focus_rules

MONTH = pathlib.Path(__file__).with_name("month")


def golden():
    return (MONTH / "focus.csv").read_bytes().decode("utf-8")


def with_cell(row, column, value):
    rows = list(csv.DictReader(io.StringIO(golden(), newline="")))
    rows[row][column] = value
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


class Golden(unittest.TestCase):
    def test_keeps_the_rules(self):
        self.assertEqual(focus_rules.faults(golden()), [])

    def test_what_is_left_open_is_what_the_data_say(self):
        rows = list(csv.DictReader(io.StringIO(golden(), newline="")))
        found = focus_rules.faults(golden(), left_open=False)
        open_columns = {one["column"] for one in focus_rules.RULES["left_open"]}
        self.assertEqual({fault.split()[2] for fault in found}, open_columns)
        self.assertEqual(sum("ListCost" in fault for fault in found), len(rows))

    def test_adds_up_to_the_source(self):
        rows = list(csv.DictReader(io.StringIO(golden(), newline="")))
        for column in ("BilledCost", "EffectiveCost", "ContractedCost"):
            self.assertEqual(sum(Decimal(row[column]) for row in rows), Decimal("22.4700001"), column)
        self.assertEqual(sum(Decimal(row["x_AmountCents"]) for row in rows), Decimal("2247.00001"))

    def test_quantities_are_those_that_were_worked_out(self):
        rows = list(csv.DictReader(io.StringIO(golden(), newline="")))
        quantities = sorted(int(row["ConsumedQuantity"]) for row in rows if row["ConsumedQuantity"])
        self.assertEqual(quantities, [5, 100_000, 1_000_000, 1_000_000, 2_000_000])


class Check(unittest.TestCase):
    """One fault at a time."""

    CASES = [
        ("BilledCost", "", "must not be null"),
        ("BilledCost", "1,000", "Numeric Format"),
        ("BilledCost", "+1", "Numeric Format"),
        ("BilledCost", "$1", "Numeric Format"),
        ("BillingCurrency", "usd", "Currency Format"),
        ("BillingPeriodEnd", "2026-11-01", "Date/Time Format"),
        ("BillingPeriodEnd", "2026-10-01T00:00:00Z", "must be later than BillingPeriodStart"),
        ("ChargePeriodStart", "2026-09-30T00:00:00Z", "must be not after ChargePeriodStart"),
        ("ChargeCategory", "Consumption", "allowed values"),
        ("ChargeClass", "Normal", "allowed values"),
        ("ChargeFrequency", "Daily", "allowed values"),
        ("ServiceCategory", "AI", "allowed values"),
        ("ServiceSubcategory", "Containers", "allowed values of its ServiceCategory"),
        ("ProviderName", "", "must not be null"),
        ("ProviderName", " ", "blanks are no value"),
        ("ConsumedUnit", "", "must be null where ConsumedQuantity is"),
        ("PricingUnit", "million tokens", "Unit Format"),
        ("ChargeCategory", "Tax", "must be null"),
        ("SkuId", "", "must not be null"),
        ("SubAccountName", "", "must be null where SubAccountId is"),
        ("ResourceName", "wrkspc_01InventedAlpha0000000001", "must not repeat ResourceId"),
        ("Tags", "team", "Key-Value Format"),
        ("Tags", '{"a": {"b": 1}}', "Key-Value Format"),
        ("Tags", '{"a": 1, "a": 2}', "Key-Value Format"),
    ]

    def joined_row(self):
        rows = list(csv.DictReader(io.StringIO(golden(), newline="")))
        return next(i for i, row in enumerate(rows) if row["ConsumedQuantity"] and row["ResourceId"])

    def test_finds_each_fault(self):
        for column, value, sentence in self.CASES:
            found = focus_rules.faults(with_cell(self.joined_row(), column, value))
            self.assertTrue(any(sentence in fault for fault in found), f"{column} '{value}': {found}")

    def test_a_credit_costs_what_is_billed(self):
        rows = list(csv.DictReader(io.StringIO(golden(), newline="")))
        credit = next(i for i, row in enumerate(rows) if row["ChargeCategory"] == "Credit")
        for column in ("ContractedCost", "EffectiveCost"):
            self.assertTrue(any("must equal BilledCost" in fault for fault in focus_rules.faults(with_cell(credit, column, "0"))))

    def test_finds_faults_of_the_heading(self):
        heading, _, rest = golden().partition("\r\n")
        for changed, sentence in ((heading.replace("ProviderName", "x_Provider"), "ProviderName: Mandatory, and not there"),
                                  (heading.replace("Tags", "tags"), "neither a column of FOCUS"),
                                  (heading.replace("Tags", "SkuId"), "stands twice"),
                                  (heading.replace("x_Model", "AvailabilityZone"), "behind a custom one")):
            found = focus_rules.faults(changed + "\r\n" + rest)
            self.assertTrue(any(sentence in fault for fault in found), f"{sentence}: {found[:3]}")


class Data(unittest.TestCase):
    def test_every_column_of_the_specification_is_printed_or_has_a_reason(self):
        heading = golden().partition("\r\n")[0].split(",")
        self.assertEqual(len(focus_rules.COLUMNS), 57)
        self.assertEqual(sorted(set(focus_rules.COLUMNS) - set(heading)), sorted(focus_rules.RULES["absent"]))
        self.assertEqual([name for name in focus_rules.RULES["absent"] if focus_rules.COLUMNS[name]["level"] == "Mandatory"], [])

    def test_every_column_names_its_source(self):
        for name, column in focus_rules.COLUMNS.items():
            self.assertRegex(column["source"], r"^Columns, \w", name)


if __name__ == "__main__":
    unittest.main()
