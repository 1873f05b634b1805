"""The six guarantees, under slow readers, reconnections and restarts; and what a subscriber may cost."""

import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
import unittest

import grpc

import guarantees
import support
import wire

SEED = int(os.environ.get("TIDEWAITER_SEED", random.SystemRandom().randrange(1 << 32)))
# A stream that says nothing must fail a test, not stop it. No speed is asked for.
GUARD_SECONDS = 300


def random_cells(rng, dataset, series, periods):
    """All of `series` series by `periods` periods; the values are random."""
    return [wire.cell(dataset, f"S{number:03d}.X", wire.period_text(360 + period, 1), f"{rng.randrange(10**6)}.{period % 10}")
            for number in range(series) for period in range(periods)]


class Feeder:
    """Pushes random releases, and goes on through restarts: what was not answered is pushed again."""

    def __init__(self, daemon, truth, name, seed, releases, pause=lambda: None):
        self._daemon, self._truth, self._name = daemon, truth, name
        self._rng = random.Random(seed)
        self._pause = pause
        self._accepted = []  # (release id, sequence)
        self._thread = support.in_background(self._run, releases)

    def finish(self):
        self._thread.finish()

    def _until_answered(self, call):
        while True:
            self._daemon.serving.wait()
            try:
                with support.Client(self._daemon.address) as client:
                    return call(client)
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                    raise
                time.sleep(0.01)

    def _run(self, releases):
        for number in range(releases):
            self._pause()
            kind = self._rng.random()
            if kind < 0.05 and self._accepted:
                self._retract(*self._accepted.pop(self._rng.randrange(len(self._accepted))))
                continue
            release_id = f"{self._name}-{number}"
            day = f"2025-{self._rng.randrange(1, 11):02d}-{self._rng.randrange(1, 29):02d}"
            dataset = self._rng.choice("AB")
            if number % 15 == 7:
                cells = random_cells(self._rng, dataset, 300, 250)  # more than one part
                answer = self._until_answered(lambda client: client.releases.UploadRelease(
                    wire.upload_messages(release_id, day, dataset, cells)))
            else:
                cells = random_cells(self._rng, dataset, self._rng.randrange(1, 9), self._rng.randrange(1, 13))
                request = support.push_request(release_id, day, [support.releases.Section(dataset=dataset)])
                request.sections[0].blocks.append(wire.encode(cells))
                answer = self._until_answered(lambda client: client.releases.PushRelease(request))
            self._truth.accept(answer.release.sequence, cells)
            self._accepted.append((release_id, answer.release.sequence))

    def _retract(self, release_id, sequence):
        def call(client):
            try:
                return client.releases.RetractRelease(support.releases.RetractReleaseRequest(
                    agency="TEST", release_id=release_id, reason="a test")).retraction.sequence
            except grpc.RpcError as error:
                failure = support.RpcFailure(error)
                if failure.reason == "RELEASE_RETRACTED":  # the answer to the first try was lost
                    return int(failure.metadata["retracted_by"])
                raise

        self._truth.retract(self._until_answered(call), sequence)


class StreamsTest(unittest.TestCase):
    def setUp(self):
        context = support.running_daemon()
        self.daemon = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        client = self.daemon.client()
        for dataset in "AB":
            client.create_dataset(dataset, ["series", "flow"])

    def subscribe(self, *arguments, **options):
        subscriber = guarantees.Subscriber(self.daemon, *arguments, **options)
        self.addCleanup(subscriber.abandon)
        return subscriber

    def check(self, name, recording, truth):
        self.assertEqual(guarantees.violations(recording, truth), [], f"{name}, seed {SEED}")
        owed = truth.matching(recording.wants, recording.start(), recording.end())
        self.assertEqual(recording.sequences(), owed)
        self.assertTrue(owed, "a recording of nothing proves nothing")

    def run_story(self, restarts):
        """All kinds of subscribers, two feeders, and restarts between."""
        rng = random.Random(SEED)
        print(f"seed {SEED}", file=sys.stderr)
        gate = threading.Event()

        def stop_reading():
            """Reads the marker, then nothing before the feeders are done."""
            if not first_read.acquire(blocking=False):
                gate.wait()

        def now_and_then(share):
            own = random.Random(rng.random())
            return lambda session: own.random() < share

        def coin():
            own = random.Random(rng.random())
            return lambda number: own.random() < 0.5

        first_read = threading.Semaphore(1)
        few_of_a = ([("A", "S001+S003.")], lambda cell: cell[0] == "A" and cell[1] in ("S001.X", "S003.X"))
        all_of_b = ([("B", "")], lambda cell: cell[0] == "B")
        late_series = ([("A", "S200."), ("B", "S201.X")],
                       lambda cell: (cell[0], cell[1]) in (("A", "S200.X"), ("B", "S201.X")))
        subscribers = {
            "fast": self.subscribe(),
            "slow": self.subscribe(before_read=lambda: time.sleep(0.01)),
            "stopped": self.subscribe(before_read=stop_reading),
            "selective": self.subscribe(*few_of_a),
            "rarely matching": self.subscribe(*late_series),
            "from tokens": self.subscribe(hang_up=now_and_then(0.1)),
            "from sequences": self.subscribe(hang_up=now_and_then(0.1), by_token=lambda number: False),
            "from both, selective": self.subscribe(*all_of_b, hang_up=now_and_then(0.2), by_token=coin()),
            "slow, from both": self.subscribe(hang_up=now_and_then(0.05), by_token=coin(),
                                              before_read=lambda: time.sleep(0.005)),
        }
        truth = guarantees.Truth()
        releases = 45
        done_between_restarts = 2 * releases // (len(restarts) + 1)
        feeders = [Feeder(self.daemon, truth, f"feeder-{number}", rng.random(), releases) for number in range(2)]
        for number, crash in enumerate(restarts, start=1):
            while len(truth.cells) < number * done_between_restarts:
                time.sleep(0.005)
                if all(not feeder._thread.is_alive() for feeder in feeders):
                    break
            self.daemon.restart(crash=crash)
        for feeder in feeders:
            feeder.finish()
        gate.set()

        client = self.daemon.client()
        head = client.head()
        self.assertEqual(head, 2 * releases)
        self.assertEqual(sorted(truth.cells), list(range(1, head + 1)))
        truth.read_tokens(client)
        late = self.subscribe()
        recordings = {name: subscriber.finish(head) for name, subscriber in subscribers.items()}
        recordings["late"] = late.finish(head)
        for name, recording in recordings.items():
            with self.subTest(name):
                self.check(name, recording, truth)
        self.assertEqual(len(recordings["late"].sessions), 1)
        self.assertGreater(len(recordings["from tokens"].sessions), 3)
        self.assertTrue(any(session.by_token for session in recordings["from tokens"].sessions))
        self.assertTrue(any(len(parts) > 1 for session in recordings["fast"].sessions
                            for _, parts in session.releases()), "no release came in parts")
        self.assertTrue(any(isinstance(event, guarantees.Progress)
                            for session in recordings["rarely matching"].sessions for event in session.events))

    def test_guarantees_without_restarts(self):
        self.run_story([])

    def test_guarantees_across_restarts_and_crashes(self):
        self.run_story([True, False, True, True])

    def test_resuming_at_every_sequence_gives_the_same(self):
        truth = guarantees.Truth()
        Feeder(self.daemon, truth, "feeder", SEED, 25).finish()
        truth.read_tokens(self.daemon.client())
        head = max(truth.cells)
        whole = self.subscribe().finish(head).sessions[0].releases()
        for after in range(head):
            for token in (None, truth.tokens.get(after)):
                session = self.subscribe(after=after, token=token).finish(head).sessions[0]
                self.assertEqual(session.by_token, token is not None)
                self.assertTrue(session.releases() == whole[after:], f"another stream after {after}, seed {SEED}")

    # ---- where a subscription may start

    def first_answer(self, client, **start):
        stream = client.updates.Subscribe(guarantees.subscribe_request(**start), timeout=GUARD_SECONDS)
        try:
            return next(stream)
        finally:
            stream.cancel()

    def refused(self, client, **start):
        return support.failure_of(lambda: self.first_answer(client, **start))

    def push_numbered(self, client, numbers, note=""):
        for number in numbers:
            client.push(f"r{number}{note}", "2025-01-01", [("A", [("S001.X", "2024-12", str(number))])])

    def test_start_beyond_the_head_is_refused_at_once(self):
        client = self.daemon.client()
        self.push_numbered(client, range(3))
        failure = self.refused(client, after=4)
        self.assertEqual((failure.code, failure.reason), (grpc.StatusCode.OUT_OF_RANGE, "SEQUENCE_AHEAD"))
        self.assertEqual(self.first_answer(client, after=3).marker.sequence, 3)

    def test_without_a_start_it_begins_at_the_head(self):
        client = self.daemon.client()
        self.push_numbered(client, range(3))
        self.assertEqual(self.first_answer(client).marker.sequence, 3)

    def test_token_of_another_store_is_refused_at_once(self):
        client = self.daemon.client()
        self.push_numbered(client, range(3))
        with support.running_daemon() as other_daemon:
            other = other_daemon.client()
            other.create_dataset("A", ["series", "flow"])
            self.push_numbered(other, range(3))  # the same releases: another store for all that
            for sequence in range(1, 4):
                token = other.releases.GetRelease(support.releases.GetReleaseRequest(sequence=sequence)).resume_token
                failure = self.refused(client, token=token)
                self.assertEqual((failure.code, failure.reason), (grpc.StatusCode.DATA_LOSS, "FOREIGN_TOKEN"))

    def test_token_beyond_the_head_and_of_another_history(self):
        client = self.daemon.client()
        self.push_numbered(client, range(3))
        self.daemon.stop()
        shutil.copytree(self.daemon.data_dir, self.daemon.data_dir.with_name("backup"))
        self.daemon.start()
        client = self.daemon.client()
        self.push_numbered(client, range(3, 6))
        tokens = [client.releases.GetRelease(support.releases.GetReleaseRequest(sequence=sequence)).resume_token
                  for sequence in range(1, 7)]
        self.daemon.stop()
        shutil.rmtree(self.daemon.data_dir)
        shutil.move(self.daemon.data_dir.with_name("backup"), self.daemon.data_dir)
        self.daemon.start()
        client = self.daemon.client()
        self.assertEqual(self.first_answer(client, token=tokens[2]).marker.sequence, 3)
        failure = self.refused(client, token=tokens[4])
        self.assertEqual((failure.code, failure.reason), (grpc.StatusCode.DATA_LOSS, "TOKEN_AHEAD"))
        self.push_numbered(client, range(3, 6), note="-another")
        failure = self.refused(client, token=tokens[4])
        self.assertEqual((failure.code, failure.reason), (grpc.StatusCode.DATA_LOSS, "FORKED_TOKEN"))

    def test_malformed_tokens(self):
        client = self.daemon.client()
        self.push_numbered(client, range(3))
        good = client.status.GetStatus(support.status.GetStatusRequest()).resume_token
        for token in ("x", "not a token", good[:-1], good + "A", "é"):
            failure = self.refused(client, token=token)
            self.assertEqual(failure.code, grpc.StatusCode.INVALID_ARGUMENT, (token, failure))

    def test_unknown_dataset(self):
        failure = self.refused(self.daemon.client(), selectors=[("NONE", "")])
        self.assertEqual((failure.code, failure.reason), (grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND"))

    # ---- what comes

    def test_snapshot_then_marker_then_releases(self):
        client = self.daemon.client()
        rng = random.Random(SEED)
        for number in range(4):
            client.releases.UploadRelease(wire.upload_messages(
                f"r{number}", f"2025-01-{10 + number}", "A", random_cells(rng, "A", 100 + number, 80)))
        client.push("r4", "2025-02-01", [("A", [("S001.X", "2000-01", "44")])])
        expected = {wire.cell("A", *cell, value) for cell, value in client.values("A", sequence=4).items()}
        for after in (4, None):
            stream = client.updates.Subscribe(guarantees.subscribe_request(after=after, snapshot=True), timeout=GUARD_SECONDS)
            snapshot = []
            for answer in stream:
                kind = answer.WhichOneof("event")
                if kind != "snapshot":
                    break
                snapshot += wire.decode(answer.snapshot.dataset, answer.snapshot.block)
            self.assertEqual(kind, "marker")
            self.assertEqual(answer.marker.sequence, after or 5)
            self.assertEqual(len(snapshot), len(set(cell[:4] for cell in snapshot)))
            if after:
                self.assertEqual(set(snapshot), expected)
                following = next(answer for answer in stream if answer.WhichOneof("event") == "release")
                self.assertEqual(following.release.sequence, 5)
            else:
                self.assertIn(wire.cell("A", "S001.X", "2000-01", "44"), snapshot)
            stream.cancel()

    def test_snapshot_of_selected_series(self):
        client = self.daemon.client()
        client.releases.UploadRelease(wire.upload_messages(
            "r", "2025-01-10", "A", random_cells(random.Random(SEED), "A", 20, 20)))
        stream = client.updates.Subscribe(guarantees.subscribe_request(
            [("A", "S003+S007.")], after=1, snapshot=True), timeout=GUARD_SECONDS)
        seen = set()
        for answer in stream:
            if answer.WhichOneof("event") == "marker":
                break
            seen |= {cell[1] for cell in wire.decode(answer.snapshot.dataset, answer.snapshot.block)}
        self.assertEqual(seen, {"S003.X", "S007.X"})
        stream.cancel()

    def test_confirmed_cells_can_be_left_out(self):
        client = self.daemon.client()
        cells = [(f"S{number:03d}.X", "2024-12", "1") for number in range(10)]
        client.push("r1", "2025-01-01", [("A", cells)])
        cells[4] = ("S004.X", "2024-12", "2")
        client.push("r2", "2025-02-01", [("A", cells)])
        stream = client.updates.Subscribe(guarantees.subscribe_request(after=1, omit_confirmed=True), timeout=GUARD_SECONDS)
        part = next(answer.release for answer in stream if answer.WhichOneof("event") == "release")
        self.assertEqual(wire.change_cells(part.changes), [wire.cell("A", *cells[4])])
        self.assertEqual(wire.number_text(part.changes[0].before.coefficients[0], part.changes[0].before.scale), "1")
        stream.cancel()

    def test_progress_comes_when_nothing_matches(self):
        client = self.daemon.client()
        self.push_numbered(client, range(2))
        stream = client.updates.Subscribe(guarantees.subscribe_request([("B", "")], after=0), timeout=GUARD_SECONDS)
        self.assertEqual(next(stream).marker.sequence, 0)
        for answer in stream:
            self.assertEqual(answer.WhichOneof("event"), "progress")
            if answer.progress.sequence == 2:
                break
        stream.cancel()
        self.assertEqual(self.first_answer(client, token=answer.progress.resume_token).marker.sequence, 2)

    # ---- what a subscriber costs

    def upload_rounds(self, client, name, rounds):
        rng = random.Random(SEED)
        cells = random_cells(rng, "A", 400, 250)
        for number in range(rounds):
            # The same cells with other values, fast to make: every statement is a revision.
            cells = [cell[:4] + (cell[4] + 1,) + cell[5:] for cell in cells]
            client.releases.UploadRelease(wire.upload_messages(f"{name}-{number}", "2025-06-01", "A", cells))

    def test_subscribers_that_stop_reading_cost_bounded_memory(self):
        client = self.daemon.client()
        rounds, readers = 8, 60
        self.upload_rounds(client, "before", rounds)
        before = self.daemon.resident_bytes()
        head = client.head()
        stalled = []
        for _ in range(readers):
            reader = support.Client(self.daemon.address)
            self.addCleanup(reader.close)
            stream = reader.updates.Subscribe(guarantees.subscribe_request(after=head))
            self.assertEqual(next(stream).WhichOneof("event"), "marker")
            stalled.append(stream)
        self.upload_rounds(client, "while", rounds)
        stream = client.updates.Subscribe(guarantees.subscribe_request(after=head), timeout=GUARD_SECONDS)
        size = 0
        for answer in stream:
            size += answer.ByteSize()
            if answer.release.sequence == head + rounds and answer.release.last:
                break
        stream.cancel()
        grown = self.daemon.resident_bytes() - before
        owed = size * readers
        print(f"owed to stalled readers {owed >> 20} MiB, daemon grew by {grown >> 20} MiB", file=sys.stderr)
        self.assertGreater(owed, 300 << 20, "too little was held back to prove anything")
        self.assertLess(grown, owed / 3)
        # They have lost nothing for it.
        for stream in stalled[:2]:
            seen = [answer.release.sequence for answer in _until(stream, head + rounds)
                    if answer.WhichOneof("event") == "release" and answer.release.last]
            self.assertEqual(seen, list(range(head + 1, head + rounds + 1)))

    def test_subscribers_that_stop_reading_delay_nobody(self):
        client = self.daemon.client()
        self.upload_rounds(client, "before", 14)  # more than connections hold by themselves

        def best_median(name):
            """Of several batches of pushes the best median: other processes may have had the machine in the others."""
            medians = []
            for batch in range(6):
                times = []
                for number in range(50):
                    start = time.perf_counter()
                    client.push(f"{name}-{batch}-{number}", "2025-06-02", [("A", [("S001.X", "2024-12", f"{number}")])])
                    times.append(time.perf_counter() - start)
                medians.append(statistics.median(times))
            return min(medians)

        before = best_median("before-them")
        # In a process of their own, which is stopped: what they cost is the daemon's cost only.
        readers = subprocess.Popen([sys.executable, __file__, "--stalled", self.daemon.address, "40"],
                                   stdout=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(readers.stdout.close)
        self.addCleanup(readers.wait)
        self.addCleanup(readers.kill)
        self.assertEqual(readers.stdout.readline(), "reading no more\n")
        readers.send_signal(signal.SIGSTOP)
        beside = best_median("beside")
        readers.kill()
        alone = max(before, best_median("after-them"))  # the machine may have become busier meanwhile
        print(f"median push alone {alone * 1e3:.2f} ms, beside 40 stalled readers {beside * 1e3:.2f} ms", file=sys.stderr)
        self.assertLess(beside, 4 * alone)


def _until(stream, sequence):
    for answer in stream:
        yield answer
        if answer.release.sequence == sequence and answer.release.last:
            return


def stalled_readers(address, count):
    """Opens subscriptions from the first release on, and reads nothing but their markers."""
    streams = []
    for _ in range(count):
        client = support.Client(address)
        streams.append((client, client.updates.Subscribe(guarantees.subscribe_request(after=0))))
        next(streams[-1][1])
    print("reading no more", flush=True)
    time.sleep(GUARD_SECONDS)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stalled"]:
        stalled_readers(sys.argv[2], int(sys.argv[3]))
        sys.exit()
    unittest.main(verbosity=2)
