"""The six guarantees of a stream, each with its checker, and the subscriber whose recordings they judge.

A recording is what one subscriber saw through all of its sessions (a session is one Subscribe call; the next one resumes
where the last one ended). The truth is what was acknowledged. A checker is given both and lists what is wrong.
"""

import collections
import dataclasses
import threading

import grpc

import support
import wire

Marker = collections.namedtuple("Marker", "sequence token")
# header: the sequence in the release header that the part carries, or 0 without one.
Part = collections.namedtuple("Part", "sequence part last token header cells")
Progress = collections.namedtuple("Progress", "sequence token")


class Truth:
    """What was accepted: the content of every sequence, and its token. Thread-safe for its writers."""

    def __init__(self):
        self._mutex = threading.Lock()
        self.cells = {}  # sequence -> the cells that it states, in canonical order
        self.retractions = {}  # sequence -> the sequence that it retracts
        self.tokens = {}  # sequence -> resume token

    def accept(self, sequence, cells):
        with self._mutex:
            if sequence in self.cells and self.cells[sequence] != cells:
                raise AssertionError(f"sequence {sequence} was given to two releases")
            self.cells[sequence] = cells

    def retract(self, sequence, retracted):
        with self._mutex:
            self.cells[sequence] = self.cells[retracted]
            self.retractions[sequence] = retracted

    def matching(self, wants, after, until):
        """The sequences that a subscriber is owed, ascending."""
        return [sequence for sequence in sorted(self.cells)
                if after < sequence <= until and any(wants(cell) for cell in self.cells[sequence])]

    def read_tokens(self, client):
        get = support.releases.GetReleaseRequest
        for sequence in self.cells:
            self.tokens[sequence] = client.releases.GetRelease(get(sequence=sequence)).resume_token


@dataclasses.dataclass
class Session:
    after: int  # the position that was asked for
    by_token: bool
    events: list = dataclasses.field(default_factory=list)

    def releases(self):
        """[(sequence, [parts])] in order of arrival; one that the session's end cut off is not among them."""
        done, open_parts = [], []
        for event in self.events:
            if isinstance(event, Part):
                if open_parts and open_parts[-1].sequence != event.sequence:
                    open_parts = []
                open_parts.append(event)
                if event.last:
                    done.append((event.sequence, open_parts))
                    open_parts = []
        return done

    def position(self):
        """After which sequence a resumption has to start."""
        at = self.after
        for event in self.events:
            if not isinstance(event, Part) or event.last:
                at = event.sequence
        return at


@dataclasses.dataclass
class Recording:
    wants: object  # cell -> bool: what the selectors select
    sessions: list = dataclasses.field(default_factory=list)

    def start(self):
        return self.sessions[0].after

    def end(self):
        return self.sessions[-1].position()

    def sequences(self):
        return [sequence for session in self.sessions for sequence, _ in session.releases()]


def _ascending(items):
    return all(a < b for a, b in zip(items, items[1:]))


class Ordered:
    """Releases come by ascending sequence, and what is in them in canonical order."""

    name = "ordered"

    def violations(self, recording, truth):
        found = []
        if not _ascending(recording.sequences()):
            found.append(f"sequences do not ascend: {recording.sequences()}")
        for session in recording.sessions:
            for sequence, parts in session.releases():
                for dataset in {cell[0] for part in parts for cell in part.cells}:
                    keys = [(cell[1].split("."), cell[2], cell[3])
                            for part in parts for cell in part.cells if cell[0] == dataset]
                    if not _ascending(keys):
                        found.append(f"the cells of release {sequence} do not ascend")
        return found


class Unique:
    """No release comes twice, nor a cell twice within one."""

    name = "unique"

    def violations(self, recording, truth):
        found = [f"release {sequence} came {count} times"
                 for sequence, count in collections.Counter(recording.sequences()).items() if count > 1]
        for session in recording.sessions:
            for sequence, parts in session.releases():
                cells = collections.Counter(cell[:4] for part in parts for cell in part.cells)
                found += [f"release {sequence} has a cell {count} times: {cell}"
                          for cell, count in cells.items() if count > 1]
        return found


class Atomic:
    """A release is seen whole, its parts together and nothing between them."""

    name = "atomic"

    def violations(self, recording, truth):
        found = []
        for session in recording.sessions:
            expected = None  # (sequence, part) that must come next
            for event in session.events:
                if expected and (not isinstance(event, Part) or (event.sequence, event.part) != expected):
                    found.append(f"{event[:2]} came where part {expected} had to")
                if not isinstance(event, Part):
                    expected = None
                    continue
                if not expected and event.part != 0:
                    found.append(f"release {event.sequence} begins with part {event.part}")
                if (event.header == event.sequence) != (event.part == 0):
                    found.append(f"part {event.part} of release {event.sequence} has the header {event.header}")
                if bool(event.token) != event.last:
                    found.append(f"part {event.part} of release {event.sequence}: a token must stand on the end only")
                expected = None if event.last else (event.sequence, event.part + 1)
            for sequence, parts in session.releases():
                found += self._content(recording, truth, sequence, parts)
        return found

    @staticmethod
    def _content(recording, truth, sequence, parts):
        if sequence not in truth.cells:
            return [f"release {sequence} was never acknowledged"]
        owed = [cell for cell in truth.cells[sequence] if recording.wants(cell)]
        seen = [cell for part in parts for cell in part.cells]
        if sequence in truth.retractions:  # it shows what is known afterwards: compare the cells, not their values
            owed, seen = [cell[:4] for cell in owed], [cell[:4] for cell in seen]
        if sorted(owed) == sorted(seen):
            return []
        missing, extra = sorted(set(owed) - set(seen)), sorted(set(seen) - set(owed))
        return [f"release {sequence} has {len(seen)} cells of {len(owed)}; missing {missing[:3]}, extra {extra[:3]}"]


class Reliable:
    """None is missing, up to where the subscriber got."""

    name = "reliable"

    def violations(self, recording, truth):
        owed = truth.matching(recording.wants, recording.start(), recording.end())
        missing = sorted(set(owed) - set(recording.sequences()))
        return [f"never came: {missing}"] if missing else []


class Resumable:
    """A session starts exactly after the position that was asked for."""

    name = "resumable"

    def violations(self, recording, truth):
        found = []
        for number, session in enumerate(recording.sessions):
            where = f"session {number} after {session.after}"
            if number and session.after != recording.sessions[number - 1].position():
                found.append(f"{where}: the one before ended at {recording.sessions[number - 1].position()}")
            if not session.events:
                continue
            first = session.events[0]
            if not isinstance(first, Marker) or first.sequence != session.after:
                found.append(f"{where}: begins with {first[:2]}, not with its marker")
            came = [sequence for sequence, _ in session.releases()]
            owed = truth.matching(recording.wants, session.after, session.position())
            if came[:1] != owed[:1]:
                found.append(f"{where}: the first release is {came[:1]}, not {owed[:1]}")
        return found


class Bookmarkable:
    """Progress and tokens never precede the events that they cover, and a token stands where it says."""

    name = "bookmarkable"

    def violations(self, recording, truth):
        found = []
        for number, session in enumerate(recording.sessions):
            covered, came = session.after, set()
            for event in session.events:
                if isinstance(event, Part):
                    if event.sequence <= covered:
                        found.append(f"session {number}: release {event.sequence} came after position {covered}")
                    if not event.last:
                        continue
                    came.add(event.sequence)
                elif event.sequence < covered:
                    found.append(f"session {number}: {event} goes back from {covered}")
                if isinstance(event, Progress):
                    owed = truth.matching(recording.wants, session.after, event.sequence)
                    if set(owed) - came:
                        found.append(f"session {number}: progress to {event.sequence} precedes {sorted(set(owed) - came)}")
                covered = max(covered, event.sequence)
                known = truth.tokens.get(event.sequence)
                if not event.token:
                    found.append(f"session {number}: no token on {event[:2]}")
                elif known and event.token != known:
                    found.append(f"session {number}: the token of {event.sequence} is {event.token}, elsewhere {known}")
        return found


CHECKERS = [Ordered(), Unique(), Atomic(), Reliable(), Resumable(), Bookmarkable()]


def violations(recording, truth):
    return [f"{checker.name}: {found}" for checker in CHECKERS for found in checker.violations(recording, truth)]


def event_of(answer):
    kind = answer.WhichOneof("event")
    if kind == "marker":
        return Marker(answer.marker.sequence, answer.marker.resume_token)
    if kind == "progress":
        return Progress(answer.progress.sequence, answer.progress.resume_token)
    if kind == "release":
        part = answer.release
        header = part.release.sequence if part.HasField("release") else 0
        return Part(part.sequence, part.part, part.last, part.resume_token, header, wire.change_cells(part.changes))
    raise AssertionError(f"unexpected event: {kind}")


def subscribe_request(selectors=(), after=None, token=None, **fields):
    request = support.updates.SubscribeRequest(**fields)
    for dataset, key in selectors:
        request.selectors.add(dataset=dataset, key=key)
    if token is not None:
        request.resume_token = token
    elif after is not None:
        request.after_sequence = after
    request.progress_interval.FromMilliseconds(100)
    return request


class Subscriber:
    """Follows a daemon through its restarts on a thread of its own, and records what it sees.

    `hang_up(session)` is asked after every event whether to break the session off there; `before_read()` runs before
    every read. `by_token(number of the session)` chooses how to resume.
    """

    def __init__(self, daemon, selectors=(), wants=lambda cell: True, after=0, token=None,
                 hang_up=lambda session: False,
                 before_read=lambda: None, by_token=lambda number: True, request_fields=None):
        self.recording = Recording(wants)
        self._daemon = daemon
        self._selectors = selectors
        self._after = after
        self._token = token
        self._hang_up = hang_up
        self._before_read = before_read
        self._by_token = by_token
        self._request_fields = request_fields or {}
        self._until = None
        self._abandoned = threading.Event()
        self._thread = support.in_background(self._run)

    def finish(self, until):
        """Waits until everything up to the sequence `until` has been considered; the recording."""
        self._until = until
        self._thread.finish()
        return self.recording

    def abandon(self):
        """Ends it where it stands; the recording."""
        self._abandoned.set()
        self._thread.finish()
        return self.recording

    def _done(self):
        return self._abandoned.is_set() or self._until is not None and self._after >= self._until

    def _run(self):
        while not self._done():
            if not self._daemon.serving.wait(0.1):
                continue
            by_token = self._token is not None and self._by_token(len(self.recording.sessions))
            session = Session(self._after, by_token)
            self.recording.sessions.append(session)
            with support.Client(self._daemon.address) as client:
                stream = client.updates.Subscribe(subscribe_request(
                    self._selectors, self._after, self._token if by_token else None, **self._request_fields))
                try:
                    self._follow(stream, session)
                except grpc.RpcError as error:
                    # The daemon is going, or gone. Anything else is a finding.
                    if error.code() != grpc.StatusCode.UNAVAILABLE:
                        raise
                    self._abandoned.wait(0.01)
                finally:
                    stream.cancel()

    def _record(self, session, event):
        session.events.append(event)

    def _follow(self, stream, session):
        while True:
            self._before_read()
            answer = next(stream, None)
            if answer is None:
                raise AssertionError("the stream ended with OK; it must go on or say why not")
            event = event_of(answer)
            self._record(session, event)
            if not isinstance(event, Part) or event.last:
                self._after = event.sequence
                self._token = event.token
            if self._done() or self._hang_up(session):
                return
