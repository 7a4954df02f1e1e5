#!/usr/bin/env python3
"""Makes tests/golden/watch.json: where the numbers of the shipped prior's small fixed evaluation lie.

Runs `pantomime evaluate --only watch` with six seeds, judged by the convolution judge. The interval of a number is its mean and four
standard deviations to each side (at least 2 % of the mean, and never past 0 or, for shares, 1), so
that another machine's rounding passes and a changed prior, sampler, guide or metric does not.

    tools/golden/watch.py build/release/pantomime
"""
import json
import pathlib
import statistics
import subprocess
import sys

SEEDS = range(1, 7)
ROOT = pathlib.Path(__file__).resolve().parents[2]
JUDGE = ROOT / "models/judges/convolution.safetensors"


def main(binary):
    runs = [json.loads(subprocess.run([binary, "evaluate", "--only", "watch", "--judge", JUDGE, "--seed",
                                  str(seed), "-q"],
                                      check=True, capture_output=True, text=True).stdout)
            for seed in SEEDS]
    numbers = {}
    for name in sorted(runs[0]):
        values = [run[name] for run in runs]
        mean = statistics.mean(values)
        reach = max(4 * statistics.stdev(values), 0.02 * abs(mean), 1e-3)
        high = mean + reach
        numbers[name] = {"low": max(0.0, mean - reach),
                         "high": min(1.0, high) if name.startswith("accuracy") else high}
    answer = {"made_by": "tools/golden/watch.py", "seeds": list(SEEDS), "numbers": numbers}
    (ROOT / "tests/golden/watch.json").write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
