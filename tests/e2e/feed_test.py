"""Files of publishers' own formats into the daemon: feed, convert, formats, and the folder that is watched."""

import csv
import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

import support

TIDY = "published_on,period,partner,flow,value\n"
NOT_FOUND = 3
INVALID = 6


def wait_for(what, seconds=60):
    """Until `what` holds; a hang is a failure, not a slow machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.1)
    raise AssertionError(f"did not come within {seconds} s: {what}")


class FeedTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(support.temporary_folder()))
        # A socket, so that a daemon that is started again is found where it was.
        self.daemon = self.enterContext(support.running_daemon(listen=(f"unix:{self.folder}/socket",)))

    def enterContext(self, context):  # Python 3.11 has its own
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def cli(self, *arguments, **options):
        return support.run_cli(self.daemon.address, *arguments, **options)

    def ok(self, *arguments, **options):
        outcome = self.cli(*arguments, **options)
        self.assertEqual(outcome.code, 0, outcome)
        return outcome

    def releases(self):
        with self.daemon.client() as client:
            return [release.header.release_id for release in client.all_releases()]


class Feed(FeedTest):
    def test_the_content_tells_the_format(self):
        file = self.write("a.csv", TIDY + "2025-08-07,2025-07,RU,T,19.14\n")
        outcome = self.ok("feed", file, "--dataset", "D", "-o", "csv")
        self.assertEqual([row["release"] for row in outcome.rows()], ["D/D:2025-08-07"])
        self.assertIn("1 row read, 1 cell made", outcome.err)
        again = self.ok("feed", "tidy", file, "--dataset", "D", "-o", "csv")
        self.assertEqual([row["outcome"] for row in again.rows()], ["held already"])

    def test_a_content_that_does_not_tell_is_refused(self):
        outcome = self.cli("feed", self.write("notes.txt", "Dear all,\nplease find attached\n"), "--dataset", "D")
        self.assertEqual(outcome.code, INVALID, outcome)
        self.assertIn("does not tell its format; name it: one of ", outcome.err)

    def test_one_bad_row_refuses_everything_unless_told_otherwise(self):
        good = self.write("good.csv", TIDY + "2025-08-07,2025-07,RU,T,19.14\n")
        bad = self.write("bad.csv", TIDY + "2025-07-07,2025-06,RU,T,18\n2025-07-07,2025-13,R U,T,x\n")
        rejects = self.folder / "rejects.csv"
        refused = self.cli("feed", good, bad, "--dataset", "D", "--rejects", rejects)
        self.assertEqual(refused.code, INVALID, refused)
        for place in ("bad.csv line 3, column period", "column partner", "column value"):
            self.assertIn(place, refused.err)
        self.assertEqual(self.releases(), [])
        with open(rejects, encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        self.assertEqual([(row["line"], row["column"]) for row in rows],
                         [("3", "period"), ("3", "partner"), ("3", "value")])
        self.assertEqual({row["row"] for row in rows}, {"2025-07-07,2025-13,R U,T,x"})
        kept = self.ok("feed", good, bad, "--dataset", "D", "--keep-going")
        self.assertIn("2 rows read, 1 cell made, 1 refused", kept.err)
        self.assertEqual(self.releases(), ["D:2025-07-07", "D:2025-08-07"])

    def test_rejects_never_overwrite_what_is_read(self):
        text = TIDY + "2025-07-07,2025-06,RU,T,18\n2025-07-07,2025-13,RU,T,1\n"
        file = self.write("in.csv", text)
        (self.folder / "link.csv").symlink_to(file)
        os.link(file, self.folder / "hard.csv")
        for name in (file, f"{self.folder}/./in.csv", self.folder / "link.csv", self.folder / "hard.csv"):
            outcome = self.cli("feed", "tidy", file, "--dataset", "D", "--rejects", name)
            self.assertEqual(outcome.code, INVALID, outcome)
            self.assertIn("--rejects: ", outcome.err)
            self.assertIn("would be overwritten; name another", outcome.err)
            self.assertEqual(file.read_text(encoding="utf-8"), text)
        with open(file, encoding="utf-8") as redirected:
            outcome = self.cli("convert", "tidy", "-", "--dataset", "D", "--rejects", file, stdin=redirected)
        self.assertEqual(outcome.code, INVALID, outcome)
        self.assertIn("as the standard input", outcome.err)
        self.assertEqual(file.read_text(encoding="utf-8"), text)

    def test_rejects_are_written_when_there_are_some(self):
        good = self.write("good.csv", TIDY + "2025-08-07,2025-07,RU,T,19.14\n")
        bad = self.write("bad.csv", TIDY + "2025-07-07,2025-13,RU,T,1\n")
        rejects = self.write("rejects.csv", "my own notes\n")
        self.ok("convert", good, "--dataset", "D", "--rejects", rejects)
        self.assertEqual(rejects.read_text(encoding="utf-8"), "my own notes\n")
        self.cli("convert", bad, "--dataset", "D", "--rejects", rejects)
        self.assertIn("2025-13", rejects.read_text(encoding="utf-8"))
        # A pipe loses nothing: it may be what is read and what is written.
        self.assertIn("file,line,column,problem,row\n",
                      self.cli("convert", bad, "--dataset", "D", "--rejects", "/dev/stdout").out)
        # Those of an earlier run are not to be taken for this one's.
        self.ok("convert", good, "--dataset", "D", "--rejects", rejects)
        self.assertEqual(rejects.read_text(encoding="utf-8"), "file,line,column,problem,row\n")

    def test_rows_that_are_left_out_are_told(self):
        rows = "".join(f"2025-08-07,2025-13,P{i},T,1\n" for i in range(13))
        file = self.write("a.csv", TIDY + "2025-08-07,2025-07,RU,T,19.14\n" + rows)
        outcome = self.ok("feed", file, "--dataset", "D", "--keep-going")
        self.assertEqual(outcome.err.count("the month must be 1 to 12, not 13"), 10, outcome.err)
        self.assertIn("a.csv line 3, column period: ", outcome.err)
        self.assertIn("and 3 other problems; --rejects FILE writes all of them", outcome.err)
        rejects = self.folder / "rejects.csv"
        outcome = self.ok("convert", file, "--dataset", "D", "--keep-going", "--rejects", rejects)
        self.assertIn(f"all of them with their rows: {rejects}", outcome.err)

    def test_a_refused_push_is_not_to_be_pushed_again(self):
        first = self.write("1.csv", TIDY + "2025-08-07,2025-07,RU,T,19.14\n")
        self.ok("push", first, "--dataset", "D")
        other = self.write("2.csv", TIDY + "2025-08-07,2025-07,RU,T,20\n")
        outcome = self.cli("push", other, "--dataset", "D")
        self.assertEqual(outcome.code, INVALID, outcome)
        self.assertNotIn("push again to go on", outcome.err)
        self.assertIn("the column `release`", outcome.err)

    def test_what_is_no_table_is_told(self):
        for name, data, sentence in (("a.csv.gz", gzip.compress(b"period,value\n"), "compressed by gzip; unpack it first"),
                                     ("a.xml", b"<?xml version='1.0'?><a/>", "the file is XML, not a table of lines"),
                                     ("a.html", b"\n<!DOCTYPE html><html>", "a page of HTML, not a table")):
            path = self.folder / name
            path.write_bytes(data)
            for arguments in (("tidy", path, "--dataset", "D"), ("fred", path), ("comtrade-v1-csv", path),
                              ("comext-bulk", path), ("gacc-query", path)):
                outcome = self.cli("convert", *arguments, "--published-at", "2025-08-07")
                self.assertEqual(outcome.code, INVALID, outcome)
                self.assertIn(sentence, outcome.err)
        for arguments in ((), ("sdmx-ml",), ("sdmx-json",), ("gacc-bycountry",), ("gacc-bycountry-xls",)):
            self.assertIn("unpack it first", self.cli("convert", *arguments, self.folder / "a.csv.gz").err)

    def test_a_column_of_texts_is_told_once(self):
        rows = "".join(f"2025-08-{i:02},2025-07,RU,1,https://example.org/{i}\n" for i in range(1, 29))
        file = self.write("a.csv", "published_on,period,partner,value,source_url\n" + rows)
        outcome = self.cli("convert", file, "--dataset", "D")
        self.assertEqual(outcome.code, INVALID, outcome)
        self.assertIn("line 1, column source_url: is taken for a dimension", outcome.err)
        self.assertIn("--column source=source_url", outcome.err)
        self.assertLess(outcome.err.count("https://"), 5)
        self.ok("convert", file, "--dataset", "D", "--column", "source=source_url")

    def test_zones_and_instants_are_checked(self):
        file = self.write("a.csv", TIDY + "2025-08-07,2025-07,RU,T,1\n")
        for command in ("convert", "feed"):
            outcome = self.cli(command, file, "--dataset", "D", "--time-zone", "Mars/Base")
            self.assertEqual(outcome.code, INVALID, outcome)
            self.assertIn("--time-zone: \"Mars/Base\" is not a known time zone", outcome.err)
        outcome = self.cli("convert", file, "--dataset", "D", "--published-at", "2025-08-07T08:30Z")
        self.assertEqual(outcome.code, 2, outcome)
        self.assertIn("the seconds are missing", outcome.err)

    def test_files_of_one_publication_are_one_release(self):
        self.write("x.csv", TIDY + "2025-08-07,2025-07,RU,X,1\n")
        self.write("m.csv", TIDY + "2025-08-07,2025-07,RU,M,2\n")
        outcome = self.ok("feed", self.folder / "x.csv", self.folder / "m.csv", "--dataset", "D", "-o", "csv")
        self.assertEqual([(row["release"], row["observations"]) for row in outcome.rows()], [("D/D:2025-08-07", "2")])

    def test_a_row_of_the_future_is_a_row_like_any_other(self):
        path = self.write("future.csv", "published_on,period,land,value\n"
                                        "2025-08-07,2025-07,DE,1.5\n2099-08-07,2025-08,DE,1.6\n")
        rejects = self.folder / "rejects.csv"
        refused = self.cli("feed", "tidy", path, "--dataset", "FUT")
        self.assertEqual(refused.code, INVALID, refused)
        self.assertIn("line 3, column published_on", refused.err)
        self.ok("feed", "tidy", path, "--dataset", "FUT", "--keep-going", "--rejects", rejects)
        self.assertEqual(self.releases(), ["FUT:2025-08-07"])
        self.assertIn("2099-08-07,2025-08,DE,1.6", rejects.read_text())

    def test_a_retracted_release_is_not_simply_held(self):
        path = self.write("back-2025-08-07.csv", "period,land,value\n2025-07,DE,1.50\n")
        arguments = ("feed", "tidy", path, "--dataset", "BACK", "-o", "csv")
        self.ok(*arguments)
        release = self.releases()[-1]
        self.ok("retract", release, "--reason", "wrong file")
        again = self.ok(*arguments)
        self.assertIn("held, but retracted by sequence 2", again.out)
        self.assertIn("push what is right as a release with another id", again.err)

    def test_when_it_was_published_is_never_the_clock(self):
        file = self.write("a.csv", "period,partner,value\n2025-07,RU,1\n")
        refused = self.cli("feed", file, "--dataset", "D")
        self.assertEqual(refused.code, INVALID, refused)
        self.assertIn("--published-at", refused.err)
        self.ok("feed", file, "--dataset", "D", "--published-at", "2025-08-07T11:00:00+08:00")
        named = self.write("a_2025-09-07.csv", "period,partner,value\n2025-08,RU,1\n")
        self.ok("feed", named, "--dataset", "D")
        self.assertEqual(self.releases(), ["D:2025-08-07T03:00:00Z", "D:2025-09-07"])

    def test_options_that_do_nothing_are_refused(self):
        file = self.write("a.csv", TIDY)
        for arguments, sentence in (
                (("feed", "--watch", self.folder, file), "takes the files of its folder"),
                (("feed",), "name a file"),
                (("feed", file, "--once"), "goes with --watch"),
                (("feed", file, "--column", "period"), "is not NAME=TEXT"),
                (("feed", file, "--set", "a=1", "--set", "a=2"), "a is given twice"),
                (("feed", file, "--published-at", "now"), "is not a time of publication"),
                (("get", "D", "-o", "pb"), "-o pb goes with convert")):
            outcome = self.cli(*arguments)
            self.assertEqual(outcome.code, 2, outcome)
            self.assertIn(sentence, outcome.err)

    def test_a_format_that_there_is_not_is_told(self):
        outcome = self.cli("convert", "comtrade", self.write("a.csv", TIDY))
        self.assertEqual(outcome.code, 3, outcome)
        self.assertIn("`tidewaiter formats` lists", outcome.err)

    def test_a_release_larger_than_a_call_is_uploaded(self):
        rows = (f"2025-08-07,{2000 + month // 12}-{month % 12 + 1:02},P{partner},X,{partner * month}.5\n"
                for month in range(300) for partner in range(500))
        file = self.write("large.csv", TIDY + "".join(rows))
        outcome = self.ok("feed", file, "--dataset", "D", "-o", "csv")
        self.assertEqual([row["observations"] for row in outcome.rows()], ["150000"])
        self.assertEqual(self.ok("get", "D/P499.X", "--from", "2024-12", "-o", "csv").rows()[0]["value"], "149201.5")

    def large_file(self, name, *last):
        """1.5 million rows in canonical order, then `last`: more bytes than are sorted in memory."""
        path = self.folder / name
        months = [f"{2019 + month // 12}-{month % 12 + 1:02}" for month in range(75)]
        with open(path, "w", encoding="utf-8") as out:
            out.write("published_on,source,partner,flow,period,value\n")
            for series in range(20_000):
                out.writelines(f"2025-08-07,Table 3 of the bulletin,P{series:05},X,{month},{series}.{i:02}\n"
                               for i, month in enumerate(months))
            out.writelines(row + "\n" for row in last)
        self.assertGreater(path.stat().st_size, 64 << 20)
        return path

    def test_a_large_file_in_order_goes_straight_into_an_upload(self):
        file = self.large_file("large.csv")
        # Nowhere to put a sorted run: what is not pushed as it is read fails.
        nowhere = {"TMPDIR": str(self.folder / "is-not-there")}
        outcome = self.ok("feed", file, "--dataset", "D", "-o", "csv", environment=nowhere)
        self.assertEqual([row["observations"] for row in outcome.rows()], ["1500000"])
        self.assertIn("1,500,000 rows read, 1,500,000 cells made", outcome.err)
        read = self.ok("get", "D/P19999.X", "--from", "2025-03", "--to", "2025-03", "-o", "csv")
        self.assertEqual([row["value"] for row in read.rows()], ["19999.74"])
        again = self.ok("feed", file, "--dataset", "D", "-o", "csv", environment=nowhere)
        self.assertEqual([row["outcome"] for row in again.rows()], ["held already"])

    def test_a_large_upload_that_is_stopped_says_that_nothing_was_kept(self):
        self.ok("feed", self.write("a.csv", TIDY + "2025-07-07,2025-06,RU,X,18\n"), "--dataset", "D")
        file = self.large_file("large.csv")
        for delay in (0.05, 0.1, 0.2, 0.3, 0.4, 0.8, 1.6):  # until one falls into the upload, fast or slow as the machine is
            process = subprocess.Popen(support.cli_command(self.daemon.address, "feed", file, "--dataset", "D"),
                                       stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            err = process.communicate()[1]
            if process.returncode == 0:
                break
            self.assertIn(process.returncode, (130, -signal.SIGINT), err)
            self.assertEqual(self.releases(), ["D:2025-07-07"])
            if "nothing of it was kept" in err:
                return
        self.fail("never stopped within the upload")

    def test_ctrl_c_ends_the_wait_for_a_pipe(self):
        fifo = self.folder / "pipe"
        os.mkfifo(fifo)
        for source in ("-", fifo):  # nobody writes into either
            command = support.cli_command(self.daemon.address, "feed", "tidy", source, "--dataset", "D")
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            time.sleep(0.5)
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(30), 130)
            process.stdin.close()
            process.stderr.close()

    def test_a_pipe_is_read_to_its_end(self):
        fifo = self.folder / "pipe"
        os.mkfifo(fifo)
        command = support.cli_command(self.daemon.address, "feed", "tidy", fifo, "--dataset", "D")
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        time.sleep(0.3)
        with open(fifo, "w", encoding="utf-8") as out:
            out.write(TIDY)
            out.flush()
            time.sleep(0.3)
            out.write("2025-08-07,2025-07,RU,T,19.14\n")
        err = process.communicate()[1]
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.releases(), ["D:2025-08-07"])

    def test_a_large_file_with_a_bad_last_row_changes_nothing(self):
        file = self.large_file("large.csv", "2025-08-07,,Q,X,2025-04,many")
        for _ in range(2):
            refused = self.cli("feed", file, "--dataset", "D")
            self.assertEqual(refused.code, INVALID, refused)
            self.assertIn("line 1500002, column value", refused.err)
            self.assertEqual(self.cli("releases", "D").code, NOT_FOUND)  # not even the dataset
        good = self.write("good.csv", TIDY + "2025-07-07,2025-06,RU,X,18\n")
        self.ok("feed", good, "--dataset", "D")
        refused = self.cli("feed", file, "--dataset", "D")  # this time into an upload
        self.assertEqual(refused.code, INVALID, refused)
        self.assertIn("line 1500002, column value", refused.err)
        self.assertEqual(self.releases(), ["D:2025-07-07"])

    def test_a_large_file_out_of_order_is_sorted(self):
        file = self.large_file("large.csv", "2025-08-07,,P00000,X,2025-04,7")
        outcome = self.ok("feed", file, "--dataset", "D", "-o", "csv")
        self.assertEqual([row["observations"] for row in outcome.rows()], ["1500001"])
        read = self.ok("get", "D/P00000.X", "--from", "2025-04", "--to", "2025-04", "-o", "csv")
        self.assertEqual([row["value"] for row in read.rows()], ["7"])


class Convert(FeedTest):
    TEXT = ("published_on,period,partner,flow,value,step,status,source,note\n"
            "2025-08-07,2025-01/P7M,RU,T,125.8,0.1,A,\"a, \"\"b\"\"\",n\n"
            "2025-08-07,2025-07,RU,T,(SUPPRESSED),,,,\n"
            "2025-09-07,2025-08,RU,T,6480,10,E,,\n")

    def test_csv_gives_the_same_releases_back(self):
        first = self.write("first.csv", self.TEXT)
        second = self.write("second.csv", self.cli("convert", first, "--dataset", "D", "-o", "csv").out)
        self.ok("push", first, "--dataset", "D")
        again = self.ok("push", second, "--dataset", "D", "-o", "csv")
        self.assertEqual([row["outcome"] for row in again.rows()], ["held already", "held already"])

    def test_json_holds_everything(self):
        document = json.loads(self.ok("convert", self.write("a.csv", self.TEXT), "--dataset", "D", "-o", "json").out)
        first, second = document["releases"]
        self.assertEqual(first["release"], "D:2025-08-07")
        observations = first["sections"][0]["observations"]
        self.assertEqual([(o["period"], o["value"], o["status"]) for o in observations],
                         [("2025-01/P7M", "125.8", "A"), ("2025-07", None, "Q")])
        self.assertEqual(observations[1]["absence"], "SUPPRESSED")
        self.assertEqual(second["sections"][0]["observations"][0]["step"], "10")
        lines = self.ok("convert", self.folder / "a.csv", "--dataset", "D", "-o", "ndjson").out.splitlines()
        self.assertEqual([json.loads(line)["period"] for line in lines], ["2025-01/P7M", "2025-07", "2025-08"])

    def test_messages_are_those_of_an_upload(self):
        file = self.write("a.csv", self.TEXT)
        command = support.cli_command(self.daemon.address, "convert", file, "--dataset", "D", "-o", "pb")
        data = subprocess.run(command, capture_output=True, check=True).stdout
        messages = []
        while data:
            size, shift = 0, 0
            while True:
                byte, data = data[0], data[1:]
                size |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            messages.append(support.releases.UploadReleaseRequest.FromString(data[:size]))
            data = data[size:]
        self.assertEqual([m.WhichOneof("step") for m in messages], ["header", "section", "block", "end"] * 2)
        self.ok("push", file, "--dataset", "D", "--dry-run")
        with self.daemon.client() as client:
            client.create_dataset("D", ["partner", "flow"], publisher="D")
            answer = client.releases.UploadRelease(iter(messages[:4]))
        self.assertEqual(answer.release.header.release_id, "D:2025-08-07")
        held = self.ok("push", file, "--dataset", "D", "-o", "csv").rows()
        self.assertEqual([row["outcome"] for row in held], ["held already", "accepted"])

    def test_no_daemon_is_needed(self):
        file = self.write("a.csv", self.TEXT)
        outcome = support.run_cli("unix:/nonexistent", "convert", file, "--dataset", "D")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("D:2025-09-07", outcome.out)


class Formats(FeedTest):
    def test_every_example_is_of_its_own_format(self):
        for row in self.ok("formats", "-o", "csv").rows():
            self.assertTrue(row["summary"], row)
            file = self.write("example", row["example"])
            outcome = self.cli("convert", file, "--dataset", "D", "--published-at", "2025-08-07")
            self.assertNotIn("does not tell its format", outcome.err, row["format"])
            self.assertNotIn("could be", outcome.err, row["format"])


class WatchedFolder(FeedTest):
    def start(self):
        command = support.cli_command(self.daemon.address, "feed", "--watch", self.incoming, "--dataset", "D")
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen(command, stderr=log, stdout=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def setUp(self):
        super().setUp()
        self.incoming = self.folder / "incoming"
        self.incoming.mkdir()

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def test_files_are_pushed_once_as_they_are_completed(self):
        (self.incoming / "1.csv").write_text(TIDY + "2025-01-07,2025-01,RU,X,1\n")
        process = self.start()
        wait_for(lambda: self.releases() == ["D:2025-01-07"])
        # Renamed into place, as careful writers do; a name of a file under way is not touched.
        (self.incoming / "2.csv.part").write_text(TIDY + "2025-02-07,2025-02,RU,X,1\n")
        (self.incoming / ".3.csv").write_text("no table at all")
        # Written slowly: nothing may be taken before it is closed.
        with open(self.incoming / "slow.csv", "w", encoding="utf-8") as slow:
            slow.write(TIDY + "2025-03-07,2025-03,RU,X,1\n")
            slow.flush()
            time.sleep(2.5)
            self.assertEqual(self.releases(), ["D:2025-01-07"], self.log())
            slow.write("2025-03-07,2025-03,RU,M,2\n")
        wait_for(lambda: len(self.releases()) == 2)
        (self.incoming / "2.csv.part").rename(self.incoming / "2.csv")
        wait_for(lambda: len(self.releases()) == 3)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 130)
        self.assertEqual(self.ok("get", "D", "--from", "2025-03", "-o", "csv").rows()[0]["value"], "2")

        # After a restart nothing is read again, and what came meanwhile is.
        before = self.log().count("row read") + self.log().count("rows read")
        self.assertEqual(before, 3, self.log())
        (self.incoming / "4.csv").write_text(TIDY + "2025-04-07,2025-04,RU,X,1\n")
        self.start()
        wait_for(lambda: len(self.releases()) == 4)
        self.assertEqual(self.log().count("row read") + self.log().count("rows read"), before + 1, self.log())
        # A file that is overwritten is another one.
        (self.incoming / "4.csv").write_text(TIDY + "2025-05-07,2025-04,RU,X,1\n")
        wait_for(lambda: self.releases()[-1] == "D:2025-05-07")

    def test_refused_files_are_moved_aside_with_a_report(self):
        (self.incoming / "bad.csv").write_text(TIDY + "2025-01-07,2025-13,RU,X,1\n")
        (self.incoming / "good.csv").write_text(TIDY + "2025-02-07,2025-02,RU,X,1\n")
        outcome = self.cli("feed", "--watch", self.incoming, "--once", "--dataset", "D")
        self.assertEqual(outcome.code, INVALID, outcome)
        self.assertEqual(self.releases(), ["D:2025-02-07"])
        self.assertTrue((self.incoming / "refused" / "bad.csv").exists())
        report = (self.incoming / "refused" / "bad.csv.report.txt").read_text(encoding="utf-8")
        self.assertIn("line 2, column period", report)
        self.assertFalse((self.incoming / "bad.csv").exists())
        again = self.ok("feed", "--watch", self.incoming, "--once", "--dataset", "D")
        self.assertNotIn("row read", again.err)

    def test_a_file_that_cannot_be_read_holds_up_no_other(self):
        (self.incoming / "1.csv").symlink_to(self.folder / "nothing")
        (self.incoming / "2.csv").mkdir()
        (self.incoming / "4.csv").write_text(TIDY + "2025-02-07,2025-02,RU,X,1\n")
        outcome = self.cli("feed", "--watch", self.incoming, "--once", "--dataset", "D")
        self.assertEqual(outcome.code, INVALID, outcome)
        self.assertIn("1.csv cannot be read: No such file", outcome.err)
        self.assertIn("1 file not pushed, and left where it lies", outcome.err)
        self.assertEqual(self.releases(), ["D:2025-02-07"])
        # It is tried again when it has changed, not before.
        self.start()
        wait_for(lambda: "1.csv: not pushed; to be tried again when it has changed" in self.log())
        (self.folder / "nothing").write_text(TIDY + "2025-03-07,2025-03,RU,X,1\n")
        wait_for(lambda: len(self.releases()) == 2)
        self.assertEqual(self.log().count("1.csv cannot be read"), 1, self.log())

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root, to become someone who may not read")
    def test_a_file_that_may_not_be_read_is_tried_again_when_it_may(self):
        for path in (self.folder, self.folder / "socket", self.incoming):
            path.chmod(0o777)
        secret = self.incoming / "1.csv"
        secret.write_text(TIDY + "2025-01-07,2025-01,RU,X,1\n")
        secret.chmod(0)
        (self.incoming / "2.csv").write_text(TIDY + "2025-02-07,2025-02,RU,X,1\n")
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        command = support.cli_command(self.daemon.address, "feed", "--watch", self.incoming, "--dataset", "D")
        once = subprocess.run(nobody + command + ["--once"], capture_output=True, text=True)
        self.assertEqual(once.returncode, INVALID, once.stderr)
        self.assertIn("1.csv cannot be read: Permission denied", once.stderr)
        self.assertEqual(self.releases(), ["D:2025-02-07"])
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen(nobody + command, stderr=log, stdout=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: "1.csv: not pushed" in self.log())
        secret.chmod(0o644)
        wait_for(lambda: len(self.releases()) == 2)

    def test_rows_that_are_left_out_lie_beside(self):
        (self.incoming / "1.csv").write_text(TIDY + "2025-02-07,2025-02,RU,X,1\n2025-02-07,2025-13,RU,X,1\n")
        (self.incoming / "2.csv").write_text(TIDY + "2025-03-07,2025-02,RU,X,1\n")
        outcome = self.ok("feed", "--watch", self.incoming, "--once", "--dataset", "D", "--keep-going")
        self.assertEqual(self.releases(), ["D:2025-02-07", "D:2025-03-07"])
        rejects = self.incoming / "refused" / "1.csv.rejects.csv"
        self.assertIn(str(rejects), outcome.err)
        self.assertIn(",3,period,", rejects.read_text(encoding="utf-8"))
        self.assertFalse((self.incoming / "refused" / "2.csv.rejects.csv").exists())

    def test_it_waits_while_the_daemon_is_away(self):
        self.start()
        wait_for(lambda: "watching" in self.log())
        self.daemon.stop()
        (self.incoming / "1.csv").write_text(TIDY + "2025-01-07,2025-01,RU,X,1\n")
        wait_for(lambda: "tried again in" in self.log())
        self.daemon.start()
        wait_for(lambda: self.releases() == ["D:2025-01-07"])

    def test_a_folder_is_watched_by_one(self):
        self.start()
        wait_for(lambda: "watching" in self.log())
        second = self.cli("feed", "--watch", self.incoming, "--once", "--dataset", "D")
        self.assertEqual(second.code, INVALID, second)
        self.assertIn("another process watches", second.err)

    def test_what_is_no_folder_is_refused(self):
        outcome = self.cli("feed", "--watch", self.folder / "none", "--dataset", "D")
        self.assertEqual(outcome.code, INVALID, outcome)
        self.assertIn("is no folder", outcome.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
