#!/usr/bin/env python3
"""Runs the real binary: help, failures, exit codes, import to info.

    cli_test.py PATH_OF_PANTOMIME [UNITTEST ARGUMENTS]
"""
import json
import os
import pathlib
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import unittest
import zipfile
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import people  # noqa: E402
from program import BINARY, ENVIRONMENT, REPOSITORY, TestInFolder, pantomime  # noqa: E402


class Help(TestInFolder):
    def commands(self):
        text = self.run_ok("--help")
        section = text.split("Subcommands:")[1]
        return re.findall(r"^  (\S+) +\S", section, re.M)

    def test_every_command_explains_itself(self):
        commands = self.commands()
        self.assertIn("import", commands)
        self.assertIn("info", commands)
        for command in commands:
            text = self.run_ok(command, "--help")
            self.assertEqual(text, self.run_ok("help", command))
            self.assertIn(f"pantomime {command}", text)
            self.assertIn("--config", text)
            lines = text.splitlines()
            for line, following in zip(lines, lines[1:] + [""]):
                # An option without a word about it helps nobody. Words begin in column 31, of the
                # next line where the option's name is long.
                if line.startswith("  -"):
                    words = line[30:].strip() if line[29:30] == " " else ""
                    if not words and not following.startswith("  -"):
                        words = following[30:].strip()
                    self.assertTrue(words, line)

    def test_version_is_the_projects(self):
        number = re.search(r"project\(pantomime VERSION (\S+)",
                           (REPOSITORY / "CMakeLists.txt").read_text()).group(1)
        self.assertTrue(self.run_ok("version").startswith(f"pantomime {number}\n"))
        self.assertEqual(self.run_ok("--version").strip(), f"pantomime {number}")

    def test_sets_the_wait_policy_of_openmp_itself(self):
        bare = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
        result = pantomime("version", environment=bare)
        self.assertIn("OMP_WAIT_POLICY passive", result.stdout)


class WrongUse(TestInFolder):
    def test_usage_errors_exit_with_2_and_one_line(self):
        for arguments in ([], ["dance"], ["import"], ["import", "x", "--colour", "red"],
                          ["info", "x", "--threads", "many"]):
            line = self.run_bad(2, *arguments)
            self.assertRegex(line, r"\Apantomime( \w+)?: [^\n]+\(see pantomime[^\n]* --help\)\Z")

    def test_names_the_unknown_option(self):
        self.assertIn("--colour", self.run_bad(2, "import", "x", "--colour", "red"))

    def test_unknown_config_key_names_key_and_file(self):
        (self.folder / "c.toml").write_text('label = "walk"\ncolour = "red"\n')
        line = self.run_bad(2, "import", "x", "--config", "c.toml")
        self.assertIn('c.toml:2: "colour": unknown key', line)

    def test_missing_files_exit_with_1_and_one_line(self):
        self.assertEqual(self.run_bad(1, "info", "none.bvh"),
                         "pantomime info: none.bvh: can't open: No such file or directory")
        self.assertEqual(self.run_bad(1, "import", "none"),
                         "pantomime import: none: no such file or folder")
        self.assertFalse((self.folder / "library.db").exists())

    def test_broken_files_say_where(self):
        (self.folder / "bad.bvh").write_text(people.walk()[:3000])
        line = self.run_bad(1, "info", "bad.bvh")
        self.assertRegex(line, r"\Apantomime info: bad\.bvh:\d+: [^\n]+\Z")
        (self.folder / "noise").write_bytes(bytes(range(256)))
        self.assertIn("expected BVH", self.run_bad(1, "info", "noise"))


class Import(TestInFolder):
    def import_json(self, *arguments):
        return json.loads(self.run_ok("import", *arguments, "--json", "-q"))

    def rows(self, query, library="library.db"):
        with sqlite3.connect(self.folder / library) as database:
            return database.execute(query).fetchall()

    def test_folder_to_library_to_info(self):
        self.write_walks("mocap/anna/walk1.bvh", "mocap/ben/walk2.bvh")
        result = self.import_json("mocap", "--label", "walk", "--licence", "CC0-1.0")
        self.assertEqual(result["import"]["imported"], 2)
        self.assertEqual(result["import"]["failures"], [])
        self.assertEqual(
            self.rows("SELECT name, subject, licence, frames FROM clips ORDER BY name"),
            [("own/anna/walk1.bvh", "own/anna", "CC0-1.0", 61),
             ("own/ben/walk2.bvh", "own/ben", "CC0-1.0", 61)])
        self.assertEqual(self.rows("SELECT DISTINCT first, last, label FROM segments"),
                         [(0, 61, "walk")])
        info = json.loads(self.run_ok("info", "library.db", "--json"))["library.db"]
        self.assertEqual(info["labels"]["walk"]["clips"], 2)
        self.assertAlmostEqual(info["all"]["minutes"], 2 * 61 / 30 / 60, places=6)
        self.assertIn("walk", self.run_ok("info", "library.db"))

    def test_second_import_does_only_what_is_new(self):
        self.write_walks("mocap/a.bvh", "mocap/b.bvh")
        self.import_json("mocap")
        self.write_walks("mocap/c.bvh")
        (self.folder / "mocap/b.bvh").write_text(people.walk(speed=0.5))
        result = self.import_json("mocap")["import"]
        self.assertEqual((result["imported"], result["unchanged"]), (2, 1))
        self.assertEqual(self.rows("SELECT count(*) FROM clips"), [(3,)])
        self.assertEqual(self.import_json("mocap", "--force")["import"]["imported"], 3)

    def test_broken_files_are_listed_and_harm_nothing(self):
        self.write_walks("mocap/a.bvh", "mocap/c.bvh")
        (self.folder / "mocap/b.bvh").write_text(people.walk()[:5000])
        (self.folder / "mocap/d.zip").write_bytes(b"PK no archive")
        result = pantomime("import", "mocap", "-q", cwd=self.folder)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(re.findall("^not imported: ", result.stderr, re.M)), 2)
        self.assertRegex(result.stderr, r"not imported: \S*b\.bvh:\d+: ")
        self.assertEqual(self.rows("SELECT count(*) FROM clips"), [(2,)])

    def test_nothing_to_import_is_an_error(self):
        (self.folder / "empty").mkdir()
        result = pantomime("import", "empty", "-q", cwd=self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "pantomime import: no motion files found\n")

    def test_archive_gives_the_same_clips_as_the_folder(self):
        self.write_walks("mocap/a/1.bvh", "mocap/b/2.bvh")
        with zipfile.ZipFile(self.folder / "mocap.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("a/1.bvh", "b/2.bvh"):
                archive.write(self.folder / "mocap" / name, name)
        self.import_json("mocap", "-o", "folder.db")
        self.import_json("mocap.zip", "-o", "zip.db")
        query = "SELECT name, subject, rotations, root_positions FROM clips ORDER BY name"
        self.assertEqual(self.rows(query, "zip.db"), self.rows(query, "folder.db"))

    def test_same_files_give_the_same_bytes_on_any_number_of_threads(self):
        self.write_walks(*(f"mocap/{i}.bvh" for i in range(5)))
        self.import_json("mocap", "-o", "one.db", "--threads", "1")
        self.import_json("mocap", "-o", "two.db", "--threads", "2")
        self.assertEqual((self.folder / "one.db").read_bytes(),
                         (self.folder / "two.db").read_bytes())

    def test_settings_from_a_file_and_a_set_described_beside_its_data(self):
        self.write_walks("gym/a/1.bvh", "gym/a/2.bvh")
        (self.folder / "gym/index.csv").write_text(
            'file,actor,sentence\na/1.bvh,7,"a person walks, slowly"\na/2.bvh,8,\n')
        (self.folder / "gym/pantomime-set.toml").write_text(
            'name = "gym"\nlicence = "MIT"\nsource = "us"\nindex = "index.csv"\n'
            'subject = "gym/{actor}"\nlabel = "walk"\ncaption = "{sentence}"\n'
            '[split]\ntest = ["gym/8"]\n')
        (self.folder / "c.toml").write_text('out = "gym.db"\n')
        self.import_json("gym", "--config", "c.toml")
        self.assertEqual(
            self.rows("SELECT name, subject, split, caption FROM clips ORDER BY name", "gym.db"),
            [("gym/a/1.bvh", "gym/7", "train", "a person walks, slowly"),
             ("gym/a/2.bvh", "gym/8", "test", "")])

    def test_stops_at_ctrl_c_and_goes_on_later(self):
        self.write_walks(*(f"mocap/{i:03}.bvh" for i in range(600)))
        work = subprocess.Popen([BINARY, "import", "mocap", "-q"], cwd=self.folder,
                                stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        deadline = time.monotonic() + 60
        while not (self.folder / "library.db").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        work.send_signal(signal.SIGINT)
        _, stderr = work.communicate(timeout=60)
        self.assertEqual(work.returncode, 130)
        self.assertEqual(stderr, "pantomime import: stopped by the user\n")
        self.assertEqual([path.name for path in self.folder.glob("library*")], ["library.db"])
        before = self.rows("SELECT count(*) FROM clips")[0][0]
        result = self.import_json("mocap")["import"]
        self.assertEqual(result["unchanged"], before)
        self.assertEqual(result["imported"], 600 - before)


class Check(TestInFolder):
    """Recordings that no body did are found, shown and refused."""

    def setUp(self):
        super().setUp()
        (self.folder / "mocap/anna").mkdir(parents=True)
        # Longer, its stiff knees would be serious too.
        (self.folder / "mocap/anna/good.bvh").write_text(people.walk(seconds=0.9))
        lines = people.walk().splitlines()
        first = lines.index(next(line for line in lines if line.startswith("Frame Time"))) + 1
        hand = 6 + 3 * (list(people.joints()).index("LeftHand") - 1) + 2
        for i in range(first + 120, len(lines)):  # from 1 s on the hand is on back to front
            values = lines[i].split()
            values[hand] = "150.0"
            lines[i] = " ".join(values)
        (self.folder / "mocap/anna/bad.bvh").write_text("\n".join(lines) + "\n")

    def flips(self, *arguments):
        found = json.loads(self.run_ok("check", *arguments, "--kinds", "flip", "--json", "-q"))
        self.assertEqual(found["clips"], 2)
        return found["findings"]

    def test_finds_the_fault_where_it_is(self):
        for source in ("mocap", "library.db"):
            if source == "library.db":
                self.run_ok("import", "mocap", "-o", source, "-q")
            [flip] = self.flips(source)
            self.assertEqual(flip["clip"], "own/anna/bad.bvh")
            self.assertEqual((flip["joint"], flip["severity"]), ("left_wrist", "serious"))
            self.assertLessEqual(flip["first"], 30)
            self.assertGreaterEqual(flip["last"], 30)
            self.assertAlmostEqual(flip["measured"], 150, delta=1)

    def test_strict_import_refuses_it_and_takes_it_out(self):
        self.run_ok("import", "mocap", "-q")
        result = json.loads(self.run_ok("import", "mocap", "--strict", "--force", "--json", "-q"))
        self.assertEqual(result["import"]["refused"], 1)
        with sqlite3.connect(self.folder / "library.db") as database:
            self.assertEqual(database.execute("SELECT name FROM clips").fetchall(),
                             [("own/anna/good.bvh",)])

    def test_report_shows_it(self):
        self.run_ok("check", "mocap", "--kinds", "flip", "-o", "report", "-q")
        page = (self.folder / "report/index.html").read_text()
        self.assertIn("own/anna/bad.bvh", page)
        [strip] = (self.folder / "report/strips").iterdir()
        self.assertEqual(strip.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertIn("report/index.html",
                      self.run_bad(1, "check", "mocap", "-o", "report", "-q"))

    def test_says_what_is_wrong(self):
        self.assertIn("expected one of", self.run_bad(1, "check", "mocap", "--kinds", "odd", "-q"))
        self.assertIn("none.db", self.run_bad(1, "check", "none.db", "-q"))


class Augment(TestInFolder):
    def test_makes_a_larger_library(self):
        (self.folder / "mocap/anna").mkdir(parents=True)
        (self.folder / "mocap/anna/good.bvh").write_text(people.walk(seconds=2))
        self.run_ok("import", "mocap", "--label", "walk", "-q")
        made = json.loads(self.run_ok("augment", "-o", "more.db", "--speeds", "2", "--bodies", "1",
                                      "--backwards", "--json", "-q"))
        self.assertEqual((made["clips"], made["bodies"], made["refused"]), (1, 1, 0))
        self.assertEqual(made["backwards"], 0)  # nobody walks backwards like this
        with sqlite3.connect(self.folder / "more.db") as database:
            rows = database.execute("SELECT name, weight, frames FROM clips ORDER BY name").fetchall()
        self.assertEqual(rows[0][0], "own/anna/good.bvh")
        self.assertEqual(rows[1][0], "own/anna/good.bvh~body1")
        self.assertAlmostEqual(sum(weight for _, weight, _ in rows), 1)
        before = (self.folder / "more.db").read_bytes()
        self.assertIn("--force", self.run_bad(1, "augment", "-o", "more.db", "--speeds", "2", "-q"))
        self.assertIn("nothing to do", self.run_bad(1, "augment", "-o", "other.db", "-q"))
        self.assertEqual((self.folder / "more.db").read_bytes(), before)
        self.assertFalse((self.folder / "other.db").exists())


class Caption(TestInFolder):
    def setUp(self):
        super().setUp()
        self.write_walks("mocap/anna/walk1.bvh", "mocap/ben/walk2.bvh")

    def captions(self):
        with sqlite3.connect(self.folder / "library.db") as database:
            return [row[0] for row in database.execute("SELECT caption FROM clips ORDER BY name")]

    def fill(self):
        self.run_ok("import", "mocap", "--label", "walk", "-q")

    def test_writes_sentences_into_the_library_and_the_same_again(self):
        self.fill()
        self.assertEqual(self.captions(), ["", ""])
        text = self.run_ok("caption", "--paraphrases", "5", "-q")
        self.assertEqual(text, "2 clips, 10 sentences written to library.db\n")
        first = self.captions()
        for caption in first:
            lines = caption.split("\n")
            self.assertEqual(len(set(lines)), 5)
            for line in lines:
                self.assertRegex(line, r"\A[A-Z][^{}\[\]]*(?:walk|stroll)[^{}\[\]]*\.\Z")
        self.run_ok("caption", "--paraphrases", "5", "-q", "--threads", "1")
        self.assertEqual(self.captions(), first)
        self.run_ok("caption", "--seed", "7", "-q")
        self.assertNotEqual(self.captions(), first)
        self.assertEqual(len(self.captions()[0].split("\n")), 4)

    def test_keeps_foreign_captions_unless_forced(self):
        self.fill()
        with sqlite3.connect(self.folder / "library.db") as database:
            database.execute("UPDATE clips SET caption = 'somebody strolls'")
        self.run_ok("caption", "-q")
        self.run_ok("caption", "-q")
        for caption in self.captions():
            self.assertEqual(caption.split("\n")[0], "somebody strolls")
            self.assertEqual(len(caption.split("\n")), 5)
        self.run_ok("caption", "-q", "--force")
        for caption in self.captions():
            self.assertNotIn("somebody strolls", caption)
            self.assertEqual(len(caption.split("\n")), 4)

    def test_files_samples_and_dry_runs_are_only_printed(self):
        text = self.run_ok("caption", "mocap", "--label", "walk", "--paraphrases", "2", "-q")
        self.assertEqual(text.count("\n"), 6)
        self.assertIn("walk", text)
        self.assertFalse((self.folder / "library.db").exists())
        self.fill()
        self.assertEqual(self.run_ok("caption", "--sample", "1", "-q").count("\n"), 5)
        self.assertEqual(self.run_ok("caption", "--dry-run", "-q").count("\n"), 10)
        self.assertEqual(self.captions(), ["", ""])

    def test_json_has_what_was_measured(self):
        self.fill()
        result = json.loads(self.run_ok("caption", "--dry-run", "--json", "-q"))
        self.assertEqual((result["sentences"], result["written"]), (8, False))
        clip = result["clips"][0]
        self.assertEqual(clip["name"], "own/anna/walk1.bvh")
        self.assertEqual(len(clip["captions"]), 4)
        self.assertAlmostEqual(clip["seconds"], 61 / 30, places=6)
        self.assertEqual(clip["postures"][0]["posture"], "standing")

    def test_draws_a_sheet(self):
        self.fill()
        self.run_ok("caption", "--sheet", "sheet.png", "-q")
        self.assertEqual((self.folder / "sheet.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(self.captions(), ["", ""])
        self.assertIn("is there already", self.run_bad(1, "caption", "--sheet", "sheet.png", "-q"))

    def test_says_what_is_wrong(self):
        self.assertEqual(self.run_bad(1, "caption"), "pantomime caption: library.db: no such file")
        self.fill()
        self.assertIn("no clips that fit", self.run_bad(1, "caption", "--labels", "swim", "-q"))
        self.run_bad(2, "caption", "--paraphrases", "0")
        (self.folder / "words.toml").write_text('people = ["a {colour} person"]\n')
        self.assertEqual(self.run_bad(1, "caption", "--words", "words.toml", "-q"),
                         'pantomime caption: words.toml:1: "a {colour} person": '
                         'unknown slot "colour"')


class Info(TestInFolder):
    """One small file of each kind, made here byte by byte."""

    def info(self, name, content):
        (self.folder / name).write_bytes(content)
        return json.loads(self.run_ok("info", name, "--json"))[name]

    def test_bvh(self):
        info = self.info("walk.bvh", people.walk().encode())
        self.assertEqual((info["kind"], info["joints"], info["frames"]), ("BVH motion", 31, 241))
        self.assertAlmostEqual(info["fps"], 120, places=3)
        self.assertEqual((info["rig"], info["metres_per_unit"]), ("cmu31", 0.056444))
        other = people.walk().replace("LHipJoint", "Hinge")
        self.assertTrue(self.info("other.bvh", other.encode())["rig"].startswith("unknown"))

    def test_safetensors(self):
        header = json.dumps({"__metadata__": {"who": "me"}, "w": {
            "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
        header += b" " * (-len(header) % 8)
        info = self.info("w.safetensors", struct.pack("<Q", len(header)) + header + bytes(24))
        self.assertEqual(info["arrays"], {"w": {"type": "F32", "shape": [2, 3]}})
        self.assertEqual((info["metadata"], info["numbers"]), ({"who": "me"}, 6))

    def test_png(self):
        def chunk(kind, data):
            return (struct.pack(">I", len(data)) + kind + data
                    + struct.pack(">I", zlib.crc32(kind + data)))
        rows = b"".join(b"\0" + bytes(3 * 5) for _ in range(4))
        info = self.info("p.png", b"\x89PNG\r\n\x1a\n"
                         + chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 4, 8, 2, 0, 0, 0))
                         + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
        self.assertEqual((info["width"], info["height"], info["channels"]), (5, 4, 3))

    def test_npy(self):
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
        header += b" " * (-(len(header) + 11) % 64) + b"\n"
        info = self.info("a.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header
                         + bytes(16))
        self.assertEqual((info["type"], info["shape"]), ("float32", [2, 2]))

    def test_glb(self):
        document = json.dumps({"asset": {"version": "2.0", "generator": "test"},
                               "nodes": [{}, {}], "accessors": [{"max": [1.5]}],
                               "animations": [{"samplers": [{"input": 0}]}]}).encode()
        document += b" " * (-len(document) % 4)
        info = self.info("s.glb", b"glTF" + struct.pack("<IIII", 2, 20 + len(document),
                                                        len(document), 0x4E4F534A) + document)
        self.assertEqual((info["nodes"], info["seconds"]), (2, 1.5))
        self.assertEqual(info["asset"]["generator"], "test")
        self.assertIn("s.glb@12: ", self.run_bad(1, "info", self.broken("s.glb")))

    def broken(self, name):
        path = self.folder / name
        path.write_bytes(path.read_bytes()[:30])
        return name

    def test_other_people_read_it_too(self):
        (self.folder / "walk.bvh").write_text(people.walk())
        text = self.run_ok("info", "walk.bvh")
        self.assertIn("walk.bvh\n  ", text)
        self.assertIn("  rig: cmu31\n", text)


def python_with_numpy():
    """This interpreter, or Debian's own, whichever has NumPy (set-up installs python3-numpy)."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode == 0:
            return python
    return None


class Documents(TestInFolder):
    @unittest.skipUnless(python_with_numpy(), "no Python with NumPy")
    def test_python_example_reads_a_library(self):
        self.write_walks("mocap/anna/walk.bvh")
        self.run_ok("import", "mocap", "--label", "walk", "-q")
        text = (REPOSITORY / "docs/LIBRARY.md").read_text()
        (self.folder / "example.py").write_text(re.search(r"```python\n(.*?)```", text, re.S)[1])
        output = subprocess.run([python_with_numpy(), "example.py"], cwd=self.folder, text=True,
                                capture_output=True, timeout=120)
        self.assertEqual(output.returncode, 0, output.stderr)
        match = re.fullmatch(
            r"own/anna/walk\.bvh: own/anna, 2\.0 s, head at (\d\.\d\d) m\n", output.stdout)
        self.assertTrue(match, output.stdout)
        self.assertGreater(float(match[1]), 1.3)
        self.assertLess(float(match[1]), 1.8)


if __name__ == "__main__":
    unittest.main()
