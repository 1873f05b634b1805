"""The checkers themselves: a good recording passes, and each checker rejects recordings that break its guarantee."""

import unittest

import guarantees
from guarantees import Marker, Part, Progress, Recording, Session, Truth


def cells_of(sequence, count=4):
    return [("D", f"S{number}.X", 600 + number, 1, sequence * 100 + number, 2, 0) for number in range(count)]


def token(sequence):
    return f"token-{sequence}"


def release(sequence, parts=1):
    cells = cells_of(sequence)
    size = len(cells) // parts
    return [Part(sequence, part, part == parts - 1, token(sequence) if part == parts - 1 else "",
                 0 if part else sequence, cells[part * size:(part + 1) * size]) for part in range(parts)]


def good():
    """Nine releases; sessions break off after the third, and within the sixth; the eighth has four parts."""
    truth = Truth()
    for sequence in range(1, 10):
        truth.accept(sequence, cells_of(sequence))
        truth.tokens[sequence] = token(sequence)
    first = Session(0, False, [Marker(0, token(0)), *release(1), *release(2, 2), Progress(2, token(2)), *release(3)])
    second = Session(3, True, [Marker(3, token(3)), *release(4), *release(5), *release(6, 2)[:1]])
    third = Session(5, False, [Marker(5, token(5)), *release(6, 2), *release(7), *release(8, 4), *release(9),
                               Progress(9, token(9))])
    return Recording(lambda cell: True, [first, second, third]), truth


def without_cell(part):
    return part._replace(cells=part.cells[1:])


class CheckersTest(unittest.TestCase):
    def reject(self, name, corrupt):
        recording, truth = good()
        corrupt(recording.sessions)
        checker, = [checker for checker in guarantees.CHECKERS if checker.name == name]
        self.assertTrue(checker.violations(recording, truth), f"'{name}' lets a corrupted recording pass")

    def test_good_recording_passes(self):
        self.assertEqual(guarantees.violations(*good()), [])

    def test_ordered(self):
        def swap_releases(sessions):
            events = sessions[1].events
            events[1], events[2] = events[2], events[1]

        def swap_cells(sessions):
            part = sessions[0].events[1]
            sessions[0].events[1] = part._replace(cells=part.cells[::-1])

        self.reject("ordered", swap_releases)
        self.reject("ordered", swap_cells)

    def test_unique(self):
        def repeat_at_once(sessions):
            sessions[0].events[1:1] = release(1)

        def repeat_after_resuming(sessions):
            sessions[1].events[1:1] = release(3)

        def repeat_cell(sessions):
            part = sessions[0].events[1]
            sessions[0].events[1] = part._replace(cells=part.cells + part.cells[:1])

        self.reject("unique", repeat_at_once)
        self.reject("unique", repeat_after_resuming)
        self.reject("unique", repeat_cell)

    def test_atomic(self):
        def lose_middle_part(sessions):
            del sessions[2].events[5]

        def lose_first_part(sessions):
            del sessions[2].events[4]

        def lose_cell(sessions):
            sessions[0].events[1] = without_cell(sessions[0].events[1])

        def progress_within(sessions):
            sessions[2].events.insert(6, Progress(7, token(7)))

        def another_release_within(sessions):
            sessions[2].events[6:6] = release(9)

        def token_within(sessions):
            sessions[2].events[4] = sessions[2].events[4]._replace(token=token(8))

        def another_value(sessions):
            part = sessions[0].events[1]
            sessions[0].events[1] = part._replace(cells=[cell[:4] + (7,) + cell[5:] for cell in part.cells])

        for corrupt in (lose_middle_part, lose_first_part, lose_cell, progress_within, another_release_within,
                        token_within, another_value):
            self.reject("atomic", corrupt)

    def test_reliable(self):
        def lose_release(sessions):
            del sessions[1].events[1]

        def lose_last_before_hanging_up(sessions):
            del sessions[0].events[-1]
            sessions[1].events[0] = Marker(3, token(3))

        self.reject("reliable", lose_release)
        self.reject("reliable", lose_last_before_hanging_up)

    def test_resumable(self):
        def start_late(sessions):
            del sessions[1].events[1]

        def start_early(sessions):
            sessions[1].events[1:1] = release(3)

        def marker_elsewhere(sessions):
            sessions[1].events[0] = Marker(2, token(2))

        def no_marker(sessions):
            del sessions[2].events[0]

        for corrupt in (start_late, start_early, marker_elsewhere, no_marker):
            self.reject("resumable", corrupt)

    def test_bookmarkable(self):
        def progress_too_early(sessions):
            events = sessions[2].events
            events.insert(events.index(release(9)[0]), Progress(9, token(9)))
            del events[-1]

        def progress_covers_what_never_comes(sessions):
            sessions[0].events[-1] = Progress(3, token(3))

        def progress_goes_back(sessions):
            sessions[2].events.append(Progress(8, token(8)))

        def wrong_token(sessions):
            sessions[0].events[1] = sessions[0].events[1]._replace(token=token(2))

        for corrupt in (progress_too_early, progress_covers_what_never_comes, progress_goes_back, wrong_token):
            self.reject("bookmarkable", corrupt)


if __name__ == "__main__":
    unittest.main(verbosity=2)
