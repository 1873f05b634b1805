#!/usr/bin/env python3
"""Kills the daemon with SIGKILL at random moments, in a loop, while feeders push and upload and subscribers watch.

    crash_loop.py [--cycles N] [--seed S] [--verbose]

One store lives through all cycles. After each restart, while the subscribers go on:

  - sequences are 1, 2, 3 ... without a gap, and what stood under a sequence before still stands there;
  - every acknowledged release is there with the digest and the count that were acknowledged;
  - of the releases whose answer never came, each is there whole or not at all; nothing else is there;
  - the content of every release that is new since the last look is read back value by value; what is known now, and at the
    sequence of a random upload, is compared with a model; answers given before earlier crashes are asked for again.

At the end everything is read once more from the first release on, and the recordings of the subscribers, who resumed by
token after each crash, go before the checkers of the six guarantees.

TIDEWAITERD names the daemon; ctest sets it. The seed decides what is pushed and when to kill; threads decide the rest.
"""

import argparse
import collections
import itertools
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import grpc  # noqa: E402

import guarantees  # noqa: E402
import support  # noqa: E402
import wire  # noqa: E402

DAY = "2025-06-01"  # of every release: what is known follows the sequence
UPLOAD_SERIES, UPLOAD_PERIODS = 400, 250
UPLOAD_BLOCK = 5_000
SMALL_FEEDERS, UPLOADERS = 3, 2
GAVE_NO_ANSWER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


class Content:
    """What a release says; made again from its name whenever it is needed."""

    def __init__(self, seed):
        self._seed = seed
        self._shapes = {}

    def dataset(self, release_id):
        return "BIG" if release_id.startswith("upload") else "SMALL"

    def cells(self, release_id):
        """In canonical order."""
        feeder, _, number = release_id.rpartition("-")
        rng = random.Random(f"{self._seed} {release_id}")
        if feeder.startswith("upload"):
            shape = (feeder, UPLOAD_SERIES, UPLOAD_PERIODS)
            feeder = "all"  # all uploads state the same cells
        else:
            shape = (feeder, rng.randrange(1, 6), rng.randrange(1, 11))
        keys, starts = self._shape(feeder, *shape[1:])
        first, step = rng.randrange(10**7), rng.randrange(1, 10**5)
        coefficients = [(first + step * at) % 10**7 for at in range(len(keys))]
        return list(zip(itertools.repeat(self.dataset(release_id)), keys, starts, itertools.repeat(1), coefficients,
                        itertools.repeat(2), itertools.repeat(0)))

    def _shape(self, feeder, series, periods):
        if (feeder, series, periods) not in self._shapes:
            keys = [f"{feeder}.S{number:04d}" for number in range(series) for _ in range(periods)]
            self._shapes[feeder, series, periods] = keys, list(range(360, 360 + periods)) * series
        return self._shapes[feeder, series, periods]


def summary(dataset, cells):
    """Stands for a whole release where there are too many to keep."""
    return dataset, "whole", len(cells), hash(tuple(cells))


class Trigger:
    """Fires when the n-th of some kind of thing happens."""

    def __init__(self):
        self._mutex = threading.Lock()
        self._fired = threading.Event()
        self._left = {}
        self.uploads_open = 0

    def arm(self, kind, count):
        self._fired.clear()
        with self._mutex:
            self._left = {kind: count}

    def wait(self, seconds):
        return self._fired.wait(seconds)

    def note(self, kind):
        with self._mutex:
            if kind in self._left:
                self._left[kind] -= 1
                if self._left[kind] == 0:
                    self._fired.set()

    def upload(self, change):
        with self._mutex:
            self.uploads_open += change


class Ledger:
    """What was attempted, and what was acknowledged. Thread-safe."""

    def __init__(self):
        self._mutex = threading.Lock()
        self._acknowledged = {}  # sequence -> (release id, digest, observations)
        self.attempted = set()
        self.unanswered = 0

    def acknowledge(self, release):
        fact = (release.header.release_id, release.digest, release.observations)
        with self._mutex:
            held = self._acknowledged.setdefault(release.sequence, fact)
        assert held == fact, f"sequence {release.sequence} was acknowledged as {held} and as {fact}"

    def acknowledged(self):
        with self._mutex:
            return dict(self._acknowledged)


class Feeder:
    """Pushes or uploads release after release, through all crashes."""

    def __init__(self, loop, name, seed):
        self._loop, self._name = loop, name
        self._number = 0
        self._rng = random.Random(seed)
        self._thread = support.in_background(self._run)

    def finish(self):
        self._thread.finish()

    def alive(self):
        return self._thread.is_alive()

    def _next(self):
        self._number += 1
        release_id = f"{self._name}-{self._number}"
        self._loop.ledger.attempted.add(release_id)
        return release_id

    def _run(self):
        release_id = self._next()
        while not self._loop.over.is_set():
            if not self._loop.daemon.serving.wait(0.05):
                continue
            try:
                with support.Client(self._loop.daemon.address) as client:
                    while not self._loop.over.is_set():
                        if not self._loop.feeding.wait(0.05):
                            continue
                        self._deliver(client, release_id)
                        release_id = self._next()
            except grpc.RpcError as error:
                if error.code() not in GAVE_NO_ANSWER:
                    raise
                self._loop.ledger.unanswered += 1
                if self._name.startswith("upload") and self._rng.random() < 0.4:
                    release_id = self._next()  # given up: whether it was taken, only the store knows
                time.sleep(0.01)

    def _deliver(self, client, release_id):
        cells = self._loop.content.cells(release_id)
        if release_id.startswith("upload"):
            answer = client.releases.UploadRelease(self._messages(release_id, cells))
        else:
            request = support.push_request(release_id, DAY, [support.releases.Section(dataset="SMALL")])
            request.sections[0].blocks.append(wire.encode(cells))
            answer = client.releases.PushRelease(request)
            time.sleep(self._rng.random() * 0.01)
        assert answer.release.header.release_id == release_id
        assert answer.release.observations == len(cells), answer
        self._loop.ledger.acknowledge(answer.release)
        self._loop.trigger.note("answer")

    def _messages(self, release_id, cells):
        trigger = self._loop.trigger
        trigger.upload(1)
        try:
            for message in wire.upload_messages(release_id, DAY, "BIG", cells, UPLOAD_BLOCK):
                trigger.note(message.WhichOneof("step"))
                yield message
        finally:
            trigger.upload(-1)


class Watcher(guarantees.Subscriber):
    """A subscriber that keeps a summary of each release instead of all its cells."""

    def _record(self, session, event):
        if isinstance(event, guarantees.Part):
            if event.part == 0:
                self._cells = []
            self._cells += event.cells
            cells = [summary(self._cells[0][0], self._cells)] if event.last else []
            event = event._replace(cells=cells)
        session.events.append(event)


class Loop:
    def __init__(self, daemon, seed, verbose):
        self.daemon = daemon
        self.seed = seed
        self.verbose = verbose
        self.rng = random.Random(seed)
        self.content = Content(seed)
        self.trigger = Trigger()
        self.ledger = Ledger()
        self.over = threading.Event()
        self.feeding = threading.Event()  # not set while the store is looked at: it would grow faster than it is read
        self.feeding.set()
        self.facts = {}  # sequence -> (release id, digest, observations, chain), as read after some crash
        self.modelled = 0  # up to which sequence the model below has come
        self.small = {}  # what is known of SMALL: (series, period) -> cell
        self.uploads = []  # sequences of the uploads
        self.answers = []  # (request, bytes) of answers given before a crash
        self.counts = collections.Counter()

    def run(self, cycles):
        with self.daemon.start().client() as client:
            for dataset in ("SMALL", "BIG"):
                client.create_dataset(dataset, ["feeder", "series"])
        feeders = [Feeder(self, f"small{number}", self.rng.random()) for number in range(SMALL_FEEDERS)]
        feeders += [Feeder(self, f"upload{number}", self.rng.random()) for number in range(UPLOADERS)]
        coin = random.Random(self.rng.random())
        watchers = {
            "all": Watcher(self.daemon),
            "small ones": Watcher(self.daemon, [("SMALL", "")], lambda cell: cell[0] == "SMALL"),
            "hanging up": Watcher(self.daemon, [("SMALL", "")], lambda cell: cell[0] == "SMALL",
                                  hang_up=lambda session: coin.random() < 0.03),
        }
        for cycle in range(cycles):
            self.feeding.set()
            self.kill_sometime()
            if self.rng.random() < 0.3:  # kill it again while it recovers
                self.daemon.spawn()
                time.sleep(self.rng.random() * 0.15)
                self.daemon.kill()
                self.counts["killed while starting"] += 1
            self.feeding.clear()
            self.daemon.start()
            with support.Client(self.daemon.address) as client:
                self.verify(client, whole=cycle % 10 == 9)
            for part in (*feeders, *(watcher._thread for watcher in watchers.values())):
                if isinstance(part, Feeder) and not part.alive():
                    part.finish()
                    raise AssertionError("a feeder ended")
                if not isinstance(part, Feeder) and not part.is_alive():
                    part.finish()
                    raise AssertionError("a subscriber ended")
            if self.verbose:
                print(f"cycle {cycle + 1}: head {max(self.facts, default=0)}, {dict(self.counts)}", flush=True)
        self.over.set()
        self.feeding.set()
        for feeder in feeders:
            feeder.finish()
        self.daemon.restart(crash=True)
        with support.Client(self.daemon.address) as client:
            self.verify(client, whole=True)
            for request, expected in self.answers:
                self.compare_answer(client, request, expected)
            self.read_content(client, after=0)
            self.judge(client, watchers)

    def kill_sometime(self):
        kind, most, seconds = self.rng.choice([
            ("never", 1, self.rng.random() * 1.5), ("block", 40, 3), ("end", 2, 3), ("header", 3, 3), ("answer", 80, 3)])
        self.trigger.arm(kind, self.rng.randrange(1, most + 1))
        self.trigger.wait(seconds)
        if kind == "end":  # the commit is under way
            time.sleep(self.rng.random() * 0.08)
        else:
            time.sleep(self.rng.choice([0, self.rng.random() * 0.01]))
        if self.trigger.uploads_open:
            self.counts["killed within an upload"] += 1
        self.daemon.kill()
        self.counts["kills"] += 1

    # ---- after a restart

    def verify(self, client, whole):
        acknowledged = self.ledger.acknowledged()
        checked = max(self.facts, default=0)
        after = 0 if whole else max(0, checked - 50)
        entries, page_after = [], after
        while True:
            page = client.releases.ListReleases(support.releases.ListReleasesRequest(
                after_sequence=page_after, page_size=10_000))
            entries += page.releases
            page_after = page.next_after_sequence
            if not page_after:
                break
        sequences = [entry.sequence for entry in entries]
        assert sequences == list(range(after + 1, after + len(entries) + 1)), f"gaps in {sequences}"
        head = after + len(entries)
        assert head >= checked, f"the head was {checked} and is {head}"
        lost = [sequence for sequence in acknowledged if sequence > head]
        assert not lost, f"acknowledged and lost: {lost}"
        for entry in entries:
            release_id = entry.header.release_id
            fact = (release_id, entry.digest, entry.observations, entry.chain)
            held = self.facts.setdefault(entry.sequence, fact)
            assert held == fact, f"sequence {entry.sequence} was {held} and is {fact}"
            assert release_id in self.ledger.attempted, f"nobody pushed {release_id}"
            if entry.sequence in acknowledged:
                assert fact[:3] == acknowledged[entry.sequence], \
                    f"sequence {entry.sequence} was acknowledged as {acknowledged[entry.sequence]} and is {fact}"
        ids = collections.Counter(fact[0] for fact in self.facts.values())
        twice = [release_id for release_id, count in ids.items() if count > 1]
        assert not twice, f"taken twice: {twice}"
        self.read_content(client, after=checked, until=head)
        if head:
            self.read_vintages(client, head)

    def read_content(self, client, after, until=None):
        """Every release, value by value, as a subscriber gets it."""
        until = until or max(self.facts, default=0)
        if after >= until:
            return
        stream = client.updates.Subscribe(guarantees.subscribe_request(after=after))
        cells = []
        for answer in stream:
            event = guarantees.event_of(answer)
            if not isinstance(event, guarantees.Part):
                continue
            if event.part == 0:
                cells = []
            cells += event.cells
            if not event.last:
                continue
            if event.sequence in self.facts:
                release_id, _, observations, _ = self.facts[event.sequence]
                assert len(cells) == observations, f"{release_id}: {len(cells)} cells of {observations}"
                assert cells == self.content.cells(release_id), f"{release_id} has other values"
                self.counts["releases read"] += 1
            if event.sequence >= until:
                break
        stream.cancel()

    def read_vintages(self, client, head):
        """What is known, against a model; and answers given before earlier crashes, against their bytes."""
        for sequence in range(self.modelled + 1, head + 1):
            release_id = self.facts[sequence][0]
            if self.content.dataset(release_id) == "SMALL":
                self.small.update((cell[1:4], cell) for cell in self.content.cells(release_id))
            else:
                self.uploads.append(sequence)
        self.modelled = head
        self.compare_known(client, "SMALL", head, sorted(self.small.values()))
        if self.uploads:  # each upload states all cells: any sequence can be modelled
            upload = self.rng.choice(self.uploads)
            self.compare_known(client, "BIG", upload, self.content.cells(self.facts[upload][0]))
        request = support.observations.GetObservationsRequest(
            dataset="SMALL", vintage=support.vintage(sequence=head), page_size=100_000)
        self.answers.append((request, self.answer(client, request)))
        for request, expected in self.rng.sample(self.answers, min(3, len(self.answers))):
            self.compare_answer(client, request, expected)

    @staticmethod
    def compare_known(client, dataset, sequence, expected):
        request = support.observations.StreamObservationsRequest(
            dataset=dataset, vintage=support.vintage(sequence=sequence))
        seen = []
        for answer in client.observations.StreamObservations(request):
            seen += wire.decode(dataset, answer.block)
        assert seen == expected, f"{dataset} at sequence {sequence}: {len(seen)} cells read, {len(expected)} expected"

    @staticmethod
    def answer(client, request):
        return client.observations.GetObservations(request).SerializeToString(deterministic=True)

    def compare_answer(self, client, request, expected):
        assert self.answer(client, request) == expected, f"another answer at sequence {request.vintage.sequence}"
        self.counts["answers repeated"] += 1

    def judge(self, client, watchers):
        truth = guarantees.Truth()
        for sequence, (release_id, *_) in self.facts.items():
            truth.accept(sequence, [summary(self.content.dataset(release_id), self.content.cells(release_id))])
        for sequence in self.rng.sample(sorted(truth.cells), min(200, len(truth.cells))):
            truth.tokens[sequence] = client.releases.GetRelease(
                support.releases.GetReleaseRequest(sequence=sequence)).resume_token
        head = max(truth.cells)
        for name, watcher in watchers.items():
            recording = watcher.finish(head)
            found = guarantees.violations(recording, truth)
            assert not found, f"the subscriber '{name}': {found[:10]}"
            owed = truth.matching(recording.wants, 0, head)
            assert recording.sequences() == owed, f"the subscriber '{name}' did not see each release once"
            self.counts["subscriptions"] += len(recording.sessions)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=25)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--verbose", action="store_true", help="a line for each cycle")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.cycles} cycles", flush=True)
    with support.temporary_folder() as folder:
        daemon = support.Daemon(folder / "store")
        loop = Loop(daemon, options.seed, options.verbose)
        try:
            loop.run(options.cycles)
            if options.cycles >= 20:
                assert loop.counts["killed within an upload"], "no kill came within an upload: this run proves too little"
        except BaseException:
            print(f"---- end of the daemon's log\n{daemon.log()[-4000:]}\n----\n"
                  f"seed {options.seed}, {dict(loop.counts)}", file=sys.stderr, flush=True)
            raise
        finally:
            loop.over.set()
            daemon.kill()
        taken = {fact[0] for fact in loop.facts.values()}
        acknowledged = {fact[0] for fact in loop.ledger.acknowledged().values()}
        print(f"{loop.counts['kills']} kills, {loop.counts['killed within an upload']} of them within an upload, "
              f"{loop.counts['killed while starting']} more while starting\n"
              f"{len(acknowledged)} releases acknowledged, all there; {loop.ledger.unanswered} calls without an answer; "
              f"{len(taken - acknowledged)} releases there whole whose answer never came\n"
              f"{sum(fact[2] for fact in loop.facts.values())} observations; {loop.counts['releases read']} releases read "
              f"value by value; {loop.counts['answers repeated']} answers repeated byte by byte\n"
              f"{loop.counts['subscriptions']} subscriptions by 3 subscribers, each release seen once\n"
              f"passed: seed {options.seed}, {options.cycles} cycles", flush=True)


if __name__ == "__main__":
    main()
