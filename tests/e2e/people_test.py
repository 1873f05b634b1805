"""What people look at: diff, triangle and plot, on the bundled figures and, where they are at hand, on 45 real snapshots.

The real snapshots are not part of the project; real_data_test.py says where they are looked for.
"""

import csv
import io
import sys
import unittest

import support

PRESS = "GACC_PRESS"
MARCH = ("--from", "2023-03", "--to", "2023-03", "--months", "1")
WORLD_EXPORTS = f"{PRESS}/CN.W00.X.VALUE.USD.BN"
UTF8 = {"LC_ALL": "C.UTF-8"}


def snapshots():
    data = support.shared_data()
    file = data / "us-ft900-vintages" / "snapshots-2016.csv" if data else None
    return file if file and file.exists() else None


class CliTest(unittest.TestCase):
    """One daemon for a class; `files`: {dataset: (file, arguments of push)}."""

    files = {}

    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        for dataset, (file, arguments) in cls.files.items():
            outcome = support.run_cli(cls.daemon.address, "push", file, "--dataset", dataset, *arguments)
            assert outcome.code == 0, outcome

    def run_ok(self, *arguments, **options):
        outcome = support.run_cli(self.daemon.address, *arguments, **options)
        self.assertEqual(outcome.code, 0, outcome)
        return outcome

    def csv_of(self, *arguments):
        return list(csv.reader(io.StringIO(self.run_ok(*arguments, "-o", "csv").out)))

    def changes_of(self, release, *arguments):
        return [row for row in self.run_ok("diff", release, *arguments, "-o", "csv").rows()]

    def assert_same_as_get(self, target, *arguments):
        """Every column of the wide triangle is what `get` shows as of its day."""
        header, *rows = self.csv_of("triangle", target, *arguments)
        for column, day in enumerate(header[2:], 2):
            known = {(row["series"], row["period"]): row["value"]
                     for row in self.run_ok("get", target, *arguments, "--as-of", day, "-o", "csv").rows()}
            shown = {(row[0], row[1]): row[column] for row in rows if row[column]}
            self.assertEqual(known.keys(), shown.keys(), day)
            for cell, value in shown.items():
                same = value == known[cell] or (value[0] != "(" and number(value) == number(known[cell]))
                self.assertTrue(same, f"{cell} as of {day}: {value}, and get says {known[cell]}")
        return header, rows


def number(text):
    import decimal
    return decimal.Decimal(text)


class DemoDataTest(CliTest):
    files = {PRESS: (support.DEMO_DATA, ("--publisher", "GACC", "--time-zone", "Asia/Shanghai"))}

    def test_march_2023_in_a_triangle(self):
        self.assertEqual(self.csv_of("triangle", WORLD_EXPORTS, *MARCH), [
            ["series", "period", "2023-04-18", "2023-08-11"],
            ["CN.W00.X.VALUE.USD.BN", "2023-03", "315.589337", "305.04"],
        ])
        self.assertEqual(self.run_ok("triangle", WORLD_EXPORTS, *MARCH).out.splitlines()[:4], [
            "CN.W00.X.VALUE.USD.BN, USD BN",
            "period   2023-04-18  2023-08-11",
            "2023-03  315.589337     305.04*",
            "* changed by this vintage",
        ])

    def test_march_2023_before_it_was_cut(self):
        header, *rows = self.csv_of("triangle", WORLD_EXPORTS, *MARCH, "--as-of", "2023-08-10")
        self.assertEqual((header[2:], rows[0][2:]), (["2023-04-18"], ["315.589337"]))

    def test_march_2023_in_a_diff(self):
        changes = {row["series"]: row for row in self.changes_of(f"{PRESS}:2023-08-11") if row["change"] == "REVISED"}
        exports = changes["CN.W00.X.VALUE.USD.BN"]
        self.assertEqual([exports[name] for name in ("period", "before", "after", "amount", "percent", "announced")],
                         ["2023-03", "315.589337", "305.04", "-10.549337", "-3.3", "no"])
        self.assertEqual(changes["CN.W00.X.YOY.USD.PCT"]["amount"], "-3.4")

    def test_a_table_opens_with_a_line_for_people(self):
        lines = self.run_ok("diff", f"GACC/{PRESS}:2025-08-29").out.splitlines()
        self.assertEqual(lines, [
            "GACC 2025-08-29: 1 revised without announcement",
            "series                period        change   before    after  amount  per cent  unit    announced",
            "CN.RU.T.VALUE.USD.BN  2024-01/P12M  REVISED  244.81  244.819  +0.009       0.0  USD BN  no",
        ])

    def test_every_column_is_what_was_known_that_day(self):
        header, rows = self.assert_same_as_get(f"{PRESS}/CN.RU.X+T.VALUE.USD.", "--from", "2023-01")
        self.assertGreater(len(header), 30)
        self.assertGreater(len(rows), 40)

    def test_objects_are_the_cells_that_changed(self):
        import json
        lines = [json.loads(line) for line in
                 self.run_ok("triangle", WORLD_EXPORTS, *MARCH, "-o", "ndjson").out.splitlines()]
        self.assertEqual([(line["published_at"], line["before"], line["value"], line["change"]) for line in lines],
                         [("2023-04-18", None, "315.589337", "NEW"), ("2023-08-11", "315.589337", "305.04", "REVISED")])

    def test_a_retraction_says_what_it_uncovered(self):
        wrong = "published_on,period,reporter,partner,flow,measure,currency,unit,value\n" \
                "2026-02-01,2023-03,CN,W00,X,VALUE,USD,BN,999\n2026-02-01,2026-01,CN,W00,X,VALUE,USD,BN,1\n"
        self.run_ok("push", "-", "--dataset", PRESS, input_text=wrong)
        self.assertEqual([row["before"] for row in self.changes_of(f"{PRESS}:2026-02-01", "--sort", "series")],
                         ["305.04", ""])
        retraction = self.run_ok("retract", f"{PRESS}:2026-02-01", "--reason", "wrong file").out.split()[-1].rstrip(".")
        changes = self.changes_of(retraction)
        self.assertEqual([(row["change"], row["period"], row["before"], row["after"], row["announced"])
                          for row in changes],
                         [("REVISED", "2023-03", "999", "305.04", ""),
                          ("WITHDRAWN", "2026-01", "1", "(WITHDRAWN)", "")])
        self.assertIn(f"{PRESS}:2026-02-01 retracted by sequence {retraction}: 1 revised, 1 withdrawn",
                      self.run_ok("diff", retraction).out)
        self.assertIn(f"(retracted since, by sequence {retraction})", self.run_ok("diff", f"{PRESS}:2026-02-01").out)

    def test_a_plot_is_readable_everywhere(self):
        braille = self.run_ok("plot", f"{PRESS}/CN.RU.X+M+T.VALUE.USD.BN", "--months", "12", environment=UTF8).out
        self.assertTrue(any("\u2801" <= character <= "\u28ff" for character in braille), braille)
        self.assertIn("b  CN.RU.T.VALUE.USD.BN", braille)
        self.assertNotIn("\x1b", braille)
        for environment, arguments in ((UTF8, ["--ascii"]), ({"LC_ALL": "C"}, [])):
            plain = self.run_ok("plot", f"{PRESS}/CN.RU.T.VALUE.USD.BN", *arguments, environment=environment).out
            self.assertTrue(plain.isascii(), plain)
            self.assertIn("*", plain)

    def test_plots_that_make_no_sense_are_refused(self):
        for target in (f"{PRESS}/CN.RU.T.VALUE+YOY.USD.", PRESS):
            outcome = support.run_cli(self.daemon.address, "plot", target)
            self.assertEqual(outcome.code, 6, outcome)
            self.assertEqual(outcome.out, "")

    def test_a_selector_that_matches_nothing_is_a_slip(self):
        nobody = f"{PRESS}/CN.ZZ.X..."
        for command in ("get", "history", "triangle", "revisions", "findings", "plot", "aggregate"):
            for form in ("table", "csv"):
                if command == "plot" and form == "csv":
                    continue
                outcome = support.run_cli(self.daemon.address, command, nobody,
                                          *(() if command == "plot" else ("-o", form)))
                self.assertEqual(outcome.code, 3, (command, outcome))
                self.assertIn(f"no series of {PRESS} matches", outcome.err, command)
                self.assertIn("tidewaiter series", outcome.err, command)
        # An empty answer about series that there are is an answer.
        empty = support.run_cli(self.daemon.address, "get", f"{PRESS}/CN.RU.X...", "--from", "1990-01", "--to", "1990-12")
        self.assertEqual(empty.code, 0, empty)

    def test_a_dataset_without_units(self):
        rows = "published_on,period,partner,value\n2025-08-07,2025-07,RU,1\n2025-08-08,2025-07,RU,2\n"
        self.run_ok("push", "-", "--dataset", "BARE", input_text=rows)
        self.assertEqual(self.run_ok("triangle", "BARE").out.splitlines()[:3],
                         ["RU", "period   2025-08-07  2025-08-08", "2025-07           1          2*"])


class SnapshotsTest(CliTest):
    files = {"FT900": (snapshots(), ())}

    def test_what_the_snapshots_changed(self):
        def shown(day):
            return [(row["series"].split(".")[2], row["period"], row["change"], row["before"], row["after"],
                     row["amount"], row["percent"], row["announced"]) for row in self.changes_of(f"FT900:{day}")]

        self.assertEqual(shown("2016-07-06"), [
            ("M", "2016-04", "REVISED", "220232", "220051", "-181", "-0.1", "no"),
            ("X", "2016-04", "REVISED", "182796", "182668", "-128", "-0.1", "no"),
            ("M", "2016-05", "NEW", "", "223498", "", "", "yes"),
            ("X", "2016-05", "NEW", "", "182354", "", "", "yes"),
        ])
        august = shown("2016-08-05")
        self.assertEqual([row[2] for row in august], ["REVISED"] * 2 + ["NEW"] * 2)
        september = shown("2016-09-02")
        self.assertEqual([row[2] for row in september], ["REVISED"] * 12 + ["NEW"] * 2)
        self.assertIn(("X", "2016-01", "REVISED", "179771", "179069", "-702", "-0.4", "no"), september)
        heads = [self.run_ok("diff", day).out.splitlines()[0] for day in ("2016-07-06", "2016-08-05", "2016-09-02")]
        self.assertEqual(heads, [
            "FT900 2016-07-06: 2 new, 2 revised without announcement, 150 confirmed",
            "FT900 2016-08-05: 2 new, 2 revised without announcement, 152 confirmed",
            "FT900 2016-09-02: 2 new, 12 revised without announcement, 144 confirmed",
        ])

    def test_the_triangle(self):
        header, rows = self.assert_same_as_get("FT900", "--from", "2015-01")
        self.assertEqual(header, ["series", "period", "2016-06-29", "2016-07-06", "2016-08-05", "2016-09-02"])
        cells = {(row[0].split(".")[2], row[1]): row[2:] for row in rows}
        self.assertEqual(cells["X", "2016-04"], ["182796", "182668", "182668", "181546"])
        self.assertEqual(cells["M", "2016-04"], ["220232", "220051", "220051", "220142"])
        self.assertEqual(cells["X", "2016-01"], ["179771"] * 3 + ["179069"])
        self.assertEqual(cells["X", "2016-06"], ["", "", "183151", "182924"])

    def test_changes_only(self):
        header, *rows = self.csv_of("triangle", "FT900", "--changes-only", "--last", "3")
        self.assertEqual(header[2:], ["2016-07-06", "2016-08-05", "2016-09-02"])
        self.assertEqual(sum(1 for row in rows for value in row[2:] if value), 2 + 2 + 2 + 2 + 12 + 2)

    def test_sorted_by_amount_and_by_series(self):
        amounts = [abs(int(row["amount"])) for row in self.changes_of("2016-09-02", "--sort", "amount") if row["amount"]]
        self.assertEqual(amounts, sorted(amounts, reverse=True))
        self.assertEqual(len(amounts), 12)
        rows = [(row["series"], row["period"]) for row in self.changes_of("2016-09-02", "--sort", "series", "--all")]
        self.assertEqual(rows, sorted(rows))
        self.assertEqual(len(rows), 158)


if __name__ == "__main__":
    if snapshots() is None:
        print("not run: SnapshotsTest (no us-ft900-vintages/snapshots-2016.csv; set TIDEWAITER_SHARED to where data/ lies)")
        del SnapshotsTest
    unittest.main(verbosity=2, argv=sys.argv)
