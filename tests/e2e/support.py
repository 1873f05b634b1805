"""What every end-to-end test needs: the two programs, temporary stores, and gRPC without generated stubs.

The programs are found through the environment: TIDEWAITERD and TIDEWAITER are the paths of the daemon and of the
command line, TIDEWAITER_SOURCE is the source tree (default: where this file lies). The _pb2 modules are made by protoc
when this module is imported, and methods are called by their descriptors: nothing here was written for this service
but the .proto files, as it is for any user of another language.
"""

import atexit
import contextlib
import csv
import importlib
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

# Children are started while gRPC's threads run; they exec at once and need no fork handlers.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# Python's channels look at their connections only while a call runs, and otherwise every 5 s: too seldom to notice that a
# daemon drains.
os.environ.setdefault("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "50")

import grpc  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("TIDEWAITER_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
DEMO_DATA = SOURCE / "deploy" / "demo-data" / "china-russia.csv"


def _program(variable):
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(f"set {variable} to the path of the program (ctest does); it is {path!r}")
    return path


def daemon_path():
    return _program("TIDEWAITERD")


def cli_path():
    return _program("TIDEWAITER")


def shared_data():
    """The folder of real data that is not part of the project, or None."""
    root = pathlib.Path(os.environ.get("TIDEWAITER_SHARED") or SOURCE.parent / "shared")
    return root / "data" if (root / "data").is_dir() else None


# ---- messages ----------------------------------------------------------------------------------------------------


def _generate():
    out = tempfile.mkdtemp(prefix="tidewaiter-pb2-")
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    protos = SOURCE / "proto"
    # Those outside of our package are made from their own folders: Python's packages `google` and `grpc` exist already.
    calls = [(protos, sorted((protos / "tidewaiter/v1").glob("*.proto"))),
             (protos / "google/rpc", sorted((protos / "google/rpc").glob("*.proto")))]
    grpc_protos = pathlib.Path(os.environ.get("GRPC_PROTO_DIR", "/usr/share/grpc-proto")) / "grpc"
    for proto in ("health/v1/health.proto", "reflection/v1alpha/reflection.proto"):
        calls.append(((grpc_protos / proto).parent, [grpc_protos / proto]))
    for root, files in calls:
        subprocess.run(["protoc", f"-I{root}", f"--python_out={out}", *map(str, files)], check=True)
    sys.path.insert(0, out)


_generate()
finding = importlib.import_module("tidewaiter.v1.finding_pb2")
observation = importlib.import_module("tidewaiter.v1.observation_pb2")
aggregate = importlib.import_module("tidewaiter.v1.aggregate_pb2")
aggregates = importlib.import_module("tidewaiter.v1.aggregate_service_pb2")
analysis = importlib.import_module("tidewaiter.v1.analysis_service_pb2")
datasets = importlib.import_module("tidewaiter.v1.dataset_service_pb2")
observations = importlib.import_module("tidewaiter.v1.observation_service_pb2")
releases = importlib.import_module("tidewaiter.v1.release_service_pb2")
status = importlib.import_module("tidewaiter.v1.status_service_pb2")
updates = importlib.import_module("tidewaiter.v1.update_service_pb2")
health = importlib.import_module("health_pb2")
reflection = importlib.import_module("reflection_pb2")
error_details = importlib.import_module("error_details_pb2")
rpc_status = importlib.import_module("status_pb2")


class Stub:
    """All methods of one service over one channel, by name."""

    def __init__(self, channel, module, service):
        descriptor = module.DESCRIPTOR.services_by_name[service]
        proto = descriptor_proto(module)
        streaming = {m.name: m for s in proto.service if s.name == service for m in s.method}
        for method in descriptor.methods:
            shape = streaming[method.name]
            make = getattr(channel, ("stream" if shape.client_streaming else "unary") + "_" +
                           ("stream" if shape.server_streaming else "unary"))
            setattr(self, method.name, make(
                f"/{descriptor.full_name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=method.output_type._concrete_class.FromString))


def descriptor_proto(module):
    from google.protobuf import descriptor_pb2
    proto = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(proto)
    return proto


CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),  # what is too large is for the server to refuse
    ("grpc.use_local_subchannel_pool", 1),  # a test's slow reader must not share a connection with its fast one
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.max_reconnect_backoff_ms", 200),
]


class Client:
    """One connection with every service of the daemon."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self.analysis = Stub(self.channel, analysis, "AnalysisService")
        self.datasets = Stub(self.channel, datasets, "DatasetService")
        self.observations = Stub(self.channel, observations, "ObservationService")
        self.aggregates = Stub(self.channel, aggregates, "AggregateService")
        self.releases = Stub(self.channel, releases, "ReleaseService")
        self.status = Stub(self.channel, status, "StatusService")
        self.updates = Stub(self.channel, updates, "UpdateService")
        self.health = Stub(self.channel, health, "Health")
        self.reflection = Stub(self.channel, reflection, "ServerReflection")

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def head(self):
        return self.status.GetStatus(status.GetStatusRequest()).head

    def create_dataset(self, dataset_id, dimensions, **fields):
        dataset = datasets.Dataset(id=dataset_id, publisher=fields.pop("publisher", "TEST"), **fields)
        for dimension in dimensions:
            dataset.dimensions.add(id=dimension)
        return self.datasets.CreateDataset(datasets.CreateDatasetRequest(dataset=dataset)).dataset

    def push(self, release_id, published_on, sections, **fields):
        """`sections`: Section messages, or (dataset, [(series, period, value)])."""
        return self.releases.PushRelease(push_request(release_id, published_on, sections, **fields))

    def get(self, dataset, *keys, as_of=None, sequence=None, **fields):
        """{(series, period): Observation} at a vintage, and the vintage; follows the pages."""
        request = observations.GetObservationsRequest(
            dataset=dataset, keys=keys, format=observation.FORMAT_ROWS, vintage=vintage(as_of, sequence), **fields)
        cells, read_at = {}, None
        while True:
            answer = self.observations.GetObservations(request)
            read_at = read_at or answer.vintage
            for row in answer.observations:
                assert (row.series, row.period) not in cells, f"stated twice: {row.series} {row.period}"
                cells[row.series, row.period] = row
            if not answer.next_page_token:
                return cells, read_at
            request.page_token = answer.next_page_token

    def values(self, dataset, *keys, **arguments):
        """{(series, period): what stands there}: the number's text, or the name of the absence."""
        cells, _ = self.get(dataset, *keys, **arguments)
        return {cell: statement(row) for cell, row in cells.items()}

    def history(self, dataset, *keys, as_of=None, sequence=None, **fields):
        request = observations.GetHistoryRequest(
            dataset=dataset, keys=keys, vintage=vintage(as_of, sequence), **fields)
        entries = []
        while True:
            answer = self.observations.GetHistory(request)
            entries.extend(answer.entries)
            if not answer.next_page_token:
                return entries
            request.page_token = answer.next_page_token

    def all_releases(self):
        entries, after = [], 0
        while True:
            answer = self.releases.ListReleases(
                releases.ListReleasesRequest(after_sequence=after, page_size=10_000))
            entries.extend(answer.releases)
            after = answer.next_after_sequence
            if not after:
                return entries


def vintage(as_of=None, sequence=None):
    spec = observation.VintageSpec()
    if as_of is not None:
        spec.as_of_date = as_of
    if sequence is not None:
        spec.sequence = sequence
    return spec


def repeat_vintage(read_at):
    """The VintageSpec that asks again at the vintage of an answer."""
    spec = observation.VintageSpec(sequence=read_at.sequence)
    if read_at.HasField("as_of"):
        spec.as_of_time.CopyFrom(read_at.as_of)
    return spec


def statement(row):
    return row.value if row.value else observation.Absence.Name(row.absence).removeprefix("ABSENCE_")


def section(dataset, cells=(), action=releases.ACTION_MERGE, scope_key=None, scope_from="", scope_to=""):
    made = releases.Section(dataset=dataset, action=action)
    if scope_key is not None:
        # An empty scope is a scope: every series, every period.
        made.scope.CopyFrom(releases.Scope(key=scope_key))
        if scope_from or scope_to:
            # `from` is a keyword of Python's.
            made.scope.periods.CopyFrom(observation.PeriodRange(**{"from": scope_from, "to": scope_to}))
    for series, period, value in cells:
        row = made.observations.add(series=series, period=period)
        if isinstance(value, str):
            row.value = value
        else:
            row.absence = value
    return made


def push_request(release_id, published_on, sections, **fields):
    validate_only = fields.pop("validate_only", False)
    header = releases.ReleaseHeader(release_id=release_id, published_on=published_on, **fields)
    request = releases.PushReleaseRequest(header=header, validate_only=validate_only)
    for given in sections:
        request.sections.append(given if isinstance(given, releases.Section) else section(*given))
    return request


# ---- errors ------------------------------------------------------------------------------------------------------


class RpcFailure:
    """A failed call with its details unpacked."""

    def __init__(self, error):
        self.code = error.code()
        self.message = error.details()
        self.reason = None
        self.metadata = {}
        self.violations = {}
        self.retry_seconds = None
        self.request_id = None
        trailers = {key: value for key, value in (error.trailing_metadata() or ())}
        packed = rpc_status.Status.FromString(trailers.get("grpc-status-details-bin", b""))
        for detail in packed.details:
            name = detail.TypeName()
            if name == "google.rpc.ErrorInfo":
                info = error_details.ErrorInfo.FromString(detail.value)
                self.reason, self.metadata = info.reason, dict(info.metadata)
            elif name == "google.rpc.BadRequest":
                for violation in error_details.BadRequest.FromString(detail.value).field_violations:
                    self.violations[violation.field] = violation.description
            elif name == "google.rpc.RetryInfo":
                delay = error_details.RetryInfo.FromString(detail.value).retry_delay
                self.retry_seconds = delay.seconds + delay.nanos / 1e9
            elif name == "google.rpc.RequestInfo":
                self.request_id = error_details.RequestInfo.FromString(detail.value).request_id

    def __repr__(self):
        return f"{self.code.name} {self.reason}: {self.message} {self.violations or ''} {self.metadata or ''}"


def failure_of(call):
    """Runs `call`, which must fail with a gRPC error, and gives its details."""
    try:
        answer = call()
    except grpc.RpcError as error:
        return RpcFailure(error)
    raise AssertionError(f"this should have been refused, and was answered: {str(answer)[:300]}")


# ---- programs ----------------------------------------------------------------------------------------------------

# A daemon must not outlive its test, however that ends.
_KEEP_TOGETHER = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class StartFailure(Exception):
    def __init__(self, code, output):
        super().__init__(f"the daemon ended with {code} before it served:\n{output}")
        self.code = code
        self.output = output


class Daemon:
    """One tidewaiterd on a data folder; start, stop, kill, start again. Start it from the main thread only."""

    def __init__(self, data_dir, arguments=(), listen=("127.0.0.1:0",)):
        self.data_dir = pathlib.Path(data_dir)
        self.arguments = list(arguments)
        self.listen = list(listen)
        self.process = None
        self.addresses = []
        self.serving = threading.Event()
        self._clients = []
        self._ready = self.data_dir.with_name(self.data_dir.name + ".ready")
        self.log_path = self.data_dir.with_name(self.data_dir.name + ".log")

    def command(self):
        command = [daemon_path(), "--data-dir", str(self.data_dir), "--ready-file", str(self._ready)]
        for address in self.listen:
            command += ["--listen", address]
        return command + self.arguments

    def spawn(self):
        """Starts the process and does not wait until it serves."""
        assert self.process is None, "it runs already"
        self._ready.unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(_KEEP_TOGETHER + self.command(), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)

    def await_ready(self):
        while not self._ready.exists():
            if self.process.poll() is not None:
                code, self.process = self.process.returncode, None
                raise StartFailure(code, self.log()[-4000:])
            time.sleep(0.002)
        self.addresses = self._ready.read_text().splitlines()
        self.serving.set()

    def start(self):
        self.spawn()
        self.await_ready()
        return self

    @property
    def address(self):
        return self.addresses[0]

    def client(self):
        """A connection of its own; closed with the daemon."""
        client = Client(self.address)
        self._clients.append(client)
        return client

    def _end(self, signal_number):
        if self.process is None:
            return None
        self.serving.clear()
        self.process.send_signal(signal_number)
        code = self.process.wait()
        self.process = None
        for client in self._clients:
            client.close()
        self._clients = []
        return code

    def stop(self):
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self):
        """SIGKILL: what a crash leaves."""
        return self._end(signal.SIGKILL)

    def restart(self, crash=False):
        self.kill() if crash else self.stop()
        return self.start()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()


@contextlib.contextmanager
def temporary_folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="tidewaiter-e2e-"))
    try:
        yield path
    finally:
        if os.environ.get("TIDEWAITER_KEEP"):
            print(f"kept: {path}", file=sys.stderr)
        else:
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running_daemon(arguments=(), **options):
    """A daemon on an empty store. When the test fails, its log is shown."""
    with temporary_folder() as folder:
        daemon = Daemon(folder / "store", arguments, **options)
        try:
            daemon.start()
            yield daemon
        except BaseException:
            print(f"---- end of the daemon's log\n{daemon.log()[-4000:]}\n----", file=sys.stderr)
            raise
        finally:
            daemon.kill()


class Outcome:
    def __init__(self, process, arguments):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        self.arguments = arguments

    def rows(self):
        return list(csv.DictReader(io.StringIO(self.out)))

    def columns(self):
        return next(csv.reader(io.StringIO(self.out)))

    def __repr__(self):
        return f"{' '.join(map(str, self.arguments))}\nexit code {self.code}\n{self.out[-3000:]}\n{self.err[-3000:]}"


def cli_command(address, *arguments):
    return [cli_path(), "--server", address, *map(str, arguments)]


def run_cli(address, *arguments, input_text=None, stdin=None, environment=None):
    command = cli_command(address, *arguments)
    given = {"input": input_text} if stdin is None else {"stdin": stdin}
    process = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace",
                             env={**os.environ, **(environment or {})}, **given)
    return Outcome(process, command)


def in_background(function, *arguments):
    """A thread whose exception is raised where it is joined."""
    return _Background(function, arguments)


class _Background(threading.Thread):
    def __init__(self, function, arguments):
        super().__init__(daemon=True)
        self._function, self._arguments = function, arguments
        self.result = self.error = None
        self.start()

    def run(self):
        try:
            self.result = self._function(*self._arguments)
        except BaseException as error:  # raised again by finish()
            self.error = error

    def finish(self):
        self.join()
        if self.error is not None:
            raise self.error
        return self.result
