#!/usr/bin/env python3
"""tools/compare_reports.py counts intervals that overlap, and refuses reports of different things."""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def number(value, half_width):
    return {"value": value, "half_width": half_width}


ONE = {"prior_hash": "a", "frames": 96, "seed": 1, "judges": [{"name": "j", "hash": "1"}],
       "label": {"sets": [{"name": "real", "clips": 9, "fid": number(0, 0)},
                          {"name": "adapter", "clips": 9, "seeds": [1], "fid": number(3, 1), "kid": number(1, 0.5),
                           "density": number(None, None), "cost": {"ms": 4},
                           "other_judges": [{"fid": number(2, 0.1)}]}]},
       "text": [{"name": "text guide", "clips": 4, "top1": number(0.2, 0.1), "ms": 5},
                {"name": "real", "clips": 4, "top1": number(0.2, 0.1), "ms": 0}],
       "conditions": [{"task": "real", "way": "", "clips": 8, "fid": number(0, 0), "ms": None},
                      {"task": "loop", "way": "ours", "clips": 8, "error_mm": number(1, 0.2), "worst_mm": 7, "ms": 3}],
       "bodies": [{"person": "real", "clips": 8, "leg_ratio": None, "skating": number(0, 0)},
                  {"person": "age=5", "clips": 8, "leg_ratio": 0.6, "skating": number(0.1, 0.1)}],
       "timeline": {"clips": 2, "accuracy": number(0.5, 0.1),
                    "jerk": [{"where": "real people", "peak": number(0, 0)},
                             {"where": "at transitions", "peak": number(0.1, 0.1), "area": number(1, 1)}]}}


class Compare(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def compare(self, other):
        for name, report in (("a.json", ONE), ("b.json", other)):
            (self.folder / name).write_text(json.dumps(report))
        return subprocess.run([sys.executable, REPOSITORY / "tools/compare_reports.py", self.folder / "a.json",
                               self.folder / "b.json"], capture_output=True, text=True)

    def test_counts(self):
        other = copy.deepcopy(ONE)
        other["seed"] = 2
        row = other["label"]["sets"][1]
        row["fid"] = number(4.9, 1)  # 3 + 1 meets 4.9 - 1
        row["kid"] = number(2.1, 0.5)  # 1 + 0.5 doesn't meet 2.1 - 0.5
        row["other_judges"][0]["fid"] = number(2.2, 0.1)  # touches
        result = self.compare(other)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("| labels | adapter | 9 | 3 | 2 | kid 1 ± 0.5 and 2.1 ± 0.5 |", result.stdout)
        self.assertIn("| sentences | text guide | 4 | 1 | 1 | – |", result.stdout)
        self.assertNotIn("real", result.stdout)
        self.assertIn("| conditions | loop, ours | 8 | 1 | 1 | – |", result.stdout)
        self.assertIn("| bodies | age=5 | 8 | 1 | 1 | – |", result.stdout)
        self.assertIn("| timeline | all acts | 2 | 1 | 1 | – |", result.stdout)
        self.assertIn("| timeline | at transitions | 2 | 2 | 2 | – |", result.stdout)
        self.assertIn("of 9 numbers the intervals of 8 overlap (88.8 %)", result.stdout)

    def test_refuses(self):
        for change, told in ((("seed", 1), "seed 1"), (("frames", 64), "frames"), (("prior_hash", "b"), "prior_hash"),
                             (("judges", [{"name": "j", "hash": "2"}]), "judge j")):
            other = copy.deepcopy(ONE)
            other["seed"] = 2
            other[change[0]] = change[1]
            result = self.compare(other)
            self.assertEqual(result.returncode, 1)
            self.assertIn(told, result.stderr)


if __name__ == "__main__":
    unittest.main()
