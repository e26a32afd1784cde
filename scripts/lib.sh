# Shared by the scripts beside it: where things are and how to say things. Sourced, never run.
# shellcheck shell=sh

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
VENV=$ROOT/.venv
LOGS=$ROOT/.build/logs
export ROOT VENV LOGS

# Everything a person reads goes to stderr, so that `--json` on stdout stays clean.
say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename -- "$0"): $*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# usage FILE: the comment at the head of a script is its help.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$1"; }

# The interpreter that belongs to the libpython which the bridge links: never the first `python3` on PATH, because a
# virtual environment of another Python breaks C extensions inside the bridge.
matching_python() {
  have pkg-config || return 1
  mp_version=$(pkg-config --modversion python3-embed 2>/dev/null) || return 1
  mp_prefix=$(pkg-config --variable=exec_prefix python3-embed)
  for mp_python in "$mp_prefix/bin/python$mp_version" "/usr/bin/python$mp_version"; do
    if [ -x "$mp_python" ]; then
      printf '%s\n' "$mp_python"
      return 0
    fi
  done
  return 1
}

# quietly NAME COMMAND…: runs it with its output in a log; shows the log's tail when it fails.
quietly() {
  mkdir -p "$LOGS"
  q_log=$LOGS/$1.log
  shift
  if "$@" >"$q_log" 2>&1; then return 0; else q_code=$?; fi
  tail -n 40 "$q_log" >&2
  say "The whole log: $q_log"
  return "$q_code"
}

# prepare PURPOSE: the set-up of the scripts that need one. Exit 4: this machine lacks something.
prepare() {
  "$ROOT/scripts/bootstrap" --quiet --for "$1" 1>&2 || case $? in 3) exit 4 ;; *) exit 1 ;; esac
}
