#!/usr/bin/env python3
"""An evaluation that is stopped goes on where it was and ends with the same table; repetitions have seeds of
their own.

    evaluate_test.py PATH_OF_PANTOMIME [UNITTEST ARGUMENTS]
"""
import json
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import people  # noqa: E402
from program import BINARY, ENVIRONMENT, REPOSITORY, TestInFolder  # noqa: E402

SET = """name = "made"
licence = "CC0-1.0"
source = "made by formulas"
index = "index.csv"
subject = "made/{actor}"
label = "{folder}"

[split]
test = ["made/a", "made/b"]
"""


class Evaluate(TestInFolder):
    def setUp(self):
        super().setUp()
        rows = ["file,actor"]
        for label, speed in (("walk", 1.2), ("run", 3.0)):
            for i in range(8):
                name = f"set/{label}/{i}.bvh"
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_text(
                    people.walk(seconds=1.5, fps=30, speed=speed * (1 + i / 10), swing=10 * speed))
                rows.append(f"{label}/{i}.bvh,{'abcd'[i // 2]}")
        (self.folder / "set/index.csv").write_text("\n".join(rows) + "\n")
        (self.folder / "set/pantomime-set.toml").write_text(SET)
        self.run_ok("import", "set", "-o", "library.db", "-q")

    def arguments(self, out):
        return ["evaluate", "--library", "library.db", "--prior", "open", "--frames", "24", "--steps", "4",
                "--repetitions", "2", "--seed", "3", "--threads", "1", "-q", "-o", out]

    def stop(self, out, parts, how):
        """Runs until so many sets are kept, and stops the program."""
        process = subprocess.Popen([BINARY, *self.arguments(out)], cwd=self.folder, env=ENVIRONMENT,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 120
        while len(self.kept(out)) < parts:
            self.assertIsNone(process.poll(), "it ended before it was stopped")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)
        process.send_signal(how)
        process.communicate(timeout=60)
        self.assertFalse((self.folder / out / "report.json").exists())
        return process.returncode

    def kept(self, out):
        return sorted((self.folder / out / "parts").glob("*.safetensors"))

    def table(self, out):
        """The report without what depends on the clock and the place."""
        report = json.loads((self.folder / out / "report.json").read_text())
        del report["command"]
        for row in report["label"]["sets"]:
            row.pop("cost", None)
        return report

    def test_a_run_that_was_stopped_ends_with_the_same_table(self):
        self.assertEqual(self.stop("stopped", 2, signal.SIGKILL), -signal.SIGKILL)
        first = {path: path.read_bytes() for path in self.kept("stopped")}
        self.assertGreaterEqual(len(first), 2)
        self.assertEqual(self.stop("stopped", 3, signal.SIGINT), 130)
        for path, data in first.items():
            self.assertEqual(path.read_bytes(), data, "made a second time")
        self.run_ok(*self.arguments("stopped"))
        self.run_ok(*self.arguments("whole"))
        stopped, whole = self.table("stopped"), self.table("whole")
        self.assertEqual(stopped, whole)
        self.assertEqual(self.kept("stopped"), [], "not needed any more")
        # Repetitions: seeds of their own, the first is the one that was given; all clips count.
        rows = {row["name"]: row for row in whole["label"]["sets"]}
        self.assertEqual(sorted(rows), ["adapter", "no condition", "real, held-out people", "real, training people"])
        seeds = rows["adapter"]["seeds"]
        self.assertEqual(seeds[0], 3)
        self.assertEqual(len(set(seeds)), 2)
        self.assertEqual(rows["adapter"]["clips"], 2 * rows["real, held-out people"]["clips"])
        self.assertEqual(whole["repetitions"], 2)

        # Another seed is another table; an ended report isn't replaced unasked.
        self.assertIn("--force", self.run_bad(1, *self.arguments("whole")))
        other = self.arguments("other")
        other[other.index("--seed") + 1] = "4"
        self.run_ok(*other)
        self.assertNotEqual(self.table("other")["label"], whole["label"])


class Benchmark(TestInFolder):
    def test_uestc_from_the_checkpoint_to_the_table(self):
        subprocess.run([sys.executable, REPOSITORY / "tools/convert_judges.py", "uestc",
                        REPOSITORY / "tests/golden/checkpoints/uestc_rot6d_stgcn.tar", "-o", "judge.safetensors"],
                       cwd=self.folder, check=True, capture_output=True)
        arguments = ["benchmark", "uestc", "--data", REPOSITORY / "tests/data/uestc", "--judge", "judge.safetensors",
                     "--real-only", "--repetitions", "2", "-q", "-o"]
        self.run_ok(*arguments, "once")
        self.run_ok(*arguments, "again")
        report = json.loads((self.folder / "once/benchmark.json").read_text())
        self.assertEqual([row["name"] for row in report["rows"]], ["real, training people", "real, test people"])
        for row in report["rows"]:
            self.assertEqual(sorted(row), ["FID", "accuracy", "diversity", "multimodality", "name"])
        self.assertEqual(report, json.loads((self.folder / "again/benchmark.json").read_text()))
        self.assertIn("expected humanact12, uestc or humanml3d",
                      self.run_bad(1, "benchmark", "kit", "--data", ".", "--judge", "judge.safetensors"))
        self.assertIn("no tensor",
                      self.run_bad(1, "benchmark", "uestc", "--data", REPOSITORY / "tests/data/uestc", "--judge",
                                   REPOSITORY / "tests/golden/checkpoints/humanact12.safetensors", "--real-only"))

    def test_uestc_is_imported_with_its_labels_but_not_its_test_people(self):
        self.run_ok("import", "--set", "uestc", "--label", "{folder}", REPOSITORY / "tests/data/uestc", "-o", "l.db", "-q")
        shown = self.run_ok("info", "l.db")
        self.assertIn("knee-lifting", shown)
        self.assertRegex(shown, r"all +8 ")


if __name__ == "__main__":
    unittest.main()
