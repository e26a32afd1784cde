# How scripts/test reads its stages' logs. Each function takes a log and prints "<passed> <failed>". Sourced, never run.
# shellcheck shell=sh

# Our own programs end with `N passed, N failed`.
count_last_line() {
  sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$1"
}

# pytest ends with `3 failed, 20 passed, 1 skipped in 4.20s`.
count_pytest() {
  tail -n 3 "$1" | awk '
    { for (i = 2; i <= NF; i++) { sub(",", "", $i); n[$i] = $(i - 1) } }
    END { print n["passed"] + 0, n["failed"] + n["error"] + n["errors"] + 0 }'
}

# swift-testing writes a line a test, and at the end `Test run with N tests …`; after a crash that last line is missing.
count_swift() {
  awk '
    { sub(/^[^[:alnum:]]*/, "") }
    /^Test run with [0-9]+ tests?/ { total += $4; next }
    /^Test .* failed after [0-9.]+ seconds/ { failed++; next }
    /^Test .* passed after [0-9.]+ seconds/ { passed++; next }
    /^Test .* skipped/ { skipped++ }
    END { print (total ? total - failed - skipped : passed + 0), failed + 0 }' "$1"
}
