"""Conventions of a dataset (groups by month, totals, rounding), and what follows from them, from the file to the terminal.

The press's figures are looked for in $TIDEWAITER_SHARED/data, or in ../shared/data beside the source tree; the one test
that needs them is left out where they are not.
"""

import collections
import json
import subprocess
import time
import unittest

import support

UNION = """# The union that Britain left.
group,EU,partner,DE+FR
group,EU,partner,GB,..2020-01
total,partner,W00,*
"""
KEPT = "group,EU,partner,DE+FR\ngroup,EU,partner,GB,..2020-01\ntotal,partner,W00,*\n"


def prints():
    data = support.shared_data()
    path = data and data / "gacc-china-russia" / "prints.csv"
    return path if path and path.exists() else None


class ConventionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        cls.client = cls.daemon.client()
        cls.client.create_dataset("T", ("partner", "flow", "measure", "unit"))
        cells = []
        for month, factor in (("2020-01", 1), ("2020-02", 10)):
            for partner, value in (("DE", 1), ("FR", 2), ("GB", 4), ("US", 8), ("W00", 15)):
                cells.append((f"{partner}.X.VALUE.BN", month, str(value * factor)))
        cls.client.push("a", "2020-03-07", [("T", cells)])

    def run_cli(self, *arguments, code=0, **options):
        outcome = support.run_cli(self.daemon.address, *arguments, **options)
        self.assertEqual(outcome.code, code, outcome)
        return outcome

    def keep(self, text, *arguments, code=0):
        return self.run_cli("conventions", "T", "--set", "-", *arguments, input_text=text, code=code)

    def figures(self, *arguments):
        rows = self.run_cli("aggregate", "T", "-o", "csv", *arguments).rows()
        return [(row["series"], row["period"], row["value"]) for row in rows]

    def findings(self):
        head = self.client.head()
        while self.client.analysis.ListFindings(support.analysis.ListFindingsRequest()).position < head:
            time.sleep(0.01)
        return self.run_cli("findings", "T", "-o", "csv").rows()

    def test_are_kept_with_the_dataset(self):
        self.assertIn("has no conventions", self.keep("").err)
        self.assertEqual(self.keep(UNION).out, KEPT)
        self.daemon.restart(crash=True)
        type(self).client = self.daemon.client()
        self.assertEqual(self.run_cli("conventions", "T").out, KEPT)
        answer = self.client.analysis.GetConventions(support.analysis.GetConventionsRequest(dataset="T"))
        self.assertEqual([(group.name, len(group.members)) for group in answer.groups], [("EU", 3)])
        self.assertEqual(answer.rounding, support.observation.PRINT_ROUNDING_NEAREST)

    def test_wrong_lines_are_named(self):
        self.keep(KEPT)
        refused = self.keep("group,EU,partner,DE+XX\ngroup,EU,partner,DE,2020-01..\ntotal,area,W00,*\n", code=6)
        for text in ('conventions.line 1, column 21: no series of T has the partner "XX"',
                     'conventions.line 3, column 7: T has no dimension "area"'):
            self.assertIn(text, refused.err)
        refused = self.keep("group,EU,partner,DE\ngroup,EU,partner,DE,2020-01..\n", code=6)
        self.assertIn('line 2, column 18: "DE" belongs to EU always already', refused.err)
        self.assertEqual(self.run_cli("conventions", "T").out, KEPT, "a refusal changes nothing")
        self.assertEqual(self.keep("group,G,partner,XX\n", "--allow-unknown-codes").out, "group,G,partner,XX\n")
        self.run_cli("conventions", "NONE", code=3)

    def test_a_group_by_its_name(self):
        self.keep(UNION)
        expected = [("EU.X.VALUE.BN", "2020-01", "7"), ("EU.X.VALUE.BN", "2020-02", "30")]
        self.assertEqual(self.figures("--group", "EU"), expected)
        self.assertEqual(self.figures("--group-by", "EU,flow,measure,unit"), expected)
        self.assertEqual(self.figures("--group", "EU=partner:DE+FR,GB@..2020-01"), expected)
        refused = self.run_cli("aggregate", "T", "--group", "BRICS", code=6)
        self.assertIn('--group: with T no group "BRICS" is kept, but EU', refused.err)
        refused = self.run_cli("aggregate", "T", "--group-by", "BRICS", code=6)
        self.assertIn("--group-by", refused.err)
        answer = self.client.aggregates.GetAggregates(support.aggregates.GetAggregatesRequest(
            query=support.aggregate.AggregateQuery(dataset="T", groups=[support.aggregate.CodeGroup(name="EU")])))
        self.assertEqual([m.code for m in answer.query.groups[0].members], ["DE", "FR", "GB"], "the answer says what it was")

    def test_a_group_is_followed_by_its_name(self):
        self.keep(UNION)
        request = support.updates.SubscribeRequest(after_sequence=0)
        request.aggregates.add(dataset="T", groups=[support.aggregate.CodeGroup(name="EU")])
        stream = self.client.updates.Subscribe(request)
        for answer in stream:
            if answer.WhichOneof("event") == "release" and answer.release.aggregates:
                moves = answer.release.aggregates[0].moves
                self.assertEqual([(m.series, m.period, m.after.value) for m in moves[:2]],
                                 [("EU.X.VALUE.BN", "2020-01", "7"), ("EU.X.VALUE.BN", "2020-02", "30")])
                break
        stream.cancel()

    def test_totals_are_checked(self):
        self.keep(UNION)
        self.client.push("total", "2020-05-07", [("T", [("DE.X.VALUE.BN", "2020-03", "5"), ("US.X.VALUE.BN", "2020-03", "6"),
                                                       ("W00.X.VALUE.BN", "2020-03", "15")])])
        found = [row for row in self.findings() if row["kind"] == "BROKEN_IDENTITY" and row["period"] == "2020-03"]
        self.assertEqual([(row["printed"], row["held"], row["amount"]) for row in found], [("15", "11", "-4")])

    def test_truncation_widens_bounds(self):
        self.keep("rounding,truncated\n")
        try:
            answer = json.loads(self.run_cli("aggregate", "T/DE.X.VALUE.BN", "--month", "2020-01", "-o", "json").out)
            self.assertEqual(answer["aggregates"][0]["bound"], "1")
            nearest = self.run_cli("aggregate", "T/DE.X.VALUE.BN", "--month", "2020-01", "--rounding", "nearest", "-o", "json")
            self.assertEqual(json.loads(nearest.out)["aggregates"][0]["bound"], "0.5")
        finally:
            self.keep("")
        answer = json.loads(self.run_cli("aggregate", "T/DE.X.VALUE.BN", "--month", "2020-01", "-o", "json").out)
        self.assertEqual(answer["aggregates"][0]["bound"], "0.5")

    def test_computed_figures_are_drawn(self):
        drawn = self.run_cli("plot", "T", "--group", "EU=partner:DE+FR", "--ascii", "--width", "60", "--height", "5").out
        self.assertIn("EU.X.VALUE.BN month level, BN", drawn)
        self.assertIn("Read at sequence", drawn)
        self.run_cli("plot", "T", "--window", "t12m", "--months", "2", code=2)
        nothing = self.run_cli("plot", "T/DE.X.VALUE.BN", "--window", "t12m")
        self.assertIn("no number to draw", nothing.err)


class OverdueTest(unittest.TestCase):
    def test_watched(self):
        with support.running_daemon() as daemon:
            client = daemon.client()
            client.create_dataset("T", ("flow",))
            client.push("a", "2025-03-07", [("T", [("X", "2025-02", "1")])])
            calendar = "date,2025-02,2025-03-07,11:00\ndate,2025-03,2025-04-07,11:00\n"
            # A calendar looks two years back: the day of the test is not known here.
            year, month = time.gmtime().tm_year, time.gmtime().tm_mon
            last = f"{year - (month == 1)}-{(month - 2) % 12 + 1:02d}"
            calendar += f"date,{last},{last}-02,11:00\n"
            self.assertEqual(support.run_cli(daemon.address, "calendar", "T", "--set", "-", input_text=calendar).code, 0)
            watch = subprocess.Popen([support.cli_path(), "--server", daemon.address, "watch", "T", "--overdue", "-o", "ndjson"],
                                     stdout=subprocess.PIPE, text=True)
            try:
                told = [json.loads(watch.stdout.readline())]
                if told[-1]["period"] != last:  # March 2025 is within two years of it
                    told.append(json.loads(watch.stdout.readline()))
                self.assertEqual({entry["type"] for entry in told}, {"overdue"})
                self.assertEqual((told[-1]["dataset"], told[-1]["period"], told[-1]["last_day"]), ("T", last, f"{last}-02"))
            finally:
                watch.kill()
                watch.wait()
                watch.stdout.close()
            self.assertEqual(support.run_cli(daemon.address, "watch", "T", "--overdue", "-o", "csv").code, 2)
            self.assertIn("has no calendar", _calendar_of_none(daemon))


def _calendar_of_none(daemon):
    daemon.client().create_dataset("NONE", ("flow",))
    return support.run_cli(daemon.address, "calendar", "NONE").err


class TruncatingPressTest(unittest.TestCase):
    """The figures of the shared data's README for a press that truncates: they must come from the daemon."""

    def test_of_trade_with_russia(self):
        if prints() is None:
            print("not run: the truncating press (no gacc-china-russia/prints.csv; set TIDEWAITER_SHARED)")
            self.skipTest("no gacc-china-russia/prints.csv")
        with support.running_daemon() as daemon:
            client = daemon.client()
            client.create_dataset("GACC_PRESS", ("reporter", "partner", "flow", "measure", "currency", "unit"),
                                  publisher="GACC", time_zone="Asia/Shanghai")
            kept = support.run_cli(daemon.address, "conventions", "GACC_PRESS", "--set", "-", input_text="rounding,truncated\n")
            self.assertEqual((kept.code, kept.out), (0, "rounding,truncated\n"), kept)
            pushed = support.run_cli(daemon.address, "push", prints(), "--dataset", "GACC_PRESS")
            self.assertEqual(pushed.code, 0, pushed)
            head = client.head()
            while client.analysis.ListFindings(support.analysis.ListFindingsRequest()).position < head:
                time.sleep(0.01)
            request = support.analysis.ListFindingsRequest(dataset="GACC_PRESS", keys=["CN.RU..VALUE.USD.BN"],
                                                           kinds=[support.finding.FINDING_KIND_IMPLIED_REVISION])
            found = [f for f in client.analysis.ListFindings(request).findings
                     if f.period[5:7] == "01" and "/P" in f.period]
            self.assertEqual(len({f.period for f in found}), 42)
            counts = collections.Counter((f.series[0].split(".")[2], "down" if f.amount.startswith("-") else "up")
                                         for f in found)
            self.assertEqual(counts, {("M", "up"): 33, ("X", "down"): 19, ("T", "up"): 22, ("T", "down"): 2})
            for rounding, expected in (
                    ((), ("42", {"M": (4, 33, 0), "X": (20, 0, 19), "T": (20, 22, 2)})),
                    (("--rounding", "nearest"), ("45", {"M": (2, 34, 1), "X": (15, 0, 24), "T": (11, 28, 5)}))):
                tally = support.run_cli(daemon.address, "findings", "GACC_PRESS/CN.RU..VALUE.USD.BN", "--tally",
                                        "--year-to-date", "-o", "csv", *rounding)
                self.assertEqual(tally.code, 0, tally)
                self.assertIn(f"of 49 periods with a rate that can be tested, {expected[0]} have one", tally.err)
                counts = {row["series"].split(".")[2]: tuple(int(row[c]) for c in ("fit", "up", "down")) for row in tally.rows()}
                # Rates of balances have no base.
                self.assertEqual(counts, expected[1] | {"B": (0, 0, 0)})


class WindowedRevisionsTest(unittest.TestCase):
    def test_windows_and_pools(self):
        with support.running_daemon() as daemon:
            client = daemon.client()
            client.create_dataset("T", ("flow", "unit"))
            client.push("a", "2025-02-07", [("T", [("X.BN", "2025-01", "10"), ("M.BN", "2025-01", "20")])])
            client.push("b", "2025-03-07", [("T", [("X.BN", "2025-01", "11"), ("X.BN", "2025-02", "10")])])
            client.push("c", "2025-04-07", [("T", [("X.BN", "2025-02", "13"), ("M.BN", "2025-01", "26")])])

            def told(*arguments):
                outcome = support.run_cli(daemon.address, "revisions", "T", "-o", "csv", "--later", "latest", *arguments)
                self.assertEqual(outcome.code, 0, outcome)
                return {(row["series"], row["statistic"]): row["value"] or row["reason"] for row in outcome.rows()}

            pooled = told("--pooled")
            self.assertEqual(pooled["(all)", "pairs"], "3")
            self.assertAlmostEqual(float(pooled["(all)", "mean revision"]), (1 + 3 + 6) / 3, places=4)
            self.assertEqual(pooled["(all)", "news slope"], "POOLED")
            window = told("--window", "2m")
            self.assertEqual((window["X.BN", "pairs"], window["X.BN", "minimum"]), ("1", "3"))
            to_date = told("--window", "ytd")
            self.assertEqual((to_date["X.BN", "pairs"], to_date["X.BN", "minimum"], to_date["X.BN", "maximum"]), ("2", "1", "3"))
            refused = support.run_cli(daemon.address, "revisions", "T", "--window", "2m", "--of", "growth")
            self.assertEqual(refused.code, 2, refused)


if __name__ == "__main__":
    unittest.main(verbosity=2)
