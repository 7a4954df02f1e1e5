#!/usr/bin/env python3
"""Regression watch: the shipped prior's numbers are where they were.

    watch_test.py PATH_OF_PANTOMIME [UNITTEST ARGUMENTS]

tools/golden/watch.py recorded the intervals; run it again, and look at the difference, when a prior,
a judge or a measure was changed on purpose.
"""
import json
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from program import REPOSITORY, TestInFolder  # noqa: E402


class Watch(TestInFolder):
    def watch(self, *arguments):
        judge = REPOSITORY / "models/judges/convolution.safetensors"
        return json.loads(
            self.run_ok("evaluate", "--only", "watch", "--judge", judge, "-q", *arguments))

    def strays(self, numbers, recorded):
        return [f"{name}: {numbers[name]:.4g}, expected {at['low']:.4g} to {at['high']:.4g}"
                for name, at in recorded.items() if not at["low"] <= numbers[name] <= at["high"]]

    def test_numbers_lie_in_their_recorded_intervals(self):
        recorded = json.loads((REPOSITORY / "tests/golden/watch.json").read_text())["numbers"]
        numbers = self.watch("--seed", "1")
        self.assertEqual(sorted(numbers), sorted(recorded))
        self.assertEqual(self.strays(numbers, recorded), [])
        # And it would notice: two steps instead of ten, feet left to slide.
        worse = self.watch("--seed", "1", "--steps", "2", "--no-foot-lock")
        self.assertGreater(len(self.strays(worse, recorded)), 2, worse)

    def test_stands_alone(self):
        self.assertIn("stands alone",
                      self.run_bad(1, "evaluate", "--only", "watch,label"))


if __name__ == "__main__":
    unittest.main()
