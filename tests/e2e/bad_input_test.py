"""Bad input: a clear error that names the place, an exit code, and nothing stored."""

import datetime
import unittest

import grpc

import support
import wire

INVALID = grpc.StatusCode.INVALID_ARGUMENT
HEADER = "release,published_on,period,reporter,flow,value,step,status,conf,source,note"
GOOD_ROW = "r1,2025-01-10,2024-12,CN,X,10.5,,,,,"
CELL = ("CN.X", "2024-12", "10.5")


def day_after_tomorrow():
    return (datetime.date.today() + datetime.timedelta(days=3)).isoformat()


class BadInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._context = support.running_daemon()
        cls.daemon = cls._context.__enter__()
        cls.addClassCleanup(cls._context.__exit__, None, None, None)
        cls.client = cls.daemon.client()
        cls.client.create_dataset("T", ["reporter", "flow"])
        cls.client.push("held", "2025-01-01", [("T", [("CN.X", "2024-11", "9.75")])])

    def setUp(self):
        self.before = self.state()

    def tearDown(self):
        self.assertEqual(self.state(), self.before, "something was stored")

    def state(self):
        entries = [entry.SerializeToString() for entry in self.client.all_releases()]
        return entries, self.client.values("T"), len(self.client.datasets.ListDatasets(
            support.datasets.ListDatasetsRequest()).datasets)


class FilesTest(BadInputTest):
    """Through the command line: the message names the file, the row and the column; exit code 6."""

    def refuse(self, content, *words, dataset="T"):
        """`content`: lines, or bytes. Every one of `words` must stand in the message."""
        if not isinstance(content, bytes):
            content = ("\n".join(content) + "\n").encode()
        with support.temporary_folder() as folder:
            file = folder / "input.csv"
            file.write_bytes(content)
            outcome = support.run_cli(self.daemon.address, "push", file, "--dataset", dataset)
        self.assertEqual(outcome.code, 6, outcome)
        for word in ("input.csv", *words):
            self.assertIn(word, outcome.err, outcome)
        return outcome

    def refuse_row(self, row, *words):
        """A good row first: the bad one stands on line 3, and the good one must not be stored either."""
        return self.refuse([HEADER, GOOD_ROW, row], "line 3", *words)

    def test_a_good_file_would_be_taken(self):
        with support.temporary_folder() as folder:
            file = folder / "input.csv"
            file.write_text(HEADER + "\n" + GOOD_ROW + "\n")
            outcome = support.run_cli(self.daemon.address, "push", file, "--dataset", "T", "--dry-run")
        self.assertEqual(outcome.code, 0, outcome)

    def test_quote_that_never_ends(self):
        self.refuse([HEADER, GOOD_ROW, 'r1,2025-01-10,2024-12,CN,M,11.5,,,,"open,'], "line 3")

    def test_text_after_a_closing_quote(self):
        self.refuse_row('r1,2025-01-10,2024-12,CN,M,"11"5,,,,,')

    def test_row_with_too_few_fields(self):
        self.refuse_row("r1,2025-01-10,2024-12,CN")

    def test_row_with_too_many_fields(self):
        self.refuse_row("r1,2025-01-10,2024-12,CN,M,11.5,,,,,,surplus")

    def test_empty_file(self):
        self.refuse(b"")

    def test_unknown_column(self):
        self.refuse([HEADER + ",colour", GOOD_ROW + ",red"], "colour")

    def test_missing_value_column(self):
        self.refuse(["published_on,period,reporter,flow", "2025-01-10,2024-12,CN,X"], "value")

    def test_column_that_stands_twice(self):
        self.refuse([HEADER + ",value", GOOD_ROW + ",1"], "value")

    def test_missing_dimension_column(self):
        self.refuse(["published_on,period,reporter,value", "2025-01-10,2024-12,CN,1"], "flow")

    def test_empty_dimension(self):
        self.refuse_row("r1,2025-01-10,2024-12,CN,,11.5,,,,,", "flow")

    def test_wrong_month(self):
        self.refuse_row("r1,2025-01-10,2024-13,CN,M,11.5,,,,,", "column period", "13")

    def test_wrong_day(self):
        self.refuse_row("r1,2025-02-30,2024-12,CN,M,11.5,,,,,", "published_on", "2025-02-30")

    def test_number_with_two_points(self):
        self.refuse_row("r1,2025-01-10,2024-12,CN,M,1.234.5,,,,,", "value", "1.234.5")

    def test_numbers_that_are_none(self):
        for text in ("nan", "inf", "1e5", "0x10", "1,5", "--1", "１２"):
            with self.subTest(text):
                self.refuse_row(f'r1,2025-01-10,2024-12,CN,M,"{text}",,,,,', "value")

    def test_value_out_of_range(self):
        self.refuse_row("r1,2025-01-10,2024-12,CN,M,1" + "0" * 27 + ",,,,,", "value")
        self.refuse_row("r1,2025-01-10,2024-12,CN,M,0." + "1" * 19 + ",,,,,", "value")

    def test_wrong_step(self):
        self.refuse_row("r1,2025-01-10,2024-12,CN,M,11.5,0.3,,,,", "step")

    def test_wrong_status(self):
        self.refuse_row("r1,2025-01-10,2024-12,CN,M,11.5,,?,,,", "status")

    def test_duplicate_cells(self):
        outcome = self.refuse_row("r1,2025-01-10,2024-12,CN,X,11.5,,,,,", "CN.X", "2024-12")
        self.assertIn("line 2", outcome.err, "the first statement is named, too")

    def test_release_in_the_future(self):
        day = day_after_tomorrow()
        self.refuse([HEADER, f"r1,{day},2024-12,CN,M,11.5,,,,,"], day)

    def test_wrong_utf8(self):
        self.refuse((HEADER + "\nr1,2025-01-10,2024-12,CN,M,11.5,,,,").encode() + b"\xff\xfe,\n", "line 2", "source")
        self.refuse((HEADER + "\nr1,2025-01-10,2024-12,").encode() + b"\xc3(,M,11.5,,,,,\n", "line 2")

    def test_bytes_that_are_no_text(self):
        self.refuse(bytes(range(256)) * 64)

    def test_every_bad_row_is_named_at_once(self):
        self.refuse([HEADER, "r1,2025-01-10,2024-13,CN,M,11.5,,,,,", GOOD_ROW, "r1,2025-01-10,2024-12,CN,M,1.2.3,,,,,"],
                    "line 2, column period", "line 4, column value", "1.2.3")

    def test_a_bad_row_in_a_later_release_stores_none_of_the_file(self):
        self.refuse([HEADER, GOOD_ROW, "r2,2025-02-10,2025-01,CN,X,1.2.3,,,,,"], "line 3", "1.2.3")

    def test_a_bad_file_makes_no_dataset(self):
        self.refuse([HEADER, "r1,2025-01-10,2024-13,CN,M,11.5,,,,,"], "line 2", dataset="NEW")

    def test_file_that_is_not_there(self):
        outcome = support.run_cli(self.daemon.address, "push", "/nonexistent/input.csv", "--dataset", "T")
        self.assertNotEqual(outcome.code, 0, outcome)
        self.assertIn("/nonexistent/input.csv", outcome.err)


class RequestsTest(BadInputTest):
    """Through gRPC: INVALID_ARGUMENT with the path of every field at fault."""

    def refuse(self, request, *fields, code=INVALID, reason=None):
        failure = support.failure_of(lambda: self.client.releases.PushRelease(request))
        self.assertEqual(failure.code, code, failure)
        for field in fields:
            self.assertIn(field, failure.violations, failure)
        if reason:
            self.assertEqual(failure.reason, reason, failure)
        return failure

    def refuse_cells(self, *cells, fields=("sections[0].observations[0].value",), **expected):
        return self.refuse(support.push_request("bad", "2025-01-10", [("T", cells)]), *fields, **expected)

    def test_missing_dimension(self):
        failure = self.refuse_cells(("CN", "2024-12", "1"), fields=["sections[0].observations[0].series"])
        self.assertTrue(failure.message)

    def test_wrong_periods(self):
        for period in ("2024-13", "2024-00", "2024", "2024-12/P0M", "2024-12/P13", "1599-12", "3000-01", ""):
            with self.subTest(period):
                self.refuse_cells(("CN.X", period, "1"), fields=["sections[0].observations[0].period"])

    def test_wrong_numbers(self):
        for text in ("1.2.3", "1e5", "nan", " 1", "1" + "0" * 27, "0." + "1" * 19):
            with self.subTest(text):
                self.refuse_cells(("CN.X", "2024-12", text))

    def test_neither_value_nor_absence(self):
        self.refuse_cells(("CN.X", "2024-12", ""))

    def test_duplicate_cells(self):
        failure = self.refuse_cells(CELL, ("CN.X", "2024-12", "11"), fields=[])
        self.assertTrue(any("observations[1]" in field for field in failure.violations), failure)

    def test_duplicate_cells_in_two_sections(self):
        self.refuse(support.push_request("bad", "2025-01-10", [("T", [CELL]), ("T", [CELL])]))

    def test_all_violations_at_once(self):
        self.refuse_cells(("CN.X", "2024-13", "1.2.3"), ("CN", "2024-12", "1"),
                          fields=["sections[0].observations[0].period", "sections[0].observations[0].value",
                                  "sections[0].observations[1].series"])

    def test_release_in_the_future(self):
        self.refuse(support.push_request("bad", day_after_tomorrow(), [("T", [CELL])]), reason="PUBLISHED_IN_FUTURE")

    def test_header_faults(self):
        both = support.push_request("bad", "2025-01-10", [("T", [CELL])])
        both.header.published_at.FromSeconds(1736500000)
        neither = support.push_request("bad", "", [("T", [CELL])])
        no_id = support.push_request("", "2025-01-10", [("T", [CELL])])
        for request in (both, neither, no_id, support.push_request("x" * 257, "2025-01-10", [("T", [CELL])])):
            failure = self.refuse(request)
            self.assertTrue(any(field.startswith("header") for field in failure.violations), failure)

    def test_release_without_sections(self):
        self.refuse(support.push_request("bad", "2025-01-10", []))

    def test_unknown_dataset(self):
        self.refuse(support.push_request("bad", "2025-01-10", [("NONE", [CELL])]),
                    code=grpc.StatusCode.NOT_FOUND, reason="DATASET_NOT_FOUND")

    def test_columns_that_do_not_fit(self):
        block = wire.encode([wire.cell("T", "CN.X", "2024-12", "1"), wire.cell("T", "CN.X", "2025-01", "2")])
        counts, deltas, scale, absence = (support.observation.ObservationBlock.FromString(block.SerializeToString())
                                          for _ in range(4))
        counts.cell_counts[0] = 3
        del deltas.period_start_deltas[1:]
        scale.data.scale = 19
        absence.data.absences.extend([0, 77])
        for broken in (counts, deltas, scale, absence):
            request = support.push_request("bad", "2025-01-10", [("T", [])])
            request.sections[0].blocks.append(broken)
            failure = self.refuse(request)
            self.assertTrue(any(field.startswith("sections[0].blocks[0]") for field in failure.violations), failure)

    def test_block_that_claims_more_cells_than_it_has(self):
        block = wire.encode([wire.cell("T", "CN.X", "2024-12", "1")])
        block.cell_counts[0] = 0xFFFFFFFF
        request = support.push_request("bad", "2025-01-10", [("T", [])])
        request.sections[0].blocks.append(block)
        self.refuse(request)

    def raw_push(self, data, path="/tidewaiter.v1.ReleaseService/PushRelease"):
        return support.failure_of(lambda: self.client.channel.unary_unary(path)(data))

    def test_garbage_bytes(self):
        good = support.push_request("bad", "2025-01-10", [("T", [CELL])]).SerializeToString()
        for garbage in (b"\xff" * 100, bytes(range(256)), b"\x0a\xff\xff\xff\xff\x0f", good[:-3]):
            failure = self.raw_push(garbage)
            self.assertEqual(failure.code, INVALID, failure)
            self.assertTrue(failure.message)

    def test_garbage_bytes_in_reads(self):
        """No crash and an error; what error, gRPC's own decoding decides."""
        for path in ("ObservationService/GetObservations", "ObservationService/GetHistory", "DatasetService/ListSeries",
                     "StatusService/GetStatus", "ReleaseService/ListReleases"):
            failure = self.raw_push(b"\xff" * 100, "/tidewaiter.v1." + path)
            self.assertNotEqual(failure.code, grpc.StatusCode.UNAVAILABLE, failure)

    def test_wrong_utf8(self):
        marked = support.push_request("bad", "2025-01-10", [("T", [CELL])])
        marked.header.title = "MARK"
        failure = self.raw_push(marked.SerializeToString().replace(b"MARK", b"\xff\xfe\xfd\xfc"))
        self.assertEqual(failure.code, INVALID, failure)
        self.assertTrue(failure.message)

    def test_oversized_message(self):
        cells = [("CN.X", wire.period_text(month, 1), "1") for month in range(600)]
        request = support.push_request("bad", "2025-01-10", [("T", cells)])
        request.sections[0].observations[0].note = "x" * (5 << 20)
        failure = support.failure_of(lambda: self.client.releases.PushRelease(request))
        self.assertIn(failure.code, (grpc.StatusCode.RESOURCE_EXHAUSTED, INVALID), failure)
        self.assertTrue(failure.message)

    def test_too_long_texts(self):
        request = support.push_request("bad", "2025-01-10", [("T", [CELL])])
        request.sections[0].observations[0].note = "x" * 4097
        request.sections[0].observations[0].source = "x" * 2049
        self.refuse(request, "sections[0].observations[0].note", "sections[0].observations[0].source")

    def test_too_many_observations_for_one_message(self):
        cells = [wire.cell("T", f"CN.S{number:06d}", "2024-12", "1") for number in range(100_001)]
        request = support.push_request("bad", "2025-01-10", [("T", [])])
        for at in range(0, len(cells), 50_000):
            request.sections[0].blocks.append(wire.encode(cells[at:at + 50_000]))
        failure = support.failure_of(lambda: self.client.releases.PushRelease(request))
        self.assertIn(failure.code, (grpc.StatusCode.RESOURCE_EXHAUSTED, INVALID), failure)
        self.assertIn("100", failure.message)

    def test_merge_takes_no_scope_and_replace_needs_one(self):
        with_scope = support.section("T", [CELL], scope_key="")
        without = support.section("T", [CELL], action=support.releases.ACTION_REPLACE)
        for section in (with_scope, without):
            failure = self.refuse(support.push_request("bad", "2025-01-10", [section]))
            self.assertIn("scope", str(failure.violations))

    def test_scope_with_wrong_selector(self):
        section = support.section("T", [], action=support.releases.ACTION_DELETE, scope_key="CN.X.TOO.MANY")
        self.refuse(support.push_request("bad", "2025-01-10", [section]))

    def test_wrong_reads(self):
        get = self.client.observations.GetObservations
        Request = support.observations.GetObservationsRequest
        cases = {
            "period": Request(dataset="T", periods=support.observation.PeriodRange(to="2024-13")),
            "day": Request(dataset="T", vintage=support.vintage(as_of="2025-02-30")),
            "selector": Request(dataset="T", keys=["CN..X..Y"]),
            "page": Request(dataset="T", page_token="not a token"),
        }
        for name, request in cases.items():
            with self.subTest(name):
                self.assertEqual(support.failure_of(lambda: get(request)).code, INVALID)
        ahead = support.failure_of(lambda: get(Request(dataset="T", vintage=support.vintage(sequence=10_000))))
        self.assertEqual((ahead.code, ahead.reason), (grpc.StatusCode.OUT_OF_RANGE, "SEQUENCE_AHEAD"))
        series = support.failure_of(lambda: get(Request(dataset="T", keys=["CN.NONE"])))
        self.assertEqual((series.code, series.reason), (grpc.StatusCode.NOT_FOUND, "SERIES_NOT_FOUND"))

    def test_dataset_that_conflicts(self):
        request = support.datasets.CreateDatasetRequest(dataset=support.datasets.Dataset(id="T", publisher="OTHER"))
        request.dataset.dimensions.add(id="reporter")
        failure = support.failure_of(lambda: self.client.datasets.CreateDataset(request))
        self.assertEqual((failure.code, failure.reason), (grpc.StatusCode.ALREADY_EXISTS, "DATASET_CONFLICT"))

    def test_dataset_with_unknown_zone(self):
        request = support.datasets.CreateDatasetRequest(
            dataset=support.datasets.Dataset(id="Z", publisher="P", time_zone="Mars/Olympus"))
        request.dataset.dimensions.add(id="reporter")
        failure = support.failure_of(lambda: self.client.datasets.CreateDataset(request))
        self.assertEqual(failure.code, INVALID)
        self.assertIn("Mars/Olympus", failure.message + str(failure.violations))


class UploadsTest(BadInputTest):
    """An upload that is wrong anywhere leaves nothing."""

    CELLS = wire.canonical_order(
        wire.cell("T", f"CN.S{number:03d}", wire.period_text(600 + month, 1), f"{number}.{month:02d}")
        for number in range(20) for month in range(50))

    def refuse(self, messages, code=INVALID):
        failure = support.failure_of(lambda: self.client.releases.UploadRelease(iter(messages)))
        self.assertEqual(failure.code, code, failure)
        self.assertTrue(failure.message)
        return failure

    def messages(self, cells=None):
        return list(wire.upload_messages("bad", "2025-01-10", "T", cells or self.CELLS, cells_a_block=100))

    def test_wrong_count_at_the_end(self):
        messages = self.messages()
        messages[-1].end.observations += 1
        self.refuse(messages)

    def test_no_end(self):
        self.refuse(self.messages()[:-1])

    def test_nothing_at_all(self):
        self.refuse([])

    def test_messages_out_of_order(self):
        messages = self.messages()
        self.refuse(messages[1:])
        self.refuse([messages[0], *messages[2:]])
        self.refuse([messages[0], messages[0], *messages[1:]])
        self.refuse([*messages, messages[-2]])

    def test_blocks_that_do_not_ascend(self):
        messages = self.messages()
        messages[3], messages[5] = messages[5], messages[3]
        self.assertEqual(self.refuse(messages).reason, "NOT_SORTED")

    def test_duplicate_cell_across_blocks(self):
        cells = self.CELLS[:100] + self.CELLS[99:]
        failure = self.refuse(self.messages(cells))
        self.assertIn(failure.reason, ("DUPLICATE_CELL", "NOT_SORTED"))

    def test_missing_dimension(self):
        cells = list(self.CELLS)
        cells[500] = (cells[500][0], "CN", *cells[500][2:])
        self.refuse(self.messages(cells))

    def test_unknown_dataset(self):
        messages = self.messages()
        messages[1].section.dataset = "NONE"
        self.refuse(messages, grpc.StatusCode.NOT_FOUND)

    def test_block_with_too_many_cells(self):
        cells = [wire.cell("T", f"CN.S{number:06d}", "2024-12", "1") for number in range(65_537)]
        messages = list(wire.upload_messages("bad", "2025-01-10", "T", cells, cells_a_block=len(cells)))
        failure = support.failure_of(lambda: self.client.releases.UploadRelease(iter(messages)))
        self.assertIn(failure.code, (grpc.StatusCode.RESOURCE_EXHAUSTED, INVALID), failure)

    def test_future(self):
        messages = self.messages()
        messages[0].header.published_on = day_after_tomorrow()
        self.assertEqual(self.refuse(messages).reason, "PUBLISHED_IN_FUTURE")

    def test_caller_hangs_up(self):
        call_ended = []

        def messages():
            yield from self.messages()[:6]
            call.cancel()
            call_ended.append(True)
            yield self.messages()[6]

        call = self.client.releases.UploadRelease.future(messages())
        with self.assertRaises(grpc.FutureCancelledError):
            call.result()


# The base has no tests of its own.
del BadInputTest

if __name__ == "__main__":
    unittest.main(verbosity=2)
