"""What operators meet: starting, draining, refusing, metrics, reflection, sockets, exit codes."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import unittest
import urllib.request

import grpc

import guarantees
import support

GUARD_SECONDS = 300
BUF = pathlib.Path(os.environ.get("TIDEWAITER_BUF", support.SOURCE / "build/tools/node_modules/.bin/buf"))
CELL = ("CN.X", "2024-12", "10.5")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_daemon(*arguments):
    """Runs the daemon to its end: one that must not serve. (exit code, what it printed)"""
    process = subprocess.run([support.daemon_path(), *map(str, arguments)], stdin=subprocess.DEVNULL,
                             capture_output=True, encoding="utf-8", errors="replace", timeout=GUARD_SECONDS)
    return process.returncode, process.stdout + process.stderr


class DaemonTest(unittest.TestCase):
    def start(self, *arguments, **options):
        context = support.running_daemon(arguments, **options)
        daemon = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return daemon

    def filled(self, *arguments, **options):
        daemon = self.start(*arguments, **options)
        client = daemon.client()
        client.create_dataset("T", ["reporter", "flow"])
        client.push("r1", "2025-01-10", [("T", [CELL])])
        return daemon

    def health_of(self, client, service=""):
        return client.health.Check(support.health.HealthCheckRequest(service=service)).status


class DrainTest(DaemonTest):
    def test_sigterm_drains(self):
        daemon = self.filled()
        client = support.Client(daemon.address)
        self.addCleanup(client.close)
        serving = support.health.HealthCheckResponse.SERVING
        self.assertEqual(self.health_of(client), serving)
        watch = client.health.Watch(support.health.HealthCheckRequest(), timeout=GUARD_SECONDS)
        self.assertEqual(next(watch).status, serving)
        streams = [client.updates.Subscribe(guarantees.subscribe_request(after=after), timeout=GUARD_SECONDS)
                   for after in (0, 1, 0, 1)]
        for stream in streams:
            self.assertEqual(next(stream).WhichOneof("event"), "marker")
        stalled = client.updates.Subscribe(guarantees.subscribe_request(after=0), timeout=GUARD_SECONDS)

        daemon.process.send_signal(signal.SIGTERM)
        for stream in streams:
            failure = support.failure_of(lambda: list(stream))
            self.assertEqual(failure.code, grpc.StatusCode.UNAVAILABLE, failure)
            self.assertEqual(failure.reason, "SHUTTING_DOWN", failure)
            self.assertIsNotNone(failure.retry_seconds, failure)
        self.assertEqual(next(watch).status, support.health.HealthCheckResponse.NOT_SERVING)
        stalled.cancel()
        self.assertEqual(daemon.process.wait(), 0)

    def test_health_is_not_serving_while_it_drains(self):
        daemon = self.filled()
        client = support.Client(daemon.address)
        self.addCleanup(client.close)
        watch = client.health.Watch(support.health.HealthCheckRequest(), timeout=GUARD_SECONDS)
        statuses = [next(watch).status]
        daemon.process.send_signal(signal.SIGTERM)
        try:
            for answer in watch:
                statuses.append(answer.status)
        except grpc.RpcError:
            pass  # how the watch ends afterwards is not the point
        self.assertEqual(statuses, [support.health.HealthCheckResponse.SERVING,
                                    support.health.HealthCheckResponse.NOT_SERVING])
        self.assertEqual(daemon.process.wait(), 0)

    def test_what_was_acknowledged_before_is_there_afterwards(self):
        daemon = self.filled()
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assertEqual(daemon.client().values("T"), {CELL[:2]: "10.5"})

    def test_sigint_stops_it_as_well(self):
        daemon = self.filled()
        daemon.process.send_signal(signal.SIGINT)
        self.assertEqual(daemon.process.wait(), 0)

    def test_a_push_under_way_is_answered_or_refused(self):
        daemon = self.filled()
        truth = {}

        def feed():
            with support.Client(daemon.address) as client:
                for number in range(100_000):
                    try:
                        answer = client.push(f"f{number}", "2025-02-01", [("T", [("CN.X", "2024-12", f"{number}.0")])])
                    except grpc.RpcError as error:
                        return support.RpcFailure(error)
                    truth[answer.release.sequence] = answer.release.digest

        feeders = [support.in_background(feed) for _ in range(1)]
        while len(truth) < 20 and feeders[0].is_alive():
            feeders[0].join(0.005)
        self.assertEqual(daemon.stop(), 0)
        for feeder in feeders:
            failure = feeder.finish()
            self.assertEqual(failure.code, grpc.StatusCode.UNAVAILABLE, failure)
        daemon.start()
        held = {entry.sequence: entry.digest for entry in daemon.client().all_releases()}
        self.assertEqual({sequence: held.get(sequence) for sequence in truth}, truth)


class StartTest(DaemonTest):
    def test_check_config(self):
        with support.temporary_folder() as folder:
            code, printed = run_daemon("--check-config", "--listen", "127.0.0.1:0", "--data-dir", folder / "store")
            self.assertEqual(code, 0, printed)
            self.assertFalse((folder / "store").exists(), "a check must make nothing")

    def test_check_config_names_what_is_wrong(self):
        with support.temporary_folder() as folder:
            code, printed = run_daemon("--check-config", "--listen", "127.0.0.1:notaport", "--data-dir", folder / "store")
            self.assertNotEqual(code, 0, printed)
            self.assertIn("notaport", printed)
            code, printed = run_daemon("--no-such-flag")
            self.assertEqual(code, 2, printed)
            self.assertIn("--no-such-flag", printed)

    def test_check_config_tells_all_that_is_wrong_with_the_file(self):
        with support.temporary_folder() as folder:
            file = folder / "daemon.toml"
            file.write_text('cache=64\nlisten="nohost"\ndata-dir="/dev/null/store"\nkeepalive="soon"\n')
            code, printed = run_daemon("--check-config", "--config", file)
            self.assertEqual(code, 2, printed)
            for line, key in enumerate(("cache", "listen", "data-dir", "keepalive"), 1):
                self.assertIn(f"{file} line {line}: {key}", printed)
            file.write_text('cache-mib=64\n')
            self.assertEqual(run_daemon("--check-config", "--config", file, "--data-dir", folder / "store")[0], 0)

    def test_help_and_version(self):
        code, printed = run_daemon("--help")
        self.assertEqual(code, 0)
        for flag in ("--listen", "--data-dir", "--ready-file", "--metrics-listen", "--check-config"):
            self.assertIn(flag, printed)
        code, printed = run_daemon("--version")
        self.assertEqual(code, 0)
        self.assertRegex(printed, r"\d+\.\d+\.\d+")

    def test_second_daemon_on_the_same_store(self):
        daemon = self.filled()
        code, printed = run_daemon("--listen", "127.0.0.1:0", "--data-dir", daemon.data_dir)
        self.assertNotEqual(code, 0)
        self.assertIn(str(daemon.data_dir), printed)
        self.assertRegex(printed.lower(), "another|in use|lock")
        self.assertEqual(daemon.client().values("T"), {CELL[:2]: "10.5"})

    def test_second_daemon_on_the_same_port(self):
        daemon = self.filled()
        port = daemon.address.rpartition(":")[2]
        with support.temporary_folder() as folder:
            code, printed = run_daemon("--listen", f"127.0.0.1:{port}", "--data-dir", folder / "store")
        self.assertNotEqual(code, 0)
        self.assertIn(port, printed)
        self.assertEqual(daemon.client().values("T"), {CELL[:2]: "10.5"})

    def test_data_folder_that_cannot_be_made(self):
        with support.temporary_folder() as folder:
            (folder / "file").write_text("")
            code, printed = run_daemon("--listen", "127.0.0.1:0", "--data-dir", folder / "file" / "store")
        self.assertNotEqual(code, 0)
        self.assertIn(str(folder / "file"), printed)

    def test_unix_socket(self):
        with support.temporary_folder() as folder:
            address = f"unix:{folder}/socket"
            daemon = self.filled(listen=["127.0.0.1:0", address])
            self.assertEqual(len(daemon.addresses), 2, daemon.addresses)
            for number in range(2):
                with support.Client(address) as client:
                    self.assertEqual(client.values("T"), {CELL[:2]: "10.5"})
                outcome = support.run_cli(address, "get", "T/CN.X", "-o", "csv")
                self.assertEqual(outcome.code, 0, outcome)
                self.assertEqual([row["value"] for row in outcome.rows()], ["10.5"])
                daemon.restart(crash=True)  # a socket that a crash left behind is no obstacle


class TelemetryTest(DaemonTest):
    def test_metrics(self):
        port = free_port()
        daemon = self.filled("--metrics-listen", f"127.0.0.1:{port}")
        client = daemon.client()
        client.values("T")
        support.failure_of(lambda: client.push("r1", "2025-01-10", [("T", [("CN.X", "2024-12", "11")])]))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=GUARD_SECONDS) as answer:
            self.assertEqual(answer.status, 200)
            text = answer.read().decode()
        handled = {}
        for line in text.splitlines():
            match = re.fullmatch(r"grpc_server_handled_total\{(.*)\} (\S+)", line)
            if match:
                labels = dict(re.findall(r'(\w+)="([^"]*)"', match[1]))
                self.assertEqual(set(labels), {"grpc_type", "grpc_service", "grpc_method", "grpc_code"})
                handled[labels["grpc_service"], labels["grpc_method"], labels["grpc_code"]] = float(match[2])
        self.assertEqual(handled.get(("tidewaiter.v1.ReleaseService", "PushRelease", "OK")), 1, text)
        self.assertEqual(handled.get(("tidewaiter.v1.ReleaseService", "PushRelease", "AlreadyExists")), 1, text)
        self.assertGreaterEqual(handled.get(("tidewaiter.v1.ObservationService", "GetObservations", "OK"), 0), 1, text)
        for name in ("grpc_server_started_total", "grpc_server_handling_seconds"):
            self.assertIn(name, text)
        self.assertRegex(text, r"(?m)^tidewaiter_\w*(head|sequence)\w*(\{[^}]*\})? 1(\.0*)?$")
        for name in re.findall(r"(?m)^(\w+)[{ ]", text):
            self.assertIn("_", name)

    def test_request_id_comes_back(self):
        daemon = self.filled()
        client = daemon.client()
        _, call = client.status.GetStatus.with_call(support.status.GetStatusRequest(),
                                                    metadata=[("x-request-id", "my-request-17")])
        trailers = dict(call.trailing_metadata()) | dict(call.initial_metadata())
        self.assertEqual(trailers.get("x-request-id"), "my-request-17")
        # Without one the daemon draws one, and tells it where somebody will want to look for it.
        _, call = client.status.GetStatus.with_call(support.status.GetStatusRequest())
        self.assertNotIn("x-request-id", dict(call.trailing_metadata()) | dict(call.initial_metadata()))
        with self.assertRaises(grpc.RpcError) as refused:
            client.releases.GetRelease(support.releases.GetReleaseRequest(sequence=99))
        self.assertRegex(dict(refused.exception.trailing_metadata()).get("x-request-id", ""), "^[0-9a-f]{16}$")

    def test_deadlines_are_honoured(self):
        client = self.filled().client()
        stream = client.updates.Subscribe(guarantees.subscribe_request(after=1), timeout=0.3)
        failure = support.failure_of(lambda: list(stream))
        self.assertEqual(failure.code, grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_status(self):
        daemon = self.filled()
        answer = daemon.client().status.GetStatus(support.status.GetStatusRequest())
        self.assertEqual((answer.head, answer.datasets, answer.series, answer.observations), (1, 1, 1, 1))
        self.assertTrue(answer.accepting)
        self.assertTrue(os.path.samefile(answer.directory, daemon.data_dir))
        self.assertGreater(answer.disk_bytes, 0)
        self.assertRegex(answer.log_id, "^[0-9a-f]{32}$")


class ReflectionTest(DaemonTest):
    SERVICES = {"tidewaiter.v1.DatasetService", "tidewaiter.v1.ObservationService", "tidewaiter.v1.ReleaseService",
                "tidewaiter.v1.StatusService", "tidewaiter.v1.UpdateService", "grpc.health.v1.Health"}

    def test_reflection(self):
        """Every service that is listed has a descriptor."""
        client = self.start().client()
        Request = support.reflection.ServerReflectionRequest

        def ask(request):
            answer, = client.reflection.ServerReflectionInfo(iter([request]), timeout=GUARD_SECONDS)
            return answer

        listed = {service.name for service in ask(Request(list_services="*")).list_services_response.service}
        self.assertLessEqual(self.SERVICES, listed)
        for service in listed:
            answer = ask(Request(file_containing_symbol=service))
            self.assertTrue(answer.file_descriptor_response.file_descriptor_proto, f"{service}: {answer}")

    def test_reflection_for_several_tools_at_once(self):
        client = self.start().client()
        request = support.reflection.ServerReflectionRequest(list_services="*")
        done = threading.Event()
        self.addCleanup(done.set)

        def ask_and_hold():
            yield request
            done.wait()

        streams = [client.reflection.ServerReflectionInfo(ask_and_hold(), timeout=GUARD_SECONDS) for _ in range(6)]
        for stream in streams:
            self.assertTrue(next(stream).list_services_response.service)

    def test_buf_curl(self):
        if not os.access(BUF, os.X_OK):
            print("not run: buf curl (no buf; deploy/lint installs it)")
            return
        url = f"http://{self.filled().address}"
        curl = [str(BUF), "curl", "--protocol", "grpc", "--http2-prior-knowledge"]
        listed = subprocess.run([*curl, "--list-methods", url], capture_output=True, text=True)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("tidewaiter.v1.ReleaseService/PushRelease", listed.stdout)
        answer = subprocess.run([*curl, "-d", '{"dataset": "T", "format": "FORMAT_ROWS"}',
                                 f"{url}/tidewaiter.v1.ObservationService/GetObservations"], capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual(json.loads(answer.stdout)["observations"][0]["value"], "10.5")


class ExitCodesTest(DaemonTest):
    def setUp(self):
        self.daemon = self.filled()

    def expect(self, code, *arguments, words=()):
        outcome = support.run_cli(self.daemon.address, *arguments)
        self.assertEqual(outcome.code, code, outcome)
        for word in words:
            self.assertIn(word, outcome.err, outcome)
        if code:
            self.assertTrue(outcome.err.strip(), "an error must say what is wrong")
        return outcome

    def test_0_done(self):
        self.expect(0, "get", "T/CN.X")
        self.expect(0, "version")
        self.expect(0, "status")
        self.expect(0, "datasets")
        self.expect(0, "--help")

    def test_2_usage(self):
        self.expect(2)
        self.expect(2, "no-such-command")
        self.expect(2, "get")
        self.expect(2, "get", "T/CN.X", "--no-such-flag")
        self.expect(2, "get", "T/CN.X", "-o", "xml")

    def test_3_not_found(self):
        self.expect(3, "get", "NONE/CN.X", words=["NONE"])
        self.expect(3, "get", "T/CN.NONE", words=["CN.NONE"])
        self.expect(3, "retract", "TEST/none", words=["none"])

    def test_5_unavailable(self):
        address = self.daemon.address
        self.daemon.stop()
        outcome = support.run_cli(address, "get", "T/CN.X", "--timeout", "5s")
        self.assertEqual(outcome.code, 5, outcome)
        self.assertIn(address, outcome.err)

    def test_5_deadline(self):
        with socket.socket() as silent:  # takes connections and never says a word
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            outcome = support.run_cli(f"127.0.0.1:{silent.getsockname()[1]}", "get", "T/CN.X", "--timeout", "300ms")
        self.assertEqual(outcome.code, 5, outcome)

    def test_6_refused_as_invalid(self):
        self.expect(6, "get", "T/CN.X.TOO.MANY")
        self.expect(6, "get", "T/CN.X", "--at-sequence", "99", words=["99"])

    def test_130_interrupted(self):
        process = subprocess.Popen(support.cli_command(self.daemon.address, "watch", "T/", "--from-sequence", "0",
                                                       "-o", "ndjson"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        self.assertIn("10.5", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(process.returncode, 130)

    def test_reader_that_goes_away(self):
        """`tidewaiter ... | head -1` ends quietly."""
        process = subprocess.run(
            ["bash", "-c", 'set -o pipefail; "$@" | head -1', "-",
             *support.cli_command(self.daemon.address, "get", "T/CN.X", "-o", "csv")], capture_output=True, text=True)
        self.assertTrue(process.stdout.startswith("series,period,value"), process)
        self.assertNotIn("Traceback", process.stderr)

    def test_address_from_the_environment(self):
        process = subprocess.run([support.cli_path(), "get", "T/CN.X", "-o", "csv"], capture_output=True, text=True,
                                 env={**os.environ, "TIDEWAITER_SERVER": self.daemon.address})
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("10.5", process.stdout)

    def test_watch_goes_on_through_a_restart(self):
        with support.temporary_folder() as folder:
            address = f"unix:{folder}/socket"
            daemon = self.filled(listen=[address])
            process = subprocess.Popen(support.cli_command(address, "watch", "T/", "--from-sequence", "0", "-o", "ndjson"),
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
            lines = (json.loads(line) for line in process.stdout)
            self.assertEqual([next(lines)["sequence"] for _ in range(2)], [1, 1])
            for number, crash in enumerate((True, False), start=2):
                daemon.restart(crash=crash)
                daemon.client().push(f"r{number}", "2025-02-01", [("T", [("CN.X", "2024-12", f"{number}.5")])])
                change, release = next(lines), next(lines)
                self.assertEqual((change["sequence"], release["sequence"]), (number, number))
                self.assertEqual(str(change["value"]), f"{number}.5")
            process.send_signal(signal.SIGINT)
            process.wait()
            process.stdout.close()
            self.assertEqual(process.returncode, 130)


if __name__ == "__main__":
    unittest.main(verbosity=2)
