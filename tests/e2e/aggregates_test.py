"""Aggregates from the terminal and over gRPC, on the real figures of the demo.

The figures that are expected here were computed from the file by hand, not read in the daemon's answers; those of the
publisher are marked as printed.
"""

import json
import unittest

import support
from support import aggregate, aggregates, observation

DATASET = "GACC_PRESS"
TURNOVER = "CN.RU.T.VALUE.USD.BN"
WORLD_EXPORTS = "CN.W00.X.VALUE.USD.BN"
COLUMNS = "series,period,window,transform,value,unit,status,reason,derivation,published_at,sequence".split(",")


class AggregatesTest(unittest.TestCase):
    """The tests read one store, filled once."""

    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        cls.client = cls.daemon.client()
        pushed = support.run_cli(cls.daemon.address, "push", support.DEMO_DATA, "--dataset", DATASET, "--publisher",
                                 "GACC", "--time-zone", "Asia/Shanghai")
        assert pushed.code == 0, pushed

    def cli(self, key, *arguments, code=0):
        outcome = support.run_cli(self.daemon.address, "aggregate", f"{DATASET}/{key}", *arguments)
        self.assertEqual(outcome.code, code, outcome)
        return outcome

    def rows(self, key, *arguments):
        outcome = self.cli(key, "-o", "csv", *arguments)
        self.assertEqual(outcome.columns(), COLUMNS)
        return outcome.rows()

    def figure(self, key, *arguments):
        """The one figure of an answer, as JSON has it."""
        rows = json.loads(self.cli(key, "-o", "json", *arguments).out)["aggregates"]
        self.assertEqual(len(rows), 1, rows)
        return rows[0]

    def value(self, key, *arguments):
        return self.figure(key, *arguments)["value"]

    # ---- windows

    def test_twelve_months_around_a_combined_january_and_february(self):
        july = self.figure(TURNOVER, "--window", "t12m", "--month", "2025-07")
        self.assertEqual((july["value"], july["bound"]), ("233.949", "0.0555"))
        self.assertEqual(july["period"], "2024-08/P12M")
        self.assertEqual(july["derivation"], "DIFFERENCED")
        self.assertTrue(july["across_releases"])
        self.assertEqual(self.value(TURNOVER, "--window", "t12m", "--month", "2025-02"), "242.574")
        self.assertEqual(self.value(TURNOVER, "--window", "t12m", "--month", "2025-12"), "228.105")

    def test_twelve_months_to_january_are_undefined_and_say_why(self):
        row, = self.rows(TURNOVER, "--window", "t12m", "--month", "2025-01")
        self.assertEqual((row["value"], row["status"], row["reason"]), ("", "UNDEFINED", "COMBINED_MONTHS"))
        table = self.cli(TURNOVER, "--window", "t12m", "--month", "2025-01").out
        self.assertIn("undefined: ", table)
        self.assertIn("January-February 2024 is published as one", table)

    def test_month_as_published_and_by_difference(self):
        self.assertEqual(self.value(TURNOVER, "--month", "2025-07"), "19.14")
        by_difference = self.figure(TURNOVER, "--month", "2025-07", "--derivation", "differenced")
        self.assertEqual((by_difference["value"], by_difference["derivation"]), ("19.32", "DIFFERENCED"))

    def test_every_month_from_the_first_to_the_last_has_a_row(self):
        rows = self.rows(TURNOVER, "--window", "ytd")
        self.assertEqual(rows[0]["period"], "2016-01/P12M")
        self.assertEqual(rows[-1]["period"], "2025-01/P12M")
        self.assertEqual(len(rows), 9 * 12 + 1)
        self.assertEqual({row["status"] for row in rows}, {"OK", "UNDEFINED"})
        for row in rows:
            self.assertEqual(row["value"] == "", row["status"] == "UNDEFINED", row)
            self.assertEqual(row["reason"] == "", row["status"] == "OK", row)

    def test_a_window_of_years_has_a_row_a_year(self):
        rows = self.rows(TURNOVER, "--window", "year", "--from", "2022-01")
        self.assertEqual([(row["period"], row["value"]) for row in rows],
                         [("2022-01/P12M", "190.271"), ("2023-01/P12M", "240.11"), ("2024-01/P12M", "244.819"),
                          ("2025-01/P12M", "228.105")])

    # ---- transforms

    def test_growth_beside_the_printed_rate(self):
        year = self.figure(TURNOVER, "--window", "year", "--transform", "yoy", "--month", "2025-12", "--with-published")
        self.assertEqual((year["value"], year["unit"]), ("-6.8", "PCT"))
        self.assertEqual(year["published_rate"]["value"], "-6.9")
        july = self.figure(TURNOVER, "--window", "ytd", "--transform", "yoy", "--month", "2025-07", "--with-published")
        self.assertEqual((july["value"], july["published_rate"]["value"]), ("-8.0", "-8.1"))
        self.assertEqual(july["published_rate"]["series"], "CN.RU.T.YOY.USD.PCT")
        table = self.cli(TURNOVER, "--window", "ytd", "--transform", "yoy", "--month", "2025-07", "--with-published").out
        self.assertIn("printed", table)
        self.assertIn("-8.1", table)

    def test_growth_at_two_vintages(self):
        """315.589337 and 305.04 over 276, as the press gave March 2022."""
        arguments = ("--transform", "yoy", "--month", "2023-03")
        self.assertEqual(self.value(WORLD_EXPORTS, *arguments, "--as-of", "2023-08-10"), "14.3")
        self.assertEqual(self.value(WORLD_EXPORTS, *arguments, "--as-of", "2023-08-11"), "10.5")

    def test_first_print_against_latest(self):
        arguments = (WORLD_EXPORTS, "--transform", "yoy", "--month", "2023-03", "--with-published")
        first = self.figure(*arguments, "--realtime", "first")
        self.assertEqual((first["value"], first["published_rate"]["value"]), ("14.3", "14.8"))
        self.assertTrue(first["vintage"]["as_of"].startswith("2023-04-18"), first)
        latest = self.figure(*arguments, "--realtime", "latest")
        self.assertEqual((latest["value"], latest["published_rate"]["value"]), ("10.5", "11.4"))
        self.assertIsNone(latest["vintage"])
        self.assertEqual(self.value(*arguments[:-1], "--realtime", "nth:2"), "10.5")
        # The first figures of January to March came some days before that of March alone.
        quarter = self.figure(WORLD_EXPORTS, "--window", "ytd", "--month", "2023-03", "--realtime", "first")
        self.assertLess(quarter["vintage"]["as_of"], first["vintage"]["as_of"])
        after = self.figure(*arguments[:-1], "--realtime", "after:3m")
        self.assertEqual(after["value"], "14.3")
        self.assertEqual(self.value(*arguments[:-1], "--realtime", "after:4m"), "10.5")
        third = self.figure(*arguments[:-1], "--realtime", "nth:3")
        self.assertEqual((third["value"], third["reason"]), (None, "NO_SUCH_PRINT"))

    def test_share_in_a_total_of_the_same_flow_and_currency(self):
        """228.105 of 6,480."""
        share = self.figure(TURNOVER, "--window", "year", "--transform", "share", "--total", ".W00....", "--month",
                            "2025-12")
        self.assertEqual((share["value"], share["unit"]), ("3.5", "PCT"))

    def test_shares_and_contributions_name_their_total(self):
        for transform in ("share", "contribution"):
            arguments = (TURNOVER, "--window", "year", "--transform", transform, "--month", "2025-12")
            refused = self.cli(*arguments, code=6)
            self.assertIn("--total: is needed by --transform " + transform, refused.err)
            refused = self.cli(*arguments, "--total", ".ZZ....", code=6)
            self.assertIn('--total: ".ZZ...." is the total of nothing selected', refused.err)
            self.assertEqual(refused.out, "")
        self.assertEqual(self.value(TURNOVER, "--window", "year", "--transform", "share", "--month", "2025-12",
                                    "--total", "*"), "100.0")

    def test_balances_have_no_shares(self):
        share = self.figure("CN.RU.B.VALUE.USD.BN", "--window", "ytd", "--transform", "share", "--total", ".W00.T...",
                            "--month", "2025-07")
        self.assertEqual((share["value"], share["reason"]), (None, "MIXED_SIGNS"))

    def test_the_printed_rate_is_a_column_of_its_own(self):
        outcome = self.cli(TURNOVER, "--window", "ytd", "--transform", "yoy", "--month", "2025-07", "--with-published",
                           "-o", "csv")
        self.assertEqual(outcome.columns(), COLUMNS + ["printed"])
        self.assertEqual([(row["value"], row["printed"]) for row in outcome.rows()], [("-8.0", "-8.1")])

    def test_what_is_stated_but_not_as_wished(self):
        table = self.cli(TURNOVER, "--derivation", "summed", "--month", "2025-07").out
        self.assertIn("undefined: no stated runs add up to July 2025", table)

    def test_balance_turnover_and_ratio(self):
        """X 56.23 and M 69.57 of January to July 2025."""
        arguments = ("CN.RU..VALUE.USD.BN", "--window", "ytd", "--month", "2025-07", "--transform")
        balance = self.figure(*arguments, "balance")
        self.assertEqual((balance["series"], balance["value"]), ("CN.RU.B.VALUE.USD.BN", "-13.34"))
        turnover = self.figure(*arguments, "turnover")
        self.assertEqual((turnover["series"], turnover["value"]), ("CN.RU.T.VALUE.USD.BN", "125.80"))
        ratio = self.figure(*arguments, "ratio")
        self.assertEqual((ratio["series"], ratio["value"], ratio["unit"]), ("CN.RU.X_M.VALUE.USD.BN", "0.808", None))

    def test_run_rate_is_called_an_extrapolation(self):
        rate = self.figure(TURNOVER, "--window", "ytd", "--transform", "run-rate", "--month", "2025-07")
        self.assertEqual((rate["value"], rate["status"]), ("215.657", "EXTRAPOLATED"))  # 125.8 * 12 / 7
        table = self.cli(TURNOVER, "--window", "ytd", "--transform", "run-rate", "--month", "2025-07").out
        self.assertIn("an extrapolation", table)

    def test_index(self):
        index = self.figure(TURNOVER, "--window", "year", "--transform", "index", "--base", "2022", "--month", "2025-12")
        self.assertEqual((index["value"], index["unit"]), ("119.9", "2022-01/P12M=100"))  # 228.105 / 190.271
        refused = self.cli(TURNOVER, "--window", "year", "--transform", "index", "--base", "1999", code=6)
        self.assertIn("base", refused.err)
        self.assertIn("outside of the data", refused.err)

    # ---- sums and ranks

    PARTNERS = "CN.AFRICA+ASEAN+EU+LATAM+RU+US.T.VALUE.USD.BN"

    def test_top_partners(self):
        rows = json.loads(self.cli(self.PARTNERS, "--window", "year", "--top", "3", "--month", "2025-12", "-o",
                                   "json").out)["aggregates"]
        self.assertEqual([(row["rank"], row["series"].split(".")[1], row["value"]) for row in rows],
                         [(1, "ASEAN", "1054"), (2, "EU", "828.1"), (3, "US", "559.7")])

    def test_sum_of_partners_and_who_is_left_out(self):
        total = self.figure(self.PARTNERS, "--window", "year", "--sum", "--month", "2025-12")
        self.assertEqual((total["series"], total["value"]), ("_T._T._T._T._T._T", "3566.995"))
        self.assertEqual((total["members"], total["status"]), (6, "OK"))
        earlier = self.figure(self.PARTNERS, "--window", "year", "--sum", "--month", "2024-12")
        self.assertEqual((earlier["value"], earlier["members"], earlier["left_out"], earlier["status"]),
                         ("933.119", 2, 4, "PARTIAL"))  # US 688.3 and RU 244.819
        complete = self.figure(self.PARTNERS, "--window", "year", "--sum", "--month", "2024-12", "--composition",
                               "complete")
        self.assertEqual(complete["status"], "UNDEFINED")

    def test_dated_groups(self):
        rows = self.rows(self.PARTNERS, "--window", "year", "--month", "2025-12", "--group", "WEST=partner:US+EU",
                         "--group", "REST=partner:RU,AFRICA@..2024-12")
        self.assertEqual([(row["series"], row["value"]) for row in rows],
                         [("CN.REST.T.VALUE.USD.BN", "228.105"), ("CN.WEST.T.VALUE.USD.BN", "1387.8")])

    # ---- refusals

    def test_refusals_name_the_field_and_the_remedy(self):
        for arguments, words in (
                ((TURNOVER, "--transform", "annualised", "--lag", "5"), ("--lag: ", "divide 12")),
                ((TURNOVER, "--transform", "run-rate"), ("--window: ", "year to date")),
                ((TURNOVER, "--group", "G"), ("--group: ", '"G"', "tidewaiter conventions")),
                (("CN.RU....", "--sum"), ("USD BN", "USD PCT", "select one")),
                ((TURNOVER, "--group-by", "nation"), ("--group-by", "partner")),
                ((TURNOVER, "--group", "G=partner:XX"), ("--group: ", "XX")),
                (("CN.RU.T.YOY.USD.PCT", "--transform", "balance"), ("summed",)),
                ((TURNOVER, "--window", "year", "--month", "2025-07"), ("--month, --from or --to: ", "month 12"))):
            refused = self.cli(*arguments, code=6)
            self.assertEqual(refused.out, "", arguments)
            for word in words:
                self.assertIn(word, refused.err, arguments)
        self.assertIn("CN.XX.T", self.cli("CN.XX.T.VALUE.USD.BN", code=3).err)
        self.assertIn("no series", self.cli("CN.XX....", code=3).err)
        for arguments in (("--window", "fortnight"), ("--transform", "logs"), ("--realtime", "second"),
                          ("--group", "partner:RU"), ("--explain", "-o", "csv")):
            self.assertEqual(self.cli(TURNOVER, *arguments, code=2).out, "", arguments)

    def test_overlapping_questions_of_rates(self):
        """A rate is shown as published, and never made of others."""
        row, = self.rows("CN.RU.T.YOY.USD.PCT", "--window", "ytd", "--month", "2025-07")
        self.assertEqual((row["value"], row["derivation"]), ("-8.1", "PUBLISHED"))
        row, = self.rows("CN.RU.T.YOY.USD.PCT", "--window", "t12m", "--month", "2025-07")
        self.assertEqual((row["status"], row["reason"]), ("UNDEFINED", "NOT_ADDITIVE"))

    # ---- explanations, formats, vintages

    def test_explanation_adds_up(self):
        july = self.figure(TURNOVER, "--window", "t12m", "--month", "2025-07", "--explain")
        term, = july["terms"]
        part, = term["parts"]
        self.assertEqual(part["series"], TURNOVER)
        operands = [(operand["period"], operand["subtracted"], operand["value"]) for operand in part["path"]["operands"]]
        self.assertEqual(sorted(operands), [("2024-01/P12M", False, "244.819"), ("2024-01/P7M", True, "136.67"),
                                            ("2025-01/P7M", False, "125.8")])
        month = self.figure(TURNOVER, "--month", "2025-07", "--explain")
        others = month["terms"][0]["parts"][0]["others"]
        self.assertIn("19.32", [other["value"] for other in others])
        table = self.cli(TURNOVER, "--window", "t12m", "--month", "2025-07", "--explain").out
        self.assertIn("    - ", table)
        self.assertIn("136.67", table)

    def test_the_same_again(self):
        outcome = self.cli(TURNOVER, "--window", "t12m", "--as-of", "2025-08-28", "-o", "json")
        read_at = json.loads(outcome.out)["vintage"]
        again = self.cli(TURNOVER, "--window", "t12m", "--as-of", "2025-08-28", "--at-sequence",
                         str(read_at["sequence"]), "-o", "json")
        self.assertEqual(outcome.out, again.out)
        lines = self.cli(TURNOVER, "--window", "t12m", "--as-of", "2025-08-28", "-o", "ndjson").out.splitlines()
        self.assertEqual([json.loads(line) for line in lines], json.loads(outcome.out)["aggregates"])

    def test_help_shows_examples_that_work(self):
        text = support.run_cli(self.daemon.address, "aggregate", "--help").out
        examples = [line.split()[1:] for line in text.splitlines() if line.startswith("  tidewaiter aggregate GACC")]
        self.assertGreaterEqual(len(examples), 6)
        for example in examples:
            outcome = support.run_cli(self.daemon.address, *example)
            self.assertEqual(outcome.code, 0, outcome)
            self.assertNotIn("\n0 figures", "\n" + outcome.out, example)

    def test_columns_and_pages_say_the_same(self):
        query = aggregate.AggregateQuery(dataset=DATASET, keys=["CN.RU..VALUE.USD.BN"],
                                         window=aggregate.Window(months=12))
        request = aggregates.GetAggregatesRequest(query=query, format=observation.FORMAT_ROWS, page_size=7)
        rows = []
        while True:
            answer = self.client.aggregates.GetAggregates(request)
            self.assertLessEqual(len(answer.aggregates), 7)
            rows += answer.aggregates
            if not answer.next_page_token:
                break
            request.page_token = answer.next_page_token
        whole = self.client.aggregates.GetAggregates(
            aggregates.GetAggregatesRequest(query=query, format=observation.FORMAT_ROWS))
        self.assertEqual(rows, list(whole.aggregates))
        columns = []
        for message in self.client.aggregates.StreamAggregates(aggregates.StreamAggregatesRequest(query=query)):
            columns += figures_of(message.block)
        self.assertEqual(columns, [(row.series, row.period, row.value, row.bound, row.reason) for row in rows])
        self.assertEqual(whole.query.window.year_start_month, 1)

    # ---- aggregates that move

    def test_watch_tells_what_each_release_moved(self):
        """The unannounced revision of March 2023 moves its growth, and nothing else of that month's."""
        history = support.run_cli(self.daemon.address, "history", f"{DATASET}/{WORLD_EXPORTS}", "-o", "csv").rows()
        last = max(int(row["sequence"]) for row in history)
        outcome = support.run_cli(self.daemon.address, "watch", f"{DATASET}/{WORLD_EXPORTS}", "--aggregate", "month:yoy",
                                  "--aggregate", "ytd:level", "--from-sequence", "0", "--until-sequence", str(last),
                                  "-o", "ndjson")
        self.assertEqual(outcome.code, 0, outcome)
        records = [json.loads(line) for line in outcome.out.splitlines()]
        moves = [record for record in records if record["type"] == "aggregate"]
        of_march = [(move["sequence"], move["before"], move["value"]) for move in moves
                    if move["period"] == "2023-03" and move["transform"] == "growth lag 12"]
        self.assertEqual(of_march, [(53, None, "14.3"), (59, "14.3", "10.5")])
        # Whoever keeps the last value of each figure holds what a read gives now.
        for window, transform in (("month", "yoy"), ("ytd", "level")):
            kept = {}
            for move in moves:
                if move["transform"].startswith("growth" if transform == "yoy" else transform):
                    kept[move["period"]] = move["value"]
            rows = self.rows(WORLD_EXPORTS, "--window", window, "--transform", transform)
            read = {row["period"]: row["value"] for row in rows if row["value"]}
            self.assertGreater(len(read), 0)
            self.assertEqual({period: value for period, value in kept.items() if value}, read)
        # They are part of their release: nothing of another comes between.
        pending = set()
        for record in records:
            pending.add(record["sequence"])
            if record["type"] == "release":
                self.assertEqual(pending, {record["sequence"]})
                pending = set()
        table = support.run_cli(self.daemon.address, "watch", f"{DATASET}/{WORLD_EXPORTS}", "--aggregate", "month:yoy",
                                "--from-sequence", "58", "--until-sequence", "59").out
        self.assertIn("14.3", table)
        self.assertIn("10.5", table)

    def test_watch_refuses_what_it_cannot_follow(self):
        for target, code, arguments in ((DATASET + "/X.Y", 6, ("--aggregate", "month:level")),
                                        (DATASET, 2, ("--aggregate", "monthly")),
                                        (DATASET, 2, ("--aggregate", "month:level", "-o", "csv"))):
            outcome = support.run_cli(self.daemon.address, "watch", target, "--until-sequence", "1", *arguments)
            self.assertEqual(outcome.code, code, outcome)


def figures_of(block):
    """(series, period, value, bound, reason) of each figure of a block, by the description of the proto alone."""
    def number(column, i):
        scale = column.scales[i] if column.scales else column.scale
        digits = str(abs(column.coefficients[i])).rjust(scale + 1, "0")
        text = digits if scale == 0 else digits[:-scale] + "." + digits[-scale:]
        return ("-" if column.coefficients[i] < 0 else "") + text

    def entry(column, i, default):
        """What a column that leaves out its end says of figure i."""
        return column[min(i, len(column) - 1)] if column else default

    reasons = {figure: entry(block.undefined.reasons, place, 0)
               for place, figure in enumerate(block.undefined.indexes)}
    figures, start = [], 0
    for place, series in enumerate(block.series_list.splitlines()):
        for _ in range(entry(block.counts, place, 1)):
            i = len(figures)
            start += block.period_start_deltas[i] if i < len(block.period_start_deltas) else 0
            months = entry(block.period_months, i, 1)
            first = f"{1970 + start // 12:04d}-{start % 12 + 1:02d}"
            period = first if months == 1 else f"{first}/P{months}M"
            reason = reasons.get(i, 0)
            value, bound = ("", "") if reason else (number(block.values, i), number(block.bounds, i))
            figures.append((series, period, value, bound, reason))
    assert len(figures) == block.figures, block
    return figures


if __name__ == "__main__":
    unittest.main(verbosity=2)
