"""Real vintages, where they are at hand: 45 full snapshots of US trade, of which nearly every figure only confirms.

The data are not part of the project. They are looked for in $TIDEWAITER_SHARED/data, or in ../shared/data beside the
source tree.
"""

import collections
import sys
import unittest

import guarantees
import support
import wire

DATASET = "FT900"


class Ft900Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        cls.client = cls.daemon.client()
        file = support.shared_data() / "us-ft900-vintages" / "snapshots-2016.csv"
        outcome = support.run_cli(cls.daemon.address, "push", file, "--dataset", DATASET)
        assert outcome.code == 0, outcome
        cls.changes = {}  # day -> [(class, flow, month, before, value)]
        stream = cls.client.updates.Subscribe(guarantees.subscribe_request(after=0))
        day = None
        for answer in stream:
            if answer.WhichOneof("event") != "release":
                continue
            if answer.release.HasField("release"):
                day = answer.release.release.header.published_on
                cls.changes[day] = []
            for block in answer.release.changes:
                cls.changes[day] += cls.rows(block)
            if answer.release.last and answer.release.sequence == 45:
                break
        stream.cancel()

    @staticmethod
    def rows(block):
        scales = block.before.scales or [block.before.scale] * len(block.classes)
        for cell, change, before, scale in zip(wire.decode(block.dataset, block.cells), block.classes,
                                               block.before.coefficients, scales):
            name = support.observation.ChangeClass.Name(change).removeprefix("CHANGE_CLASS_")
            yield (name, cell[1].split(".")[2], wire.period_text(*cell[2:4]),
                   None if name == "NEW" else wire.number_text(before, scale), wire.number_text(*cell[4:6]))

    def test_every_snapshot_is_a_release(self):
        entries = self.client.all_releases()
        self.assertEqual([entry.sequence for entry in entries], list(range(1, 46)))
        self.assertEqual(sum(entry.observations for entry in entries), 7004)
        self.assertEqual(len(self.changes), 45)

    def test_counts_by_class(self):
        counts = {day: collections.Counter(name for name, *_ in rows) for day, rows in self.changes.items()}
        moving = {day: count for day, count in counts.items() if set(count) != {"CONFIRMED"}}
        self.assertEqual(moving, {
            "2016-06-29": {"NEW": 152},  # the first snapshot is left-censored
            "2016-07-06": {"NEW": 2, "REVISED": 2, "CONFIRMED": 150},
            "2016-08-05": {"NEW": 2, "REVISED": 2, "CONFIRMED": 152},
            "2016-09-02": {"NEW": 2, "REVISED": 12, "CONFIRMED": 144},
        })
        total = sum(counts.values(), collections.Counter())
        self.assertGreater(total["CONFIRMED"] / sum(total.values()), 0.97)

    def test_revisions(self):
        def revised(day):
            return {row[1:] for row in self.changes[day] if row[0] == "REVISED"}

        self.assertEqual(revised("2016-07-06"), {("X", "2016-04", "182796", "182668"), ("M", "2016-04", "220232", "220051")})
        self.assertEqual(revised("2016-08-05"), {("X", "2016-05", "182354", "182540"), ("M", "2016-05", "223498", "223497")})
        self.assertIn(("X", "2016-01", "179771", "179069"), revised("2016-09-02"))

    def test_as_of_the_day_before_and_after(self):
        for day, value in {"2016-09-01": "179771", "2016-09-02": "179069"}.items():
            outcome = support.run_cli(self.daemon.address, "get", f"{DATASET}/US.W00.X.VALUE.USD_MN", "--as-of", day,
                                      "--from", "2016-01", "--to", "2016-01", "-o", "csv")
            self.assertEqual(outcome.code, 0, outcome)
            self.assertEqual([row["value"] for row in outcome.rows()], [value])

    def test_history_of_what_changed(self):
        entries = self.client.history(DATASET, "US.W00.X.VALUE.USD_MN", type=support.observations.HISTORY_TYPE_CHANGED,
                                      periods=support.observation.PeriodRange(**{"from": "2016-04", "to": "2016-04"}))
        self.assertEqual([(entry.observation.value, entry.observation.published_on) for entry in entries],
                         [("182796", "2016-06-29"), ("182668", "2016-07-06"), ("181546", "2016-09-02")])

    def test_value_since(self):
        cells, _ = self.client.get(DATASET, "US.W00.X.VALUE.USD_MN")
        january = cells["US.W00.X.VALUE.USD_MN", "2016-01"]
        self.assertEqual(january.value, "179069")
        self.assertGreater(january.sequence, 1)
        since = january.value_since.ToDatetime().date().isoformat()
        self.assertEqual(since, "2016-09-02")


if __name__ == "__main__":
    data = support.shared_data()
    if data is None or not (data / "us-ft900-vintages" / "snapshots-2016.csv").exists():
        print("not run: real data (no us-ft900-vintages/snapshots-2016.csv; set TIDEWAITER_SHARED to where data/ lies)")
        sys.exit(0)
    unittest.main(verbosity=2)
