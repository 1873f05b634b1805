"""Every real file that is at hand, fed as its user would: what is accepted comes back digit for digit; the rest is refused
for the reason that stands here. real_data_test.py says where the files are looked for; they are not part of the project.
"""

import collections
import fnmatch
import json
import sys
import time
import unittest

import support

DAY = ("--published-at", "2026-11-01")
MIRROR = ("--column", "value=flow:X=Exports,M=Imports", "--set", "partner=CN")

# What a user has to say beside the file: (pattern of the path, arguments, what refuses it or None). The first that
# matches counts; a file that none matches fails the test.
RULES = [
    ("gacc-china-russia/prints.csv", ("tidy", "--time-zone", "Asia/Shanghai"), None),
    ("gacc-china-russia/headlines.csv", ("tidy", "--column", "source=source_url"), "a cell may be stated once"),
    ("gacc-china-russia/commodities.csv",
     ("tidy", "--column", "source=source_url", "--column",
      "dimensions=reporter+partner+flow+measure+unit+hs_code"), "the code is empty"),
    ("gacc-national/2024.csv",
     ("tidy", "--column", "period=month", "--column", "value=month_cny_10k", "--column", "dimensions=flow",
      *DAY), None),
    ("gacc-bycountry-html/*jan2018*", (), "2018"),
    ("gacc-bycountry-html/seed_*", (), "only lists tables"),
    ("gacc-bycountry-html/*", (), None),
    ("gacc-online-query-gbk-csv/2023.csv", ("--set", "flow=M", *DAY), None),
    ("gacc-online-query-gbk-csv/*", DAY, None),
    ("us-ft900-vintages/*", (), None),
    ("us-bopgstb-vintages/*", ("fred", "--set", "series_id=BOPGSTB"), None),
    ("us-bilateral-vintages/*", DAY, None),
    ("china-mirror-partners/usa-*",
     ("tidy", "--column", "period=Month", *MIRROR, "--set", "reporter=US", "--column",
      "dimensions=reporter+partner+flow", *DAY), None),
    ("china-mirror-partners/korea-*",
     ("tidy", "--column", "period=Date", *MIRROR, "--set", "reporter=KR", "--column",
      "dimensions=reporter+partner+flow", *DAY), None),
    ("comtrade-v1-csv/*", DAY, None),
    ("eurostat-comext-sdmx-csv/*", ("--set", "product=3915"), None),
    # Rows that are one field short, against their own header.
    ("sdmx-csv-samples/*_action_col.csv", ("sdmx-csv", *DAY), "22 fields, the header 23"),
    ("sdmx-csv-samples/sdmx10/*_exception.csv", ("sdmx-csv", *DAY), "DATAFLOW"),
    ("sdmx-csv-samples/*/data_v2*_exception.csv", ("sdmx-csv", *DAY), "STRUCTURE"),
    ("sdmx-csv-samples/*invalid_action.csv", ("sdmx-csv", *DAY), "ACTION"),
    # Of datasets without a time: they have no months.
    ("sdmx-csv-samples/*structures*.csv", ("sdmx-csv", *DAY), "TIME_PERIOD"),
    ("sdmx-csv-samples/*_actions.csv", ("sdmx-csv", *DAY), "TIME_PERIOD"),
    ("sdmx-csv-samples/*merge_action.csv", ("sdmx-csv", *DAY), "TIME_PERIOD"),
    ("sdmx-csv-samples/*", ("sdmx-csv", *DAY), None),
    ("codes/*", (*DAY,), "does not tell its format"),
    ("README.md", (*DAY,), "does not tell its format"),
]


class RealFiles(unittest.TestCase):
    @unittest.skipUnless(support.shared_data(), "../shared/data is not there")
    def test_every_file_is_accepted_whole_or_refused_with_its_reason(self):
        data = support.shared_data()
        report = collections.Counter()
        with support.running_daemon() as daemon:
            for number, file in enumerate(sorted(path for path in data.rglob("*") if path.is_file())):
                name = file.relative_to(data).as_posix()
                rules = [rule for rule in RULES if fnmatch.fnmatchcase(name, rule[0])]
                self.assertTrue(rules, f"no rule says how to feed {name}")
                _, arguments, refusal = rules[0]
                with self.subTest(file=name):
                    self.feed(daemon, file, name, list(arguments), refusal, f"F{number}", report)
        print(f"real files: {dict(report)}", file=sys.stderr)

    def feed(self, daemon, file, name, arguments, refusal, dataset, report):
        form = [arguments.pop(0)] if arguments and not arguments[0].startswith("--") else []
        command = [*form, file, "--dataset", dataset, *arguments]
        outcome = support.run_cli(daemon.address, "feed", *command)
        if refusal:
            self.assertEqual(outcome.code, 6, outcome)
            self.assertIn(refusal, outcome.err)
            report["refused"] += 1
            print(f"refused  {name}: {outcome.err.strip().splitlines()[-1].strip()[:150]}", file=sys.stderr)
            return
        self.assertEqual(outcome.code, 0, outcome)
        tally = next(line for line in outcome.err.splitlines() if " read, " in line)
        print(f"accepted {name}: {tally.split(': ', 1)[1]}", file=sys.stderr)
        report["accepted"] += 1
        self.assert_round_trip(daemon, dataset, command)

    def assert_round_trip(self, daemon, dataset, command):
        lines = support.run_cli(daemon.address, "convert", *command, "-o", "ndjson")
        self.assertEqual(lines.code, 0, lines)
        stated = collections.Counter()
        for line in map(json.loads, lines.out.splitlines()):
            if "value" in line:
                value = line["value"] if "absence" not in line else f"({line['absence']})"
                stated[line["series"], line["period"], value, line["published_at"], line["status"]] += 1
        held = support.run_cli(daemon.address, "history", dataset, "-o", "csv")
        self.assertEqual(held.code, 0, held)
        kept = collections.Counter((row["series"], row["period"], row["value"], row["published_at"], row["status"])
                                   for row in held.rows())
        self.assertEqual(stated, kept)
        self.assertTrue(stated)


@unittest.skipUnless(support.shared_data(), "../shared/data is not there")
class Sums(unittest.TestCase):
    """What the daemon's own checks say of figures that publishers add up themselves."""

    def setUp(self):
        context = support.running_daemon()
        self.daemon = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def ok(self, *arguments, **options):
        outcome = support.run_cli(self.daemon.address, *arguments, **options)
        self.assertEqual(outcome.code, 0, outcome)
        return outcome

    def broken(self, dataset):
        with self.daemon.client() as client:
            head = client.head()
        for _ in range(600):
            found = self.ok("findings", dataset, "--kind", "broken_identity", "-o", "csv")
            if f"up to sequence {head} have been checked" in found.err:
                return found.rows()
            time.sleep(0.1)
        self.fail(found)

    def page(self):
        return support.shared_data() / "gacc-bycountry-html" / "release_section4_by_country_janfeb2025_cny.html"

    def test_exports_and_imports_of_the_page_by_country_give_its_totals(self):
        self.ok("feed", self.page())
        self.assertEqual(self.broken("GACC_BYCOUNTRY"), [])

    def test_a_page_whose_total_does_not_add_up_is_found(self):
        rows = self.ok("convert", self.page(), "-o", "csv").out.splitlines()
        at = next(i for i, row in enumerate(rows) if ",CN,RU,T,VALUE," in row)
        fields = rows[at].split(",")
        value = rows[0].split(",").index("value")
        fields[value] = str(round(float(fields[value]) + 100, 1))
        rows[at] = ",".join(fields)
        self.ok("push", "-", "--dataset", "WRONG", input_text="\n".join(rows) + "\n")
        self.assertEqual([row["series"] for row in self.broken("WRONG")], ["CN.RU.T.VALUE.CNY.100MN"])

    def test_partners_add_up_to_the_world(self):
        file = support.shared_data() / "comtrade-v1-csv" / "thailand-8542-annual.csv"
        self.ok("feed", file, *DAY, "--dataset", "TH")
        self.ok("conventions", "TH", "--set", "-", input_text="total,partner,W00,*\n")
        # Checked when a release comes: the same figures once more, a day later.
        self.ok("feed", file, "--published-at", "2026-11-02", "--dataset", "TH")
        self.assertEqual(self.broken("TH"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
