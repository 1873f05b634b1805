"""The main job: a feeder pushes a file of real releases, a subscriber watches, readers ask at any vintage.

The figures that are expected here were read in the file and its sources, not in the daemon's answers.
"""

import csv
import json
import signal
import subprocess
import unittest

import guarantees
import support
import wire

DATASET = "GACC_PRESS"
DIMENSIONS = ["reporter", "partner", "flow", "measure", "currency", "unit"]
TURNOVER = "CN.RU.T.VALUE.USD.BN"
WORLD_EXPORTS = "CN.W00.X.VALUE.USD.BN"
GET_COLUMNS = "series,period,value,step,unit,status,published_at,sequence,value_since,source".split(",")
HISTORY_COLUMNS = GET_COLUMNS + ["vintage_change", "event_change", "published_to"]


def demo_rows():
    with open(support.DEMO_DATA, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def row_cell(row):
    start = row["period_start"]
    months = int(row["period_months"])
    period = start if months == 1 else f"{start}/P{months}M"
    return wire.cell(DATASET, ".".join(row[dimension] for dimension in DIMENSIONS), period, row["value"])


def demo_truth():
    """One release a day, in order of publication."""
    truth = guarantees.Truth()
    rows = demo_rows()
    for number, day in enumerate(sorted({row["published_on"] for row in rows}), start=1):
        truth.accept(number, wire.canonical_order(row_cell(row) for row in rows if row["published_on"] == day))
    return truth


class MainJobTest(unittest.TestCase):
    """The tests read one store, filled once; those that push leave it as it was."""

    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        cls.client = cls.daemon.client()
        cls.subscriber = guarantees.Subscriber(cls.daemon)
        cls.pushed = cls.cli("push", support.DEMO_DATA, "--dataset", DATASET)
        assert cls.pushed.code == 0, cls.pushed

    @classmethod
    def cli(cls, *arguments, **options):
        return support.run_cli(cls.daemon.address, *arguments, **options)

    def read(self, command, key, *arguments):
        """{period: [rows]} of `get` or `history`, as CSV."""
        outcome = self.cli(command, f"{DATASET}/{key}", "-o", "csv", *arguments)
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(outcome.columns(), GET_COLUMNS if command == "get" else HISTORY_COLUMNS)
        by_period = {}
        for row in outcome.rows():
            by_period.setdefault(row["period"], []).append(row)
        return by_period

    def value(self, key, period, *arguments):
        row, = self.read("get", key, *arguments)[period]
        return row["value"]

    def test_every_release_was_taken_whole(self):
        truth = demo_truth()
        entries = self.client.all_releases()
        self.assertEqual(len(entries), 96)
        self.assertEqual([entry.sequence for entry in entries], list(range(1, 97)))
        self.assertEqual(sum(entry.observations for entry in entries), 834)
        self.assertEqual([entry.observations for entry in entries],
                         [len(truth.cells[sequence]) for sequence in range(1, 97)])
        self.assertEqual(len({entry.digest for entry in entries}), 96)

    def test_subscriber_saw_each_release_once_in_order_whole(self):
        truth = demo_truth()
        truth.read_tokens(self.client)
        recording = self.subscriber.finish(96)
        self.assertEqual(guarantees.violations(recording, truth), [])
        self.assertEqual(recording.sequences(), list(range(1, 97)))

    def test_dataset_was_made_of_the_columns(self):
        dataset = self.client.datasets.GetDataset(support.datasets.GetDatasetRequest(id=DATASET)).dataset
        self.assertEqual([dimension.id for dimension in dataset.dimensions], DIMENSIONS)
        outcome = self.cli("datasets", "-o", "json")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn(DATASET, json.dumps(json.loads(outcome.out)))

    def test_series_are_listed_by_selector(self):
        outcome = self.cli("series", f"{DATASET}/CN.RU..VALUE.USD.BN", "-o", "csv")
        self.assertEqual(outcome.code, 0, outcome)
        expected = {cell[1] for cells in demo_truth().cells.values() for cell in cells}
        expected = {key for key in expected if key.startswith("CN.RU.") and key.endswith(".VALUE.USD.BN")}
        self.assertEqual({row["series"] for row in outcome.rows()}, expected)

    def test_turnover_of_2024_as_of_two_dates(self):
        self.assertEqual(self.value(TURNOVER, "2024-01/P12M", "--as-of", "2025-08-28"), "244.81")
        self.assertEqual(self.value(TURNOVER, "2024-01/P12M", "--as-of", "2025-08-29"), "244.819")
        self.assertEqual(self.value(TURNOVER, "2024-01/P12M"), "244.819")
        self.assertNotIn("2024-01/P12M", self.read("get", TURNOVER, "--as-of", "2025-01-12"))

    def test_yearly_turnovers(self):
        for year, value in {2022: "190.271", 2023: "240.11", 2024: "244.819", 2025: "228.105"}.items():
            self.assertEqual(self.value(TURNOVER, f"{year}-01/P12M"), value)

    def test_january_to_july_2025(self):
        for flow, value in {"T": "125.8", "X": "56.23", "M": "69.57"}.items():
            self.assertEqual(self.value(f"CN.RU.{flow}.VALUE.USD.BN", "2025-01/P7M"), value)
        for flow, rate in {"T": "-8.1", "X": "-8.5", "M": "-7.7"}.items():
            self.assertEqual(self.value(f"CN.RU.{flow}.YOY.USD.PCT", "2025-01/P7M"), rate)

    def test_unannounced_revision_of_march_2023(self):
        first, second = self.read("history", WORLD_EXPORTS, "--from", "2023-03", "--to", "2023-03")["2023-03"]
        self.assertEqual([first["value"], second["value"]], ["315.589337", "305.04"])
        self.assertEqual([first["vintage_change"], second["vintage_change"]], ["NEW", "REVISED"])
        self.assertEqual([first["event_change"], second["event_change"]], ["NEW", "REVISED"])
        self.assertTrue(first["published_at"].startswith("2023-04-18"), first)
        self.assertTrue(second["published_at"].startswith("2023-08-11"), second)
        self.assertEqual(first["published_to"], second["published_at"])
        self.assertEqual(second["published_to"], "")

    def test_which_finer_prints_of_2021_are_within_rounding(self):
        """146.887 does not round to 146.88: what came between was cut, not rounded."""
        entries = [entry for entry in self.client.history(DATASET, TURNOVER)
                   if entry.observation.period == "2021-01/P12M"]
        self.assertEqual([entry.observation.value for entry in entries], ["146.9", "146.88", "146.887"])
        self.assertEqual([entry.vintage_change.within_rounding for entry in entries], [False, True, False])

    def test_output_types(self):
        for output_type, values in {"all": ["315.589337", "305.04"], "changed": ["315.589337", "305.04"],
                                    "initial": ["315.589337"], "latest": ["305.04"]}.items():
            rows = self.read("history", WORLD_EXPORTS, "--from", "2023-03", "--to", "2023-03",
                             "--output-type", output_type)["2023-03"]
            self.assertEqual([row["value"] for row in rows], values, output_type)

    def test_every_value_is_printed_digit_for_digit(self):
        latest = {}
        for sequence, cells in sorted(demo_truth().cells.items()):
            for cell in cells:
                latest[cell[1], wire.period_text(*cell[2:4])] = wire.number_text(*cell[4:6])
        outcome = self.cli("get", f"{DATASET}/*", "-o", "csv")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual({(row["series"], row["period"]): row["value"] for row in outcome.rows()}, latest)

    def test_json_and_ndjson(self):
        arguments = ("get", f"{DATASET}/{TURNOVER}", "--from", "2024-01", "--to", "2024-12")
        of_csv = self.cli(*arguments, "-o", "csv").rows()
        of_json = json.loads(self.cli(*arguments, "-o", "json").out)
        of_lines = [json.loads(line) for line in self.cli(*arguments, "-o", "ndjson").out.splitlines()]
        expected = sorted((row["period"], row["value"]) for row in of_csv)
        self.assertGreater(len(expected), 5)
        for objects in (json_rows(of_json), of_lines):
            self.assertEqual(sorted((row["period"], str(row["value"])) for row in objects if "period" in row), expected)

    def test_table_is_for_people(self):
        outcome = self.cli("get", f"{DATASET}/{TURNOVER}", "--from", "2024-01", "--to", "2024-12", "-o", "table")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("244.819", outcome.out)
        self.assertNotIn("\x1b", outcome.out, "colour belongs on a terminal only")

    def test_watch_replays_changes_and_releases(self):
        process = subprocess.Popen(
            support.cli_command(self.daemon.address, "watch", f"{DATASET}/{WORLD_EXPORTS}", "--from-sequence", "0",
                                "-o", "ndjson"), stdout=subprocess.PIPE, encoding="utf-8")
        truth = demo_truth()
        owed = truth.matching(lambda cell: cell[1] == WORLD_EXPORTS, 0, 96)
        sequences, changes, pending = [], [], []
        for line in process.stdout:
            record = json.loads(line)
            self.assertIn("sequence", record)
            if is_release(record):
                self.assertTrue(all(change["sequence"] == record["sequence"] for change in pending), pending)
                sequences.append(record["sequence"])
                changes += pending
                pending = []
                if record["sequence"] == owed[-1]:
                    break
            elif "period" in record:
                pending.append(record)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 130)
        process.stdout.close()
        self.assertEqual(sequences, owed)
        of_march = [change["value"] for change in changes if change["period"] == "2023-03"]
        self.assertEqual(of_march, ["315.589337", "305.04"])

    def test_the_same_file_again_changes_nothing(self):
        before = [entry.SerializeToString() for entry in self.client.all_releases()]
        outcome = self.cli("push", support.DEMO_DATA, "--dataset", DATASET)
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual([entry.SerializeToString() for entry in self.client.all_releases()], before)

    def test_changed_content_under_the_same_id_is_refused(self):
        held = {entry.header.published_on: entry for entry in self.client.all_releases()}["2025-08-07"]
        with support.temporary_folder() as folder:
            rows = [row for row in demo_rows() if row["published_on"] == "2025-08-07"]
            rows[0]["value"] = "99.99"
            changed = folder / "changed.csv"
            with open(changed, "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(rows)
            outcome = self.cli("push", changed, "--dataset", DATASET)
        self.assertEqual(outcome.code, 6, outcome)
        self.assertIn(held.digest, outcome.err)
        digests = {word.strip("'\".,;:()[]=") for word in outcome.err.replace("=", " ").split()}
        digests = {word for word in digests if len(word) == 64 and set(word) <= set("0123456789abcdef")}
        self.assertEqual(len(digests), 2, outcome)
        self.assertEqual(self.client.head(), 96)

    def test_dry_run_stores_nothing(self):
        with support.temporary_folder() as folder:
            file = folder / "next.csv"
            file.write_text("published_on,period_start,period_months," + ",".join(DIMENSIONS) + ",value\n"
                            "2026-02-07,2025-01,12,CN,RU,T,VALUE,USD,BN,228.11\n")
            outcome = self.cli("push", file, "--dataset", DATASET, "--dry-run")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("228.11", outcome.out + outcome.err)
        self.assertIn("228.105", outcome.out + outcome.err)
        self.assertEqual(self.client.head(), 96)
        self.assertEqual(self.value(TURNOVER, "2025-01/P12M"), "228.105")

    def test_releases_and_status(self):
        outcome = self.cli("releases", DATASET, "-o", "csv")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual([row["sequence"] for row in outcome.rows()], [str(number) for number in range(1, 97)])
        outcome = self.cli("status", "-o", "json")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("834", json.dumps(json.loads(outcome.out)))


def json_rows(document):
    """The array of rows of a JSON answer, whether it is the document or stands in it."""
    if isinstance(document, list):
        return document
    return next(value for value in document.values() if isinstance(value, list))


def is_release(record):
    return record.get("type") == "release" or "release" in record and "period" not in record


if __name__ == "__main__":
    unittest.main(verbosity=2)
