package main

const gateHelp = `Decide whether a candidate server is worse than a baseline, and fail (exit code 99) only then.

Both are measured in pairs of short slices, the two of a pair next to each other, in random order,
with the same messages at the same instants, so that a slow minute of the machine hits both. What is
judged is the paired change: the exact Wilcoxon signed-rank test against the tolerance, with two
looks and Holm's correction over all rules. Bytes, missed and duplicated messages are compared
exactly, without tolerance. Rules stand in the scenario (gate:), flags change them.

  pass          worse by more than --limit (25 %) is ruled out, or by so little that it does not
                count: under 1 ms, or twice the generator's own lag
  fail          worse by more than --tolerance (10 %) is certain enough; alpha (1 %) is the chance
                that this happens to an identical server's latency or cost
  inconclusive  neither, within --budget (builds are not counted): exit code 98; --inconclusive
                pass makes that 0

The sides. The candidate is this program's own serve, or --candidate-cmd. The baseline is one of
  --baseline-ref REV   the server of a git revision, built in a temporary worktree
  --baseline-cmd CMD   any server, in any language. {addr}, {port} and {dir} are replaced in it,
                       PUSHBENCH_ADDR is set; it is ready when /healthz (or --ready) answers 200
  --baseline RUN       a stored run. Between two runs the machine changes too, so only what repeats
                       on any machine is compared (bytes, missed, duplicated, and the scenario's
                       thresholds); latency and cost with --milliseconds, and then a slower machine
                       looks like a slower server. Runs of different machines, Go versions, pinning,
                       client code or workload are refused with exit code 98.
  none of these        the own serve again: what identical servers look like here; beside a
                       --candidate-cmd it is another server, which the gate warns of

A server that needs minutes to warm: --server-life gate keeps both up and loads one at a time,
before the first pair until neither gets faster (at most --warm, which counts as budget).
Ctrl-C saves what was measured. --redecide decides a saved gate again, without measuring.

Exit codes: 0 passed; 2 bad usage; 98 inconclusive, refused, or a server died; 99 failed;
130 interrupted.`

const gateExamples = `  pushbench gate --baseline-ref main
  pushbench gate --baseline-cmd './old --listen {addr}' --candidate-cmd './new --listen {addr}' --budget 10m
  pushbench gate --baseline results/baseline/gate
  pushbench gate quick --baseline results/runs/before --candidate results/runs/after`
