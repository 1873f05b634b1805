"""Revision statistics, mirrors and calendars, from the push to the terminal.

The 45 snapshots of US trade are looked for in $TIDEWAITER_SHARED/data, or in ../shared/data beside the source tree; what
needs them is left out where they are not. Their statistics are computed here once more, from the file.
"""

import csv
import json
import statistics
import unittest

import support


def snapshots():
    data = support.shared_data()
    path = data and data / "us-ft900-vintages" / "snapshots-2016.csv"
    return path if path and path.exists() else None


class RevisionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if snapshots() is None:
            raise unittest.SkipTest("no us-ft900-vintages/snapshots-2016.csv; set TIDEWAITER_SHARED")
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        outcome = support.run_cli(cls.daemon.address, "push", snapshots(), "--dataset", "FT900")
        assert outcome.code == 0, outcome

    def prints(self, flow):
        """month -> its distinct values, in published order."""
        months = {}
        with open(snapshots(), newline="") as file:
            rows = sorted((r for r in csv.DictReader(file) if r["flow"] == flow), key=lambda r: r["published_on"])
        for row in rows:
            values = months.setdefault(row.get("period") or row["period_start"], [])
            if not values or values[-1] != int(row["value"]):
                values.append(int(row["value"]))
        return dict(sorted(months.items()))

    def revisions(self, *arguments):
        outcome = support.run_cli(self.daemon.address, "revisions", "FT900/US.W00.X.VALUE.USD_MN", "-o", "csv", *arguments)
        self.assertEqual(outcome.code, 0, outcome)
        return {row["statistic"]: row for row in outcome.rows()}

    def test_levels_first_against_latest(self):
        told = self.revisions("--first", "first", "--later", "latest")
        r = [values[-1] - values[0] for values in self.prints("X").values()]
        self.assertEqual(int(told["pairs"]["value"]), len(r))
        self.assertEqual((told["minimum"]["value"], told["maximum"]["value"]), (str(min(r)), str(max(r))))
        self.assertAlmostEqual(float(told["mean revision"]["value"]), statistics.fmean(r), places=3)
        self.assertAlmostEqual(float(told["standard deviation"]["value"]) / statistics.stdev(r), 1, places=4)
        self.assertEqual(told["share of unchanged sign"]["reason"], "NOT_GROWTH")
        self.assertEqual(told["pairs"]["unit"], "USD_MN")

    def test_growth_in_points(self):
        told = self.revisions("--later", "latest", "--of", "growth", "--lag", "1")
        self.assertEqual(told["pairs"]["unit"], "pp")
        self.assertEqual(int(told["pairs"]["value"]), len(self.prints("X")) - 1)
        self.assertEqual(told["share of unchanged sign"]["reason"], "")

    def test_of_what_is_not_old_enough_nothing_is_said(self):
        self.assertGreater(int(self.revisions("--later", "after:2m")["pairs"]["value"]), 0)
        self.assertEqual(self.revisions()["pairs"]["value"], "0", "the snapshots span four months; what the clock says is no matter")
        told = self.revisions("--later", "after:1200m")
        self.assertEqual(told["pairs"]["value"], "0")
        self.assertEqual(told["mean revision"]["reason"], "TOO_FEW_PAIRS")
        self.assertEqual(int(told["periods left out"]["value"]), len(self.prints("X")))

    def test_wrong_prints(self):
        for wrong in ("second", "nth:0", "after:x"):
            outcome = support.run_cli(self.daemon.address, "revisions", "FT900", "--later", wrong)
            self.assertEqual(outcome.code, 2, outcome)


class MirrorAndCalendarTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        client = cls.daemon.client()
        dimensions = ("reporter", "partner", "flow", "currency", "unit")
        for dataset in ("CN", "RU"):
            client.create_dataset(dataset, dimensions)
        client.push("a", "2025-03-07", [("CN", [("CN.RU.X.USD.BN", "2025-01/P2M", "15.5")])])
        client.push("b", "2025-04-14", [("CN", [("CN.RU.X.USD.BN", "2025-03", "8.2")])])
        client.push("c", "2025-04-20", [("RU", [("RU.CN.M.USD.MN", "2025-01", "7000"), ("RU.CN.M.USD.MN", "2025-02", "8000"),
                                                ("RU.CN.M.USD.MN", "2025-03", "7600"), ("RU.CN.M.CNY.MN", "2025-03", "1")])])

    def run_cli(self, *arguments, **options):
        return support.run_cli(self.daemon.address, *arguments, **options)

    def test_mirror(self):
        outcome = self.run_cli("mirror", "CN/CN.RU.X.USD.BN", "RU/RU.CN.M.USD.MN", "--valuation", "FOB,CIF",
                               "--months", "3", "-o", "csv")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(outcome.columns(), ["period", "a", "b", "gap", "ratio", "reason", "how_a", "how_b"])
        self.assertEqual([list(row.values()) for row in outcome.rows()],
                         [["2025-01/P3M", "23.7", "22600", "1.100", "1.049", "", "SUMMED", "SUMMED"]])
        self.assertIn("FOB", outcome.err)
        self.assertIn("CIF", outcome.err)

    def test_mirror_refuses_currencies(self):
        outcome = self.run_cli("mirror", "CN/CN.RU.X.USD.BN", "RU/RU.CN.M.CNY.MN")
        self.assertEqual(outcome.code, 6, outcome)
        self.assertIn("nothing is converted", outcome.err)

    def test_calendar(self):
        text = "# flash\nrule,7-9,11:00,1,combined=01+02\n"
        kept = self.run_cli("calendar", "CN", "--set", "-", input_text=text)
        self.assertEqual((kept.code, kept.out), (0, "rule,7-9,11:00,1,combined=01+02\n"), kept)
        self.daemon.restart(crash=True)
        self.assertEqual(self.run_cli("calendar", "CN", "--show").out, kept.out)
        listed = self.run_cli("calendar", "CN", "--from", "2025-01", "--to", "2025-05", "--as-of", "2025-05-20", "-o", "csv")
        self.assertEqual(listed.columns(), ["period", "kind", "stage", "state", "first_day", "last_day", "time",
                                            "original_day", "published_at", "sequence", "note"])
        self.assertEqual([(row["period"], row["state"], row["sequence"]) for row in listed.rows()],
                         [("2025-01/P2M", "PUBLISHED", "1"), ("2025-03", "LATE", "2"), ("2025-04", "OVERDUE", ""),
                          ("2025-05", "EXPECTED", "")])
        wrong = self.run_cli("calendar", "CN", "--set", "-", input_text="rule,7-9\nnonsense\n")
        self.assertEqual(wrong.code, 6, wrong)
        self.assertIn("line 2", wrong.err)
        document = json.loads(self.run_cli("calendar", "CN", "--from", "2025-04", "--to", "2025-04", "--as-of",
                                           "2025-05-20", "-o", "json").out)
        self.assertEqual([release["state"] for release in document["releases"]], ["OVERDUE"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
