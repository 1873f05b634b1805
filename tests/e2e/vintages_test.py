"""Vintages: backfills, retractions, replacements, and answers that can be repeated."""

import threading
import unittest

import grpc

import guarantees
import support
import wire

A = "CN.X"
B = "CN.M"
WITHDRAWN = support.observation.ABSENCE_WITHDRAWN


class VintagesTest(unittest.TestCase):
    def setUp(self):
        context = support.running_daemon()
        self.daemon = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.client = self.daemon.client()
        self.client.create_dataset("T", ["reporter", "flow"], time_zone="Asia/Shanghai")

    def push(self, release_id, published_on, *cells, **fields):
        return self.client.push(release_id, published_on, [("T", cells)], **fields).release.sequence

    def value(self, series, period, **at):
        return self.client.values("T", series, **at).get((series, period))

    def changes(self, sequence):
        """{(series, period): class} of one release, as a subscriber sees it."""
        seen = {}
        stream = self.client.updates.Subscribe(guarantees.subscribe_request(after=sequence - 1))
        for answer in stream:
            if answer.WhichOneof("event") != "release":
                continue
            self.assertEqual(answer.release.sequence, sequence)
            for block in answer.release.changes:
                cells = wire.decode(block.dataset, block.cells)
                self.assertEqual(len(cells), len(block.classes))
                for cell, change in zip(cells, block.classes):
                    name = support.observation.ChangeClass.Name(change).removeprefix("CHANGE_CLASS_")
                    seen[cell[1], wire.period_text(*cell[2:4])] = name
            if answer.release.last:
                break
        stream.cancel()
        return seen

    def test_backfill(self):
        self.push("march", "2025-03-10", (A, "2025-01", "10.0"))
        self.push("may", "2025-05-10", (A, "2025-01", "12.0"))
        head = self.client.head()
        late = self.push("april", "2025-04-10", (A, "2025-01", "11.0"), kind=support.releases.RELEASE_KIND_BACKFILL)
        self.assertEqual(self.value(A, "2025-01", as_of="2025-03-31"), "10.0")
        self.assertEqual(self.value(A, "2025-01", as_of="2025-04-09"), "10.0")
        self.assertEqual(self.value(A, "2025-01", as_of="2025-04-10"), "11.0")
        self.assertEqual(self.value(A, "2025-01", as_of="2025-05-10"), "12.0")
        self.assertEqual(self.value(A, "2025-01"), "12.0", "the latest does not move")
        self.assertEqual(self.value(A, "2025-01", as_of="2025-04-10", sequence=head), "10.0",
                         "at an earlier sequence it had not come")
        self.assertEqual(self.changes(late), {(A, "2025-01"): "BACKFILLED"})
        entries = self.client.history("T", A)
        name = support.observation.ChangeClass.Name
        self.assertEqual([(entry.observation.value, name(entry.vintage_change.change_class),
                           name(entry.event_change.change_class)) for entry in entries],
                         [("10.0", "CHANGE_CLASS_NEW", "CHANGE_CLASS_NEW"),
                          ("11.0", "CHANGE_CLASS_REVISED", "CHANGE_CLASS_BACKFILLED"),
                          ("12.0", "CHANGE_CLASS_REVISED", "CHANGE_CLASS_REVISED")])

    def test_classes_of_change(self):
        self.assertEqual(self.changes(self.push("1", "2025-01-01", (A, "2025-01", "10.00"), (B, "2025-01", "7"))),
                         {(A, "2025-01"): "NEW", (B, "2025-01"): "NEW"})
        self.assertEqual(self.changes(self.push("2", "2025-02-01", (A, "2025-01", "10.0"), (B, "2025-01", "8"))),
                         {(A, "2025-01"): "CONFIRMED", (B, "2025-01"): "REVISED"})
        self.assertEqual(self.changes(self.push("3", "2025-03-01", (A, "2025-01", WITHDRAWN))),
                         {(A, "2025-01"): "WITHDRAWN"})
        self.assertEqual(self.value(A, "2025-01"), "WITHDRAWN")
        self.assertEqual(self.changes(self.push("4", "2025-04-01", (A, "2025-01", "10.0"))),
                         {(A, "2025-01"): "RESTORED"})

    def test_day_ends_in_the_zone_of_the_dataset(self):
        self.push("1", "2025-01-10", (A, "2024-12", "1"))
        published = self.client.all_releases()[0].header.published_at
        # The last microsecond of 10 January in Shanghai is 15:59:59.999999 UTC.
        self.assertEqual(published.ToMicroseconds() % 86_400_000_000, (16 * 3600) * 1_000_000 - 1)
        self.assertEqual(self.value(A, "2024-12", as_of="2025-01-10"), "1")
        self.assertIsNone(self.value(A, "2024-12", as_of="2025-01-09"))

    def test_value_since(self):
        self.push("1", "2025-01-01", (A, "2024-12", "5"))
        self.push("2", "2025-02-01", (A, "2024-12", "6"))
        self.push("3", "2025-03-01", (A, "2024-12", "6.0"))
        cells, _ = self.client.get("T", A)
        row = cells[A, "2024-12"]
        self.assertEqual((row.value, row.sequence, row.published_on), ("6.0", 3, "2025-03-01"))
        second = self.client.all_releases()[1].header.published_at
        self.assertEqual(row.value_since, second)

    def test_the_same_release_again(self):
        request = support.push_request("1", "2025-01-01", [("T", [(A, "2024-12", "5"), (B, "2024-12", "6")])])
        first = self.client.releases.PushRelease(request)
        self.assertFalse(first.replayed)
        request.sections[0].observations.reverse()  # the order in which a feeder lists them is no content
        again = self.client.releases.PushRelease(request)
        self.assertTrue(again.replayed)
        self.assertEqual(again.release, first.release)
        self.assertEqual(self.client.head(), 1)
        self.daemon.restart(crash=True)
        client = self.daemon.client()
        again = client.releases.PushRelease(request)
        self.assertTrue(again.replayed)
        self.assertEqual(again.release, first.release, "the first answer, for ever")
        request.sections[0].observations[0].value = "7"
        failure = support.failure_of(lambda: client.releases.PushRelease(request))
        self.assertEqual((failure.code, failure.reason), (grpc.StatusCode.ALREADY_EXISTS, "RELEASE_CONFLICT"))
        self.assertEqual(failure.metadata["held_digest"], first.release.digest)
        self.assertRegex(failure.metadata["given_digest"], "^[0-9a-f]{64}$")
        self.assertNotEqual(failure.metadata["given_digest"], first.release.digest)
        self.assertEqual(client.head(), 1)

    def test_uploaded_and_pushed_are_the_same_release(self):
        cells = wire.canonical_order(
            wire.cell("T", f"CN.S{number}", wire.period_text(600 + month, 1), f"{number}.{month:02d}")
            for number in range(9) for month in range(40))
        rows = [(cell[1], wire.period_text(*cell[2:4]), wire.number_text(*cell[4:6])) for cell in reversed(cells)]
        first = self.client.push("1", "2025-01-01", [("T", rows)])
        uploaded = self.client.releases.UploadRelease(wire.upload_messages("1", "2025-01-01", "T", cells, 50))
        self.assertTrue(uploaded.replayed)
        self.assertEqual(uploaded.release, first.release)

    def test_an_upload_under_way_is_invisible_and_holds_up_nobody(self):
        self.push("1", "2025-01-01", (A, "2024-12", "5"))
        cells = wire.canonical_order(
            wire.cell("T", f"CN.S{number:04d}", wire.period_text(600 + month, 1), f"{number}.{month:02d}")
            for number in range(500) for month in range(100))
        sent, go_on = threading.Event(), threading.Event()

        def messages():
            given = list(wire.upload_messages("upload", "2025-02-01", "T", cells, 5000))
            for message in given[:-2]:
                yield message
            sent.set()
            go_on.wait()
            yield from given[-2:]

        upload = self.client.releases.UploadRelease.future(messages())
        self.addCleanup(go_on.set)
        sent.wait()
        for number in range(3):
            self.push(f"beside-{number}", "2025-03-01", (A, "2024-12", f"6.{number}"))
        self.assertEqual(self.client.head(), 4)
        self.assertEqual(self.client.values("T"), {(A, "2024-12"): "6.2"})
        self.assertEqual(self.client.status.GetStatus(support.status.GetStatusRequest()).uploads, 1)
        go_on.set()
        self.assertEqual(upload.result().release.sequence, 5)
        values = self.client.values("T")
        self.assertEqual(len(values), len(cells) + 1)
        self.assertEqual(values["CN.S0499", "2028-04"], "499.99")

    def test_equal_content_under_another_id_names_its_twin(self):
        cells = ((A, "2024-12", "5"),)
        self.push("1", "2025-01-01", *cells)
        answer = self.client.push("other", "2025-01-01", [("T", cells)])
        self.assertEqual(answer.release.sequence, 2)
        self.assertEqual(answer.twin, "TEST/1")

    def test_retraction(self):
        self.push("1", "2025-01-01", (A, "2024-12", "5"), (B, "2024-12", "50"))
        wrong = self.push("2", "2025-02-01", (A, "2024-12", "666"), (A, "2025-01", "667"))
        self.push("3", "2025-03-01", (B, "2024-12", "51"))
        before = self.client.head()
        outcome = support.run_cli(self.daemon.address, "retract", "TEST/2")
        if outcome.code == 2:
            self.fail(outcome)
        self.assertEqual(outcome.code, 0, outcome)
        now = self.client.head()
        self.assertEqual(now, before + 1)
        self.assertEqual(self.client.values("T"), {(A, "2024-12"): "5", (B, "2024-12"): "51"})
        self.assertEqual(self.client.values("T", as_of="2025-02-15"), {(A, "2024-12"): "5", (B, "2024-12"): "50"})
        self.assertEqual(self.value(A, "2024-12", sequence=before), "666")
        self.assertEqual(self.value(A, "2025-01", sequence=wrong), "667")
        self.assertEqual([entry.observation.value for entry in self.client.history("T", A)], ["5"])
        entries = self.client.all_releases()
        self.assertEqual((entries[wrong - 1].retracted_by, entries[now - 1].retracts), (now, wrong))
        self.assertEqual(set(self.changes(now)), {(A, "2024-12"), (A, "2025-01")})
        again = support.failure_of(lambda: self.client.releases.RetractRelease(
            support.releases.RetractReleaseRequest(agency="TEST", release_id="2")))
        self.assertEqual((again.code, again.reason), (grpc.StatusCode.FAILED_PRECONDITION, "RELEASE_RETRACTED"))
        self.daemon.restart(crash=True)
        self.client = self.daemon.client()
        self.assertEqual(self.client.values("T"), {(A, "2024-12"): "5", (B, "2024-12"): "51"})
        self.assertEqual(self.value(A, "2024-12", sequence=before), "666")

    def test_replace_withdraws_the_rest_of_its_scope(self):
        self.push("1", "2025-01-01", (A, "2024-11", "1"), (A, "2024-12", "2"), (B, "2024-12", "3"), ("RU.X", "2024-12", "4"))
        replace = support.section("T", [(A, "2024-12", "2.5")], action=support.releases.ACTION_REPLACE, scope_key="CN.")
        sequence = self.client.push("2", "2025-02-01", [replace]).release.sequence
        self.assertEqual(self.client.values("T"), {
            (A, "2024-11"): "WITHDRAWN", (A, "2024-12"): "2.5", (B, "2024-12"): "WITHDRAWN", ("RU.X", "2024-12"): "4"})
        self.assertEqual(self.changes(sequence), {
            (A, "2024-11"): "WITHDRAWN", (A, "2024-12"): "REVISED", (B, "2024-12"): "WITHDRAWN"})
        self.assertEqual(self.value(A, "2024-11", as_of="2025-01-31"), "1")
        # A statement that is backfilled under the replacement stays under it.
        self.push("late", "2025-01-15", (A, "2024-10", "9"))
        self.assertEqual(self.value(A, "2024-10"), "WITHDRAWN")
        self.assertEqual(self.value(A, "2024-10", as_of="2025-01-31"), "9")

    def test_delete_by_scope_and_by_cell(self):
        self.push("1", "2025-01-01", *((series, f"2024-{month:02d}", str(month)) for series in (A, B)
                                       for month in range(1, 7)))
        delete = support.section("T", [(B, "2024-01", WITHDRAWN)], action=support.releases.ACTION_DELETE, scope_key=A,
                                 scope_from="2024-02", scope_to="2024-03")
        sequence = self.client.push("2", "2025-02-01", [delete]).release.sequence
        gone = {(A, "2024-02"), (A, "2024-03"), (B, "2024-01")}
        for cell, value in self.client.values("T").items():
            self.assertEqual(value, "WITHDRAWN" if cell in gone else str(int(cell[1][-2:])), cell)
        self.assertEqual(self.changes(sequence), dict.fromkeys(gone, "WITHDRAWN"))
        self.push("3", "2025-03-01", (A, "2024-02", "22"))
        self.assertEqual(self.value(A, "2024-02"), "22")
        self.assertEqual(self.value(A, "2024-03"), "WITHDRAWN")

    def test_scope_over_everything(self):
        self.push("1", "2025-01-01", (A, "2024-11", "1"), (B, "2024-11", "2"))
        delete = support.section("T", [], action=support.releases.ACTION_DELETE, scope_key="")
        self.client.push("2", "2025-02-01", [delete])
        self.assertEqual(set(self.client.values("T").values()), {"WITHDRAWN"})

    def test_order_of_pushes_does_not_matter(self):
        """With distinct publication times, what is seen at the head is the same however the releases came in."""
        releases = [
            ("1", "2025-01-01", [("T", [(A, "2024-11", "1"), (B, "2024-11", "2")])]),
            ("2", "2025-02-01", [support.section("T", [(A, "2024-12", "3")], action=support.releases.ACTION_REPLACE,
                                                 scope_key=A)]),
            ("3", "2025-03-01", [("T", [(A, "2024-11", "4"), (B, "2024-11", "5")])]),
            ("4", "2025-04-01", [support.section("T", [], action=support.releases.ACTION_DELETE, scope_key=B)]),
        ]
        days = [None, *(release[1] for release in releases)]
        states = []
        for number, order in enumerate(([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1])):
            dataset = f"T{number}"
            self.client.create_dataset(dataset, ["reporter", "flow"])
            for index in order:
                release_id, day, sections = releases[index]
                request = support.push_request(f"{dataset}-{release_id}", day, sections)
                for section in request.sections:
                    section.dataset = dataset
                self.client.releases.PushRelease(request)
            states.append([self.client.values(dataset, as_of=day) for day in days])
        self.assertEqual(states[0], states[1])
        self.assertEqual(states[0], states[2])

    # ---- answers that can be repeated

    def fill(self, rounds=6, first=0):
        for number in range(first, first + rounds):
            self.push(f"round-{number}", f"2025-{1 + number % 12:02d}-{1 + number // 12:02d}",
                      *((f"CN.S{series:02d}", f"2024-{month:02d}", f"{number}.{series:02d}")
                        for series in range(30) for month in range(1, 13)))

    def answers(self, spec):
        """The bytes of every kind of answer at a vintage."""
        client = self.client
        rows = support.observations.GetObservationsRequest(
            dataset="T", vintage=spec, format=support.observation.FORMAT_ROWS, page_size=100_000)
        columns = support.observations.GetObservationsRequest(
            dataset="T", keys=["CN.S03+S07+S21"], vintage=spec, format=support.observation.FORMAT_COLUMNS)
        stream = support.observations.StreamObservationsRequest(dataset="T", vintage=spec)
        history = support.observations.GetHistoryRequest(dataset="T", vintage=spec, page_size=100_000)
        answers = [client.observations.GetObservations(rows), client.observations.GetObservations(columns),
                   *client.observations.StreamObservations(stream), client.observations.GetHistory(history)]
        return [answer.SerializeToString(deterministic=True) for answer in answers]

    def test_repeated_at_its_vintage_an_answer_is_byte_identical(self):
        self.fill()
        vintages = []
        for spec in (support.vintage(), support.vintage(as_of="2025-03-15"), support.vintage(as_of="2025-05-01", sequence=4)):
            _, read_at = self.client.get("T", "CN.S00", **{})
            answer = self.client.observations.GetObservations(
                support.observations.GetObservationsRequest(dataset="T", vintage=spec, page_size=1))
            vintages.append(support.repeat_vintage(answer.vintage))
        before = [self.answers(spec) for spec in vintages]
        self.assertGreater(len(before[0][0]), 1000)

        def check(when):
            for spec, expected in zip(vintages, before):
                self.assertEqual(self.answers(spec), expected, f"{when}, at {spec}")

        check("at once")
        self.fill(6, first=6)
        self.push("backfill", "2025-02-14", ("CN.S03", "2024-05", "77"))
        self.client.releases.RetractRelease(support.releases.RetractReleaseRequest(agency="TEST", release_id="round-1"))
        self.client.push("delete", "2025-11-30", [support.section("T", [], action=support.releases.ACTION_DELETE,
                                                                  scope_key="CN.S07")])
        check("after later pushes")
        self.daemon.restart()
        self.client = self.daemon.client()
        check("after a restart")
        self.daemon.restart(crash=True)
        self.client = self.daemon.client()
        check("after a crash")

    def test_rows_columns_stream_and_history_agree(self):
        self.fill(4)
        self.push("partial", "2025-12-01", ("CN.S03", "2024-05", "77.125"), ("CN.S04", "2024-01/P6M", WITHDRAWN))
        rows = self.client.values("T")
        columns = self.client.observations.GetObservations(support.observations.GetObservationsRequest(
            dataset="T", format=support.observation.FORMAT_COLUMNS))
        streamed = self.client.observations.StreamObservations(
            support.observations.StreamObservationsRequest(dataset="T"))

        def as_values(blocks):
            return {(cell[1], wire.period_text(*cell[2:4])): "WITHDRAWN" if cell[6] else wire.number_text(*cell[4:6])
                    for block in blocks for cell in wire.decode("T", block)}

        self.assertEqual(as_values(columns.blocks), rows)
        self.assertEqual(as_values(answer.block for answer in streamed), rows)
        latest = self.client.history("T", type=support.observations.HISTORY_TYPE_LATEST)
        self.assertEqual({(entry.observation.series, entry.observation.period): support.statement(entry.observation)
                          for entry in latest}, rows)

    def test_pages_of_one_read_belong_together(self):
        self.fill(3)
        expected, _ = self.client.get("T")
        request = support.observations.GetObservationsRequest(
            dataset="T", page_size=24, format=support.observation.FORMAT_ROWS)
        seen, order, vintages, pages = {}, [], [], 0
        while True:
            answer = self.client.observations.GetObservations(request)
            vintages.append(answer.vintage)
            for row in answer.observations:
                self.assertNotIn((row.series, row.period), seen)
                seen[row.series, row.period] = row
                order.append((row.series, row.period))
            pages += 1
            # Between two pages everything changes, and a series comes before and one after the place of reading.
            self.fill(1, first=2 + pages)
            self.push(f"new-{pages}", "2025-12-28", (f"CN.A{pages:02d}", "2024-01", "1"), (f"CN.Z{pages:02d}", "2024-01", "1"))
            request.page_token = answer.next_page_token
            if not request.page_token:
                break
        self.assertGreater(pages, 5)
        self.assertTrue(all(read_at == vintages[0] for read_at in vintages), vintages)
        self.assertEqual(seen, expected)
        self.assertEqual(order, sorted(order))

    def test_history_pages_belong_together(self):
        self.fill(3)
        expected = self.client.history("T", page_size=100_000)
        request = support.observations.GetHistoryRequest(dataset="T", page_size=100)
        seen, pages = [], 0
        while True:
            answer = self.client.observations.GetHistory(request)
            seen += answer.entries
            pages += 1
            self.fill(1, first=2 + pages)
            request.page_token = answer.next_page_token
            if not request.page_token:
                break
        self.assertGreater(pages, 5)
        self.assertEqual(seen, expected)

    def test_page_token_of_another_read_is_refused(self):
        self.fill(1)
        request = support.observations.GetObservationsRequest(dataset="T", page_size=24)
        request.page_token = self.client.observations.GetObservations(request).next_page_token
        self.assertTrue(request.page_token)
        request.keys.append("CN.S01")
        failure = support.failure_of(lambda: self.client.observations.GetObservations(request))
        self.assertEqual(failure.code, grpc.StatusCode.INVALID_ARGUMENT, failure)


if __name__ == "__main__":
    unittest.main(verbosity=2)
