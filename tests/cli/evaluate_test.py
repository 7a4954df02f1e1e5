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

# Names of what is measured by the clock, or says where and how the program was called.
CLOCK = {"command", "cost", "ms", "ms_a_second", "memory"}


class Evaluation(TestInFolder):
    """Runs of one part of an evaluation on a library of made-up people."""
    PART = []  # arguments that choose it
    CLIPS, SECONDS = 8, 1.5  # of each label

    def setUp(self):
        super().setUp()
        rows = ["file,actor"]
        for label, speed in (("walk", 1.2), ("run", 3.0)):
            for i in range(self.CLIPS):
                name = f"set/{label}/{i}.bvh"
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_text(
                    people.walk(seconds=self.SECONDS, fps=30, speed=speed * (1 + i / 10 % 1), swing=10 * speed))
                rows.append(f"{label}/{i}.bvh,{'abcd'[i * 4 // self.CLIPS]}")
        (self.folder / "set/index.csv").write_text("\n".join(rows) + "\n")
        (self.folder / "set/pantomime-set.toml").write_text(SET)
        self.run_ok("import", "set", "-o", "library.db", "-q")

    def arguments(self, out):
        return ["evaluate", "--library", "library.db", "--prior", "open", "--steps", "4", "--seed", "3", "--threads",
                "1", "-q", "-o", out, *self.PART]

    def stop(self, out, parts, how):
        """Runs until so many sets are kept, and stops the program."""
        process = subprocess.Popen([BINARY, *self.arguments(out)], cwd=self.folder, env=ENVIRONMENT,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 600  # seconds; with sanitizers everything takes ten times as long
        while len(self.kept(out)) < parts:
            if process.poll() is not None:
                self.fail(f"it ended before it was stopped: {process.returncode}, {process.communicate()[1]}")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)
        process.send_signal(how)
        process.communicate(timeout=600)
        self.assertFalse((self.folder / out / "report.json").exists())
        return process.returncode

    def kept(self, out):
        return sorted((self.folder / out / "parts").glob("*.safetensors"))

    def table(self, out):
        """The report without what depends on the clock and the place."""
        def timeless(value):
            if isinstance(value, dict):
                return {k: timeless(v) for k, v in value.items() if k not in CLOCK}
            return [timeless(v) for v in value] if isinstance(value, list) else value
        return timeless(json.loads((self.folder / out / "report.json").read_text()))

    def goes_on_after(self, *stops):
        """Stopped so often, and run to its end, it makes nothing twice and ends as an unbroken run does."""
        there = {}
        for parts, how in stops:
            self.assertEqual(self.stop("stopped", parts, how), {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 130}[how])
            for path, data in there.items():
                self.assertEqual(path.read_bytes(), data, "made a second time")
            there = {path: path.read_bytes() for path in self.kept("stopped")}
            self.assertGreaterEqual(len(there), parts)
        self.run_ok(*self.arguments("stopped"))
        self.run_ok(*self.arguments("whole"))
        self.assertEqual(self.table("stopped"), self.table("whole"))
        self.assertEqual(self.kept("stopped"), [], "not needed any more")
        return self.table("whole")


class Labels(Evaluation):
    PART = ["--frames", "24", "--repetitions", "2"]

    def test_a_run_that_was_stopped_ends_with_the_same_table(self):
        whole = self.goes_on_after((2, signal.SIGKILL), (3, signal.SIGINT))
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


class Conditions(Evaluation):
    PART = ["--only", "conditions,timeline", "--condition-clips", "8", "--timeline-clips", "2", "--long", "0",
            "--tasks", "begin", "--tasks", "avoid", "--ways", "only"]
    SECONDS = 4

    def test_a_run_that_was_stopped_ends_with_the_same_table(self):
        whole = self.goes_on_after((2, signal.SIGKILL), (4, signal.SIGINT))
        self.assertEqual([row["task"] for row in whole["conditions"]],
                         ["real, held-out people", "no condition", *2 * ["begin: first second"],
                          *2 * ["avoid: a box on the way"]])
        self.assertEqual(len(whole["timeline"]["acts"]), 10)


@unittest.skipUnless((REPOSITORY / "assets/body.pantomime").exists(), "tools/fetch_body fetches it")
class Bodies(Evaluation):
    PART = ["--only", "bodies", "--body-clips", "4"]
    SECONDS = 4

    def test_a_run_that_was_stopped_ends_with_the_same_table(self):
        whole = self.goes_on_after((2, signal.SIGKILL), (4, signal.SIGINT))
        self.assertEqual(len(whole["bodies"]), 9)  # real people and eight bodies


@unittest.skipUnless((REPOSITORY / "assets/sentence_encoder/model.json").exists(), "tools/fetch_text fetches it")
class Sentences(Evaluation):
    PART = ["--only", "text", "--frames", "24", "--text-clips", "64", "--text-guidance", "adapter", "--tries", "1"]
    CLIPS = 64

    def test_a_run_that_was_stopped_ends_with_the_same_table(self):
        whole = self.goes_on_after((1, signal.SIGKILL), (2, signal.SIGINT))
        self.assertIn("told: adapter, numbers hold", [row["name"] for row in whole["text"]])


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
