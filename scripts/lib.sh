# Shared by the scripts beside it: where things are and how to say things. Sourced, never run.
# shellcheck shell=sh

# The root is above scripts/, or above scripts/soak.d and its like.
case $(dirname -- "$0") in *.d) ROOT=../.. ;; *) ROOT=.. ;; esac
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/$ROOT" && pwd)
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

# prepare PURPOSE: the set-up of the scripts that need one. Exit status 4: something is missing.
prepare() {
  "$ROOT/scripts/bootstrap" --quiet --for "$1" 1>&2 || case $? in 3) exit 4 ;; *) exit 1 ;; esac
}

# The long runs: `scripts/<kind> NAME` is the file scripts/<kind>.d/NAME (sh) or NAME.py, which says in its second or
# first line, after "`scripts/<kind> NAME`: ", what it shows. Files that do not say so are parts of others.
runs() { # KIND
  for r_file in "$ROOT/scripts/$1.d"/*; do
    [ -f "$r_file" ] || continue
    sed -n "1,2s/^[#\" ]*\`scripts\/$1 \([^\` ]*\)[^\`]*\`: \(.*\)/\1 \2/p" "$r_file" |
      while read -r r_name r_says; do printf '  %-14s %s\n' "$r_name" "$r_says"; done
  done
}

launch() { # KIND ARGUMENTS…
  l_kind=$1
  shift
  case ${1:-} in
    -h | --help) usage "$0" && echo 'Names:' && runs "$l_kind" && exit 0 ;;
    --list) runs "$l_kind" && exit 0 ;;
    '' | -* | */* | *.*) say "Usage: scripts/$l_kind NAME [ARGS…], where NAME is one of" && runs "$l_kind" >&2 && exit 64 ;;
  esac
  l_file=$ROOT/scripts/$l_kind.d/$1
  [ -f "$l_file" ] || [ -f "$l_file.py" ] || {
    say "$l_kind: nothing is called $1; there are" && runs "$l_kind" >&2 && exit 64
  }
  shift
  prepare test
  cd "$ROOT" || exit 1
  if [ -f "$l_file" ]; then exec sh "$l_file" "$@"; else exec "$VENV/bin/python" "$l_file.py" "$@"; fi
}
