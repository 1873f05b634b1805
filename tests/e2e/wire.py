"""Columns to cells and back, written from the .proto files alone.

A cell is a tuple (dataset, series, start, months, coefficient, scale, absence): `start` counts months since 1970-01, the
number is coefficient * 10^-scale, absence is an enum number, 0 where there is a number.
"""

import itertools
import re

import support


def months_since_1970(text):
    year, month = text.split("-")
    return (int(year) - 1970) * 12 + int(month) - 1


def period_text(start, months):
    text = f"{1970 + start // 12}-{start % 12 + 1:02d}"
    return text if months == 1 else f"{text}/P{months}M"


def parse_period(text):
    match = re.fullmatch(r"(\d{4}-\d\d)(?:/P(\d+)M)?", text)
    return months_since_1970(match[1]), int(match[2] or 1)


def parse_number(text):
    """(coefficient, scale) of a decimal text."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction), len(fraction)


def number_text(coefficient, scale):
    digits = str(abs(coefficient)).rjust(scale + 1, "0")
    text = digits[:-scale] + "." + digits[-scale:] if scale else digits
    return "-" + text if coefficient < 0 else text


def cell(dataset, series, period, value):
    """`value`: a number's text, or an absence."""
    start, months = parse_period(period)
    if isinstance(value, str):
        return (dataset, series, start, months, *parse_number(value), 0)
    return (dataset, series, start, months, 0, 0, value)


def cell_text(given):
    dataset, series, start, months, coefficient, scale, absence = given
    value = support.observation.Absence.Name(absence) if absence else number_text(coefficient, scale)
    return f"{dataset}/{series} {period_text(start, months)} {value}"


def decode(dataset, block):
    """The cells of an ObservationBlock, in its order."""
    count = sum(block.cell_counts)
    data = block.data
    series = itertools.chain.from_iterable(map(itertools.repeat, block.series, block.cell_counts))
    starts = itertools.accumulate(block.period_start_deltas)
    coefficients = list(data.coefficients)
    for wide in data.wide:
        coefficients[wide.index] = int(wide.coefficient)
    columns = {"series": len(block.series) == len(block.cell_counts),
               "starts": len(block.period_start_deltas) == count,
               "months": len(block.period_months) in (0, count),
               "coefficients": len(coefficients) == count,
               "scales": len(data.scales) in (0, count),
               "absences": len(data.absences) in (0, count)}
    wrong = [name for name, right in columns.items() if not right]
    assert not wrong, f"columns {wrong} do not fit {count} cells"
    return list(zip(
        itertools.repeat(dataset), series, starts,
        block.period_months or itertools.repeat(1),
        coefficients,
        data.scales or itertools.repeat(data.scale),
        data.absences or itertools.repeat(0)))


def encode(cells):
    """An ObservationBlock of cells that are in canonical order."""
    block = support.observation.ObservationBlock()
    for key, group in itertools.groupby(cells, key=lambda given: given[1]):
        block.series.append(key)
        block.cell_counts.append(sum(1 for _ in group))
    starts = [given[2] for given in cells]
    block.period_start_deltas.extend(b - a for a, b in zip([0] + starts, starts))
    if any(given[3] != 1 for given in cells):
        block.period_months.extend(given[3] for given in cells)
    scales = {given[5] for given in cells}
    if len(scales) == 1:
        block.data.scale = scales.pop()
    else:
        block.data.scales.extend(given[5] for given in cells)
    for index, given in enumerate(cells):
        if abs(given[4]) >= 1 << 62:
            block.data.wide.add(index=index, coefficient=str(given[4]))
    block.data.coefficients.extend(0 if abs(given[4]) >= 1 << 62 else given[4] for given in cells)
    if any(given[6] for given in cells):
        block.data.absences.extend(given[6] for given in cells)
    return block


def canonical_order(cells):
    """Series code by code, then period; one dataset."""
    return sorted(cells, key=lambda given: (given[1].split("."), given[2], given[3]))


def change_cells(changes):
    """The cells of a list of ChangeBlocks, in order."""
    cells = []
    for change in changes:
        cells += decode(change.dataset, change.cells)
    return cells


def upload_messages(release_id, published_on, dataset, cells, cells_a_block=20_000, **header):
    """The messages of an upload, in order; `cells` in canonical order."""
    Request = support.releases.UploadReleaseRequest
    yield Request(header=support.releases.ReleaseHeader(release_id=release_id, published_on=published_on, **header))
    yield Request(section=Request.SectionStart(dataset=dataset, action=support.releases.ACTION_MERGE))
    for at in range(0, len(cells), cells_a_block):
        yield Request(block=encode(cells[at:at + cells_a_block]))
    yield Request(end=Request.End(observations=len(cells)))
