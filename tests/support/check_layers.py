"""Holds the arrows of docs/architecture.md: which room may include which.

Usage: check_layers.py SOURCE_DIR. Prints each include that points the wrong way, and exits with 1 if there is one.
A canary runs first: a made-up wrong include that the check must find.
"""

import pathlib
import re
import sys

# Room -> prefixes of quoted or angled includes that it may not use. Rooms are matched by the longest prefix.
FORBIDDEN = {
    "domain/": ["proto/", "storage/", "daemon/", "client/", "rocksdb/", "grpc", "google/", "tidewaiter/v1/", "spdlog/",
                "openssl/", "fstream", "thread", "chrono"],
    "proto/": ["storage/rocks/", "storage/memory/", "daemon/", "client/", "rocksdb/"],
    "storage/": ["proto/", "daemon/", "client/", "grpc", "google/protobuf", "tidewaiter/v1/", "rocksdb/"],
    "storage/rocks/": ["proto/", "daemon/", "client/", "grpc", "google/protobuf", "tidewaiter/v1/", "storage/memory/"],
    "daemon/engine/": ["proto/", "daemon/rpc/", "daemon/telemetry/", "client/", "storage/rocks/", "storage/memory/",
                       "rocksdb/", "grpc", "google/protobuf", "tidewaiter/v1/"],
    "daemon/telemetry/": ["daemon/rpc/", "client/", "rocksdb/", "storage/rocks/"],
    "daemon/": ["client/", "rocksdb/"],
    "client/": ["daemon/", "storage/", "rocksdb/"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')


def room_of(path):
    rooms = [room for room in FORBIDDEN if path.startswith(room)]
    return max(rooms, key=len) if rooms else None


def violations(path, text):
    room = room_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match or room is None:
            continue
        for prefix in FORBIDDEN[room]:
            included = match.group(1)
            if included == prefix or (included.startswith(prefix) and not prefix.isalpha()) or (
                    prefix == "grpc" and included.startswith("grpc")):
                yield f"{path}:{number}: {room} must not include {included}"


def client_header_violations(path, text):
    """The client's public headers carry no gRPC or protobuf type."""
    if path.startswith("client/") and path.endswith(".h") and re.search(r"#\s*include\s*[<\"](grpc|google/protobuf)",
                                                                         text):
        if path == "client/client.h" or path.startswith("client/include/"):
            yield f"{path}: a public header of the client must not include gRPC or protobuf"


def main():
    root = pathlib.Path(sys.argv[1])
    if not list(violations("domain/canary.h", '#include "storage/store.h"\n')):
        sys.exit("the check did not find its canary")
    found = []
    checked = 0
    for top in ("domain", "proto", "storage", "daemon", "client"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(root).as_posix()
            found += violations(name, text)
            found += client_header_violations(name, text)
            checked += 1
    print("\n".join(found) or f"{checked} files, every include points the right way")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
