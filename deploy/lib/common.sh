# Sourced by the scripts of deploy/: where things are, how to say what happens, how to install and build.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${TIDEWAITER_BUILD:-$ROOT/build/release}

say() { printf '%s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Packages of Debian 12 that the build, the programs and the tests need.
BUILD_PACKAGES=(g++ cmake ninja-build pkg-config lld libgrpc++-dev protobuf-compiler-grpc protobuf-compiler
  libprotobuf-dev grpc-proto libabsl-dev librocksdb-dev libjemalloc-dev libssl-dev libxxhash-dev libcli11-dev libspdlog-dev
  prometheus-cpp-dev libboost-dev libutf8proc-dev libsimdjson-dev libexpat1-dev libgumbo-dev libzip-dev libpugixml-dev)
TEST_PACKAGES=(libgtest-dev libgmock-dev libfreexl-dev python3 python3-grpcio python3-protobuf)
# Of tests/fuzz/run, which is one of the tests.
FUZZ_PACKAGES=(clang libclang-rt-14-dev libgtest-dev)
BENCH_PACKAGES=(libbenchmark-dev)

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$package"
  done
}

# install_packages PACKAGE...: installs those that are missing, asking nothing.
install_packages() {
  command -v apt-get >/dev/null || fail "this script installs Debian packages and found no apt-get; on another system" \
    "install the equivalents of: $*"
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
      fail "packages are missing and installing them needs root; run: sudo apt-get install ${missing[*]}"
    as_root=(sudo -n)
  fi
  local log
  log=$(mktemp)
  "${as_root[@]}" apt-get update >"$log" 2>&1 ||
    { tail -5 "$log" >&2; fail "apt-get update failed (see above); check the network and /etc/apt/sources.list"; }
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" \
    >"$log" 2>&1 </dev/null ||
    { tail -15 "$log" >&2; fail "apt-get install failed (see above); this project needs Debian 12 or newer"; }
  rm -f "$log"
}

# build TARGET...: configures once and builds; ninja shows its progress on a terminal, a line now and then elsewhere.
build() {
  if [ ! -f "$BUILD/build.ninja" ]; then
    say "Configuring in $BUILD"
    local log
    log=$(mktemp)
    local launcher=()
    if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    # shellcheck disable=SC2086
    cmake -S "$ROOT" -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release "${launcher[@]}" ${CMAKE_ARGS:-} >"$log" 2>&1 ||
      { tail -30 "$log" >&2; fail "cmake could not configure (see above); remove $BUILD to start afresh"; }
    rm -f "$log"
  fi
  say "Building ${*:-everything} (several minutes the first time, seconds after that)"
  if [ -t 1 ]; then
    ninja -C "$BUILD" "$@" || fail "the build failed (see above)"
  else
    ninja -C "$BUILD" "$@" | progress_lines >&2
    [ "${PIPESTATUS[0]}" -eq 0 ] || fail "the build failed (see above)"
  fi
}

# Of ninja's lines about steps one every 15 seconds and the last; everything else as it is.
progress_lines() {
  local line last= shown=$SECONDS
  while IFS= read -r line; do
    if [[ $line == '['* ]]; then
      last=$line
      if ((SECONDS - shown >= 15)); then
        printf '%s\n' "$line"
        shown=$SECONDS last=
      fi
    else
      printf '%s\n' "$line"
    fi
  done
  [ -z "$last" ] || printf '%s\n' "$last"
}
