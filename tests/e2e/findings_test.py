"""What eight years of headlines of China's trade say against what was held: findings, from the push to the terminal.

The figures are looked for in $TIDEWAITER_SHARED/data, or in ../shared/data beside the source tree; they are not part of
the project.
"""

import collections
import json
import sys
import time
import unittest

import support

DATASET = "GACC_PRESS"


def prints():
    data = support.shared_data()
    return data and data / "gacc-china-russia" / "prints.csv"


def find(client, **fields):
    """Every finding, page by page, once the daemon has checked all there is."""
    head = client.head()
    while client.analysis.ListFindings(support.analysis.ListFindingsRequest()).position < head:
        time.sleep(0.01)
    request = support.analysis.ListFindingsRequest(**fields)
    found = []
    while True:
        answer = client.analysis.ListFindings(request)
        found += answer.findings
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token


def year_to_date(finding):
    return finding.period[5:7] == "01" and "/P" in finding.period


class FindingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        outcome = support.run_cli(cls.daemon.address, "push", prints(), "--dataset", DATASET, "--publisher", "GACC",
                                  "--time-zone", "Asia/Shanghai")
        assert outcome.code == 0, outcome

    def setUp(self):
        self.client = self.daemon.client()

    def implied(self):
        found = find(self.client, dataset=DATASET, keys=["CN.RU..VALUE.USD.BN"],
                     kinds=[support.finding.FINDING_KIND_IMPLIED_REVISION])
        return [f for f in found if year_to_date(f)]

    def test_implied_revisions_of_trade_with_russia(self):
        implied = self.implied()
        self.assertEqual(len({f.period for f in implied}), 45)
        counts = collections.Counter((f.series[0].split(".")[2], "down" if f.amount.startswith("-") else "up")
                                     for f in implied)
        self.assertEqual(counts, {("M", "up"): 34, ("M", "down"): 1, ("X", "down"): 24, ("T", "up"): 28,
                                  ("T", "down"): 5})

    def test_january_to_july_2025(self):
        held = {f.series[0].split(".")[2]: (f.held.value, f.implied_low, f.implied_high, f.amount)
                for f in self.implied() if f.period == "2025-01/P7M"}
        self.assertEqual(held, {"T": ("136.67", "136.759", "137.017", "0.089"),
                                "X": ("61.64", "61.414", "61.493", "-0.147"),
                                "M": ("75.03", "75.327", "75.421", "0.297")})

    def test_broken_turnover(self):
        found = find(self.client, dataset=DATASET, kinds=[support.finding.FINDING_KIND_BROKEN_IDENTITY])
        broken = {(f.series[0], f.period, f.amount) for f in found if f.identity == "X + M = T"}
        self.assertEqual(broken, {("CN.RU.T.VALUE.USD.BN", "2022-09", "-0.010"),
                                  ("CN.W00.T.VALUE.USD.BN", "2023-01/P5M", "40")})

    def test_the_cut_of_march_2023(self):
        found = find(self.client, dataset=DATASET, keys=["CN.W00.X.VALUE.USD.BN"],
                     kinds=[support.finding.FINDING_KIND_UNANNOUNCED_REVISION])
        self.assertIn(("2023-03", "315.589337", "305.04", "-10.549337", "2023-08-11"),
                      [(f.period, f.held.value, f.printed.value, f.amount, f.published_on) for f in found])

    def test_after_a_restart_and_after_a_crash_the_same(self):
        before = find(self.client)
        self.assertEqual(len({f.id for f in before}), len(before))
        for crash in (False, True):
            self.daemon.restart(crash=crash)
            self.client = self.daemon.client()
            self.assertEqual(find(self.client), before)
            self.assertEqual(find(self.client, page_size=7), before)

    def test_by_sequence(self):
        everything = find(self.client)
        middle = everything[len(everything) // 2].found_by
        first = find(self.client, until_sequence=middle)
        rest = find(self.client, after_sequence=middle)
        self.assertEqual(first + rest, everything)

    def test_from_the_shell(self):
        find(self.client)
        outcome = support.run_cli(self.daemon.address, "findings", f"{DATASET}/CN.RU.T.VALUE.USD.BN", "--kind",
                                  "implied_revision", "--from", "2025-01", "--to", "2025-07", "-o", "csv")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(outcome.columns(), ["kind", "series", "period", "sequence", "published_at", "printed", "held",
                                             "implied_low", "implied_high", "amount", "status"])
        self.assertIn(("2025-01/P7M", "125.8", "136.67", "136.759", "137.017", "0.089"),
                      [(r["period"], r["printed"], r["held"], r["implied_low"], r["implied_high"], r["amount"])
                       for r in outcome.rows()])
        table = support.run_cli(self.daemon.address, "findings", DATASET, "--from", "2025-01", "--to", "2025-07")
        self.assertTrue(table.out.startswith(DATASET), table)
        nothing = support.run_cli(self.daemon.address, "findings", f"{DATASET}/CN.JP.T.VALUE.USD.BN")
        self.assertEqual((nothing.code, nothing.out), (0, ""))
        self.assertIn(f"no findings of {DATASET}/CN.JP.T.VALUE.USD.BN; releases up to", nothing.err)
        document = json.loads(support.run_cli(self.daemon.address, "findings", "-o", "json").out)
        self.assertEqual(len(document["findings"]), len(find(self.client)))
        refused = support.run_cli(self.daemon.address, "findings", DATASET, "--kind", "gossip")
        self.assertEqual(refused.code, 2, refused)

    def test_pushed(self):
        everything = find(self.client)
        request = support.updates.SubscribeRequest(after_sequence=0, findings=True)
        stream = self.client.updates.Subscribe(request)
        pushed, released, head = [], 0, self.client.head()
        for answer in stream:
            event = answer.WhichOneof("event")
            if event == "release" and answer.release.last:
                released = answer.release.sequence
            elif event == "findings":
                self.assertLessEqual(answer.findings.sequence, released)
                pushed += [f for f in answer.findings.findings if f.found_by == answer.findings.sequence]
                if answer.findings.last and answer.findings.sequence == head:
                    break
        stream.cancel()
        self.assertEqual(pushed, everything)

    def test_pushed_from_where_they_were_left(self):
        everything = find(self.client)
        middle = everything[len(everything) // 2].found_by
        request = support.updates.SubscribeRequest(findings=True, findings_after_sequence=middle)
        request.selectors.add(dataset=DATASET, key="CN.RU..VALUE.USD.BN")
        stream = self.client.updates.Subscribe(request)
        head, pushed = self.client.head(), []
        for answer in stream:
            if answer.WhichOneof("event") == "findings":
                pushed += [f for f in answer.findings.findings if f.found_by == answer.findings.sequence]
                if answer.findings.last and answer.findings.sequence == head:
                    break
        stream.cancel()
        self.assertEqual(pushed, find(self.client, dataset=DATASET, keys=["CN.RU..VALUE.USD.BN"], after_sequence=middle))

    def test_watched(self):
        head = self.client.head()
        find(self.client)
        outcome = support.run_cli(self.daemon.address, "watch", DATASET, "--findings", "--from-sequence", "0",
                                  "--until-sequence", head, "-o", "ndjson")
        self.assertEqual(outcome.code, 0, outcome)
        kinds = [json.loads(line)["type"] for line in outcome.out.splitlines()]
        found = [json.loads(line) for line in outcome.out.splitlines() if json.loads(line)["type"] == "finding"]
        self.assertEqual(len({f["id"] for f in found}), len(find(self.client, dataset=DATASET)), kinds[:5])

    def test_bad_input_names_its_fields(self):
        failure = support.failure_of(lambda: self.client.analysis.ListFindings(support.analysis.ListFindingsRequest(
            keys=["CN"], kinds=[99], page_token="nonsense")))
        self.assertEqual(set(failure.violations), {"dataset", "kinds[0]"})
        failure = support.failure_of(lambda: self.client.analysis.ListFindings(
            support.analysis.ListFindingsRequest(dataset="NOBODY")))
        self.assertEqual(failure.reason, "DATASET_NOT_FOUND")


if __name__ == "__main__":
    if prints() is None or not prints().exists():
        print("not run: findings (no gacc-china-russia/prints.csv; set TIDEWAITER_SHARED to where data/ lies)")
        sys.exit(0)
    unittest.main(verbosity=2)
