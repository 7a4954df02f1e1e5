#!/usr/bin/env python3
"""Runs the real binary on motion: convert and generate.

    motion_test.py PATH_OF_PANTOMIME [UNITTEST ARGUMENTS]
"""
import csv
import json
import math
import pathlib
import re
import struct
import sys
import unittest
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import people  # noqa: E402
from program import REPOSITORY, TestInFolder, pantomime  # noqa: E402


class Convert(TestInFolder):
    def setUp(self):
        super().setUp()
        self.write_walks("mocap/anna/walk.bvh")

    def convert(self, *arguments):
        return self.run_ok("convert", *arguments, "-q")

    def places(self, source, *arguments):
        """Places of all joints in all frames, as `convert -o x.csv` tells them."""
        self.convert(source, "-o", "places.csv", "--force", *arguments)
        with open(self.folder / "places.csv", newline="") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows[0][:5], ["frame", "time", "pelvis_x", "pelvis_y", "pelvis_z"])
        return [[float(value) for value in row[2:]] for row in rows[1:]]

    def assert_near(self, got, want, tolerance):
        self.assertEqual((len(got), len(got[0])), (len(want), len(want[0])))
        worst = max(abs(a - b) for x, y in zip(got, want) for a, b in zip(x, y))
        self.assertLess(worst, tolerance)

    def test_the_ending_tells_the_format_and_every_way_back_gives_the_same(self):
        want = self.places("mocap/anna/walk.bvh")
        self.assertEqual(len(want), 241)
        # 1.2 metres a second for two seconds.
        self.assertAlmostEqual(want[-1][2] - want[0][2], 2.4, places=3)
        for name in ("a.bvh", "a.npz", "a.glb"):
            self.convert("mocap/anna/walk.bvh", "-o", name)
            self.assert_near(self.places(name), want, 1e-4)
        self.convert("mocap/anna/walk.bvh", "-o", "bones.glb", "--body", "none")
        self.assert_near(self.places("bones.glb"), want, 1e-4)
        self.assertEqual(len(self.places("a.npz", "--fps", "30")), 61)
        for name in ("a.csv", "a.npy", "a.skeleton"):  # points, which are solved again
            self.convert("mocap/anna/walk.bvh", "-o", name, "--fps", "30")
            self.assertEqual(json.loads(self.run_ok("convert", name, "-o", name + ".bvh", "--json",
                                                    "-q"))["converted"], 1)
        self.assert_near(self.places("a.csv"), self.places("mocap/anna/walk.bvh", "--fps", "30"),
                         0.02)

    def test_writes_every_format_at_once_and_the_same_again(self):
        formats = "bvh,glb,amass,humanml3d,ntu,csv,usd,obj,pc2"
        for out in ("one", "two"):
            self.convert("mocap", "-o", out, "--format", formats, "--fps", "5")
        files = sorted(str(path.relative_to(self.folder / "one"))
                       for path in (self.folder / "one").rglob("*") if path.is_file())
        for name in ("walk.bvh", "walk.glb", "walk.npz", "walk.npy", "walk.skeleton", "walk.csv",
                     "walk.usda", "walk_00000.obj", "walk_00010.obj", "walk.mtl", "walk.pc2",
                     "walk.obj"):
            self.assertIn("anna/" + name, files)
        for name in files:
            # Commands are kept in GLB and npz, and differ by their -o.
            if not name.endswith((".glb", ".npz")):
                self.assertEqual((self.folder / "one" / name).read_bytes(),
                                 (self.folder / "two" / name).read_bytes(), name)
        for name in ("walk.bvh", "walk.glb", "walk.npz", "walk.skeleton"):
            self.run_ok("info", f"one/anna/{name}")
        usd = (self.folder / "one/anna/walk.usda").read_text()
        for texture in re.findall(r"@\./([^@]*)@|@([^@.][^@]*\.png)@", usd):
            self.assertTrue((self.folder / "one/anna" / (texture[0] or texture[1])).exists())

    def test_replaces_nothing_unless_forced_and_leaves_nothing_half_done(self):
        (self.folder / "walk.bvh").write_text("mine")
        line = self.run_bad(1, "convert", "mocap/anna/walk.bvh", "-o", "walk.bvh", "-q")
        self.assertEqual(line, "pantomime convert: walk.bvh: is there already (--force replaces it)")
        self.assertEqual((self.folder / "walk.bvh").read_text(), "mine")
        self.convert("mocap/anna/walk.bvh", "-o", "walk.bvh", "--force")
        self.assertTrue((self.folder / "walk.bvh").read_text().startswith("HIERARCHY"))
        self.write_walks("mocap/b.bvh")
        self.assertIn("one file for 2 motions", self.run_bad(1, "convert", "mocap", "-o", "c.bvh"))
        self.assertFalse((self.folder / "c.bvh").exists())
        (self.folder / "full").write_text("no folder")
        self.run_bad(1, "convert", "mocap/b.bvh", "-o", "full/b.obj", "--fps", "2", "-q")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["full", "mocap", "walk.bvh"])

    def test_broken_files_stop_no_others(self):
        (self.folder / "mocap/bad.bvh").write_text(people.walk()[:5000])
        result = pantomime("convert", "mocap", "-o", "out", "--format", "bvh", "-q", "--json",
                           cwd=self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"\Apantomime convert: \S*mocap/bad\.bvh:\d+: [^\n]+\n\Z")
        told = json.loads(result.stdout)
        self.assertEqual((told["converted"], len(told["failures"])), (1, 1))
        self.assertEqual(told["files"][0]["mapping"], "cmu31")
        self.assertEqual(told["files"][0]["written"], ["out/anna/walk.bvh"])
        self.assertTrue((self.folder / "out/anna/walk.bvh").exists())

    def test_says_what_is_wrong(self):
        walk = "mocap/anna/walk.bvh"
        self.run_bad(2, "convert", walk)
        self.assertIn("its ending tells no format", self.run_bad(1, "convert", walk, "-o", "out"))
        self.assertIn('format "fbx": expected bvh, glb, amass',
                      self.run_bad(1, "convert", walk, "-o", "out", "--format", "fbx"))
        self.assertIn("meshes need a --body",
                      self.run_bad(1, "convert", walk, "-o", "a.obj", "--body", "none"))
        self.assertIn("no such file or folder", self.run_bad(1, "convert", "x", "-o", "a.glb"))
        self.assertIn('{colour}, expected {path}', self.run_bad(
            1, "convert", walk, "-o", "out", "--format", "bvh", "--name", "{colour}"))
        (self.folder / "notes.json").write_text("{}")
        self.assertIn("expected a folder, motion",
                      self.run_bad(1, "convert", "notes.json", "-o", "a.glb"))
        self.assertFalse((self.folder / "out").exists())

    def test_rigs_stay_or_change(self):
        walk = "mocap/anna/walk.bvh"
        self.convert(walk, "-o", "same.bvh", "--rig", "source")
        same = (self.folder / "same.bvh").read_text()
        self.assertEqual(re.findall(r"(?:ROOT|JOINT) (\S+)", same), list(people.joints()))
        self.assert_near(self.places("same.bvh"), self.places(walk), 1e-4)
        # Any rig will do, known or not.
        (self.folder / "odd.bvh").write_text(people.walk().replace("LHipJoint", "Hinge"))
        self.convert("odd.bvh", "-o", "odd2.bvh", "--rig", "source", "--fps", "30")
        self.assertIn("Frames: 61", (self.folder / "odd2.bvh").read_text())
        self.assertIn("no mapping", self.run_bad(1, "convert", "odd.bvh", "-o", "odd3.bvh", "-q"))
        # From our skeleton onto the rig of a file.
        self.convert(walk, "-o", "ours.npz")
        self.convert("ours.npz", "-o", "theirs.bvh", "--rig", walk)
        self.assert_near(self.places("theirs.bvh"), self.places(walk), 1e-3)

    def test_names_tell_labels_and_stay_in_their_folder(self):
        self.write_walks("mocap/jump/1.bvh", "mocap/jump/2.bvh")
        self.convert("mocap", "-o", "out", "--format", "bvh", "--label", "{folder} up",
                     "--name", "{label}/{number}-{stem}")
        self.assertEqual(sorted(path.name for path in (self.folder / "out/jump-up").iterdir()),
                         ["00002-1.bvh", "00003-2.bvh"])
        self.convert("mocap", "-o", "flat", "--format", "bvh", "--name", "../walk")
        self.assertEqual(sorted(path.name for path in (self.folder / "flat").iterdir()),
                         ["walk.bvh", "walk_2.bvh", "walk_3.bvh"])
        with zipfile.ZipFile(self.folder / "evil.zip", "w") as archive:
            archive.writestr("../../evil.bvh", people.walk())
        pantomime("convert", "evil.zip", "-o", "a/b/c", "--format", "bvh", cwd=self.folder)
        self.assertEqual([str(path.relative_to(self.folder)) for path in
                          self.folder.rglob("evil*") if path.suffix == ".bvh"],
                         ["a/b/c/evil.bvh"] if (self.folder / "a/b/c/evil.bvh").exists() else [])

    def test_libraries_go_out_as_they_came_in(self):
        self.write_walks("mocap/ben/run.bvh")
        self.run_ok("import", "mocap", "--label", "{folder}", "-q")
        self.convert("library.db", "-o", "out", "--format", "amass",
                     "--name", "{set}/{subject}/{label}")
        self.assertEqual(sorted(str(path.relative_to(self.folder / "out"))
                                for path in (self.folder / "out").rglob("*.npz")),
                         ["own/own_anna/anna.npz", "own/own_ben/ben.npz"])
        self.assert_near(self.places("out/own/own_ben/ben.npz"),
                         self.places("mocap/anna/walk.bvh", "--prepare"), 2e-3)

    def test_moves_a_character_of_ones_own(self):
        walk = "mocap/anna/walk.bvh"
        self.convert(walk, "-o", "ours.glb", "--fps", "2")
        mine, scene = people.stranger((self.folder / "ours.glb").read_bytes())
        (self.folder / "mine.glb").write_bytes(mine)
        self.convert(walk, "-o", "out/moved.glb", "--character", "mine.glb")
        data = (self.folder / "out/moved.glb").read_bytes()
        moved = json.loads(data[20:20 + struct.unpack("<I", data[12:16])[0]])
        for part in ("meshes", "skins", "materials", "nodes"):
            self.assertEqual(moved[part], scene[part])
        page = self.folder / "out/mine-mapping.toml"
        text = page.read_text()
        self.assertIn('left_knee = {rotation = "mixamorig:LeftLeg"}  # by its name', text)
        # The page that was written is the one that is read.
        self.convert(walk, "-o", "out/again.glb", "--character", "mine.glb",
                     "--character-mapping", "out/mine-mapping.toml")
        again = (self.folder / "out/again.glb").read_bytes()
        self.assertEqual(again[-100000:], data[-100000:])
        # Who corrected it loses nothing.
        page.write_text(text.replace("head =", "# head ="))
        self.assertIn("use it with --character-mapping",
                      self.run_bad(1, "convert", walk, "-o", "out/x.glb", "--character",
                                   "mine.glb"))
        self.convert(walk, "-o", "out/still.glb", "--character", "mine.glb",
                     "--character-mapping", "out/mine-mapping.toml")
        self.assertNotEqual((self.folder / "out/still.glb").read_bytes()[-100000:],
                            again[-100000:])
        self.assertIn("only GLB files can be a character",
                      self.run_bad(1, "convert", walk, "-o", "y.bvh", "--character", "mine.glb",
                                   "--character-mapping", "out/mine-mapping.toml"))
        self.assertIn("expected a character as binary glTF",
                      self.run_bad(1, "convert", walk, "-o", "y.glb", "--character", walk))


class Generate(TestInFolder):
    """The shipped prior and all that a clip may have to keep to."""

    def generate(self, *arguments, out="out"):
        self.run_ok("generate", *arguments, "--body", "plain", "--format", "csv", "-o", out, "-q")
        return sorted((self.folder / out).glob("*.csv"))

    def places(self, path):
        """[frames][joint] -> (x, y, z)."""
        with path.open() as file:
            rows = list(csv.DictReader(file))
        names = [name[:-2] for name in rows[0] if name.endswith("_x")]
        return [{name: tuple(float(row[f"{name}_{axis}"]) for axis in "xyz") for name in names}
                for row in rows]

    def csv_of(self, motion, *arguments):
        self.run_ok("convert", motion, "-o", "read.csv", "--fps", "30", "--force", "-q", *arguments)
        return self.places(self.folder / "read.csv")

    def assert_at(self, place, wanted, within=0.002):
        for is_, was in zip(place, wanted):
            if was is not None:
                self.assertAlmostEqual(is_, was, delta=within)

    def test_is_the_same_for_a_seed_and_says_how_it_was_made(self):
        [one] = self.generate("--label", "walk", "--seconds", "2", "--seed", "4")
        [two] = self.generate("--label", "walk", "--seconds", "2", "--seed", "4", out="again")
        [other] = self.generate("--label", "walk", "--seconds", "2", "--seed", "5", out="other")
        self.assertEqual(one.read_bytes(), two.read_bytes())
        self.assertNotEqual(one.read_bytes(), other.read_bytes())
        settings = json.loads((self.folder / "out/001-walk.json").read_text())
        self.assertEqual((settings["label"], settings["seed"]), ("walk", 4))
        self.assertEqual(len(settings["prior_sha256"]), 64)

    def test_is_the_same_for_any_number_of_threads(self):
        for threads in "12":
            self.generate("--label", "walk", "--path", "0=0,0; 2=0,1.5", "--step-over",
                          "0,0.8,0.8,0.2,0.2", "--seed", "3", "--seconds", "2", "--count", "2",
                          "--threads", threads, out="by" + threads)
        for name in ("001-walk.csv", "002-walk.csv"):
            self.assertEqual((self.folder / "by1" / name).read_bytes(),
                             (self.folder / "by2" / name).read_bytes())

    def test_keeps_frames_of_a_file(self):
        # A generated motion is a file like any other.
        self.run_ok("generate", "--label", "walk", "--seconds", "3", "--body", "plain", "--format",
                    "bvh", "-o", "first", "-q")
        file = "first/001-walk.bvh"
        kept = self.csv_of(file)
        [path] = self.generate("--keep", file + "@0:1", "--keep", file + "@2:3=2", "--seconds", "3",
                               "--seed", "9")
        made = self.places(path)
        self.assertEqual(len(made), 90)
        for frame in [*range(30), *range(60, 90)]:
            for joint, place in kept[frame].items():
                self.assert_at(made[frame][joint], place, 0.001)
        self.assertGreater(max(abs(a - b) for joint in kept[45]
                               for a, b in zip(made[45][joint], kept[45][joint])), 0.001)

    def test_follows_trackers_on_head_and_hands(self):
        self.run_ok("generate", "--label", "walk", "--seconds", "2", "--body", "plain", "--format",
                    "bvh", "-o", "first", "-q")
        file = "first/001-walk.bvh"
        kept = self.csv_of(file)
        [path] = self.generate("--keep", file + "@0:2", "--places", "head and hands", "--seconds",
                               "2", "--seed", "9")
        made = self.places(path)
        for before, after in zip(kept, made, strict=True):
            for joint in ("head", "left_wrist", "right_wrist"):
                self.assert_at(after[joint], before[joint], 0.01)
        self.assertGreater(max(abs(a - b) for joint in ("left_foot", "right_foot", "left_elbow")
                               for a, b in zip(made[45][joint], kept[45][joint])), 0.01)

    def test_walks_when_only_told_a_way(self):
        [path] = self.generate("--path", "0=0,0; 1=1,0; 2=2,0", "--seconds", "2", "--tries", "2")
        self.assertEqual(path.name, "001-walk.csv")
        places = self.places(path)
        self.assert_at((places[30]["pelvis"][0], 0, places[30]["pelvis"][2]), (1, 0, 0), 0.002)

    def test_goes_where_it_is_told(self):
        [path] = self.generate("--label", "walk", "--path", "0=1,1; 1.5=2,1; 3=2,2.2", "--seconds",
                               "3.5")
        made = self.places(path)
        for frame, (x, z) in ((0, (1, 1)), (45, (2, 1)), (90, (2, 2.2))):
            self.assert_at(made[frame]["pelvis"], (x, None, z))

    def test_reaches_while_feet_stand(self):
        [path] = self.generate("--label", "stand idle", "--reach", "right hand@1:1.3=-0.2,1.3,0.4",
                               "--seconds", "2")
        made = self.places(path)
        self.assert_at(made[33]["right_wrist"], (-0.2, 1.3, 0.4), 0.01)
        self.assertLess(min(made[33][f"{side}_foot"][1] for side in ("left", "right")), 0.06)

    def test_takes_something_and_puts_it_down(self):
        [path] = self.generate("--label", "stand idle", "--seconds", "3", "--hold",
                               "right hand@1:2=-0.3,0.9,0.35; -0.1,1.2,0.4")
        made = self.places(path)
        [held] = json.loads((self.folder / "out/001-stand-idle.json").read_text())["held"]
        self.assertEqual((held["hand"], held["from_frame"], held["to_frame"]),
                         ("right hand", 30, 59))
        poses = held["poses_xyz_wxyz"]
        self.assertEqual(len(poses), 90)
        self.assert_at(poses[0], (-0.3, 0.9, 0.35), 0.015)
        self.assertEqual(poses[0], poses[30])
        self.assertEqual(poses[59], poses[89])
        self.assert_at(poses[89], (-0.1, 1.2, 0.4), 0.015)
        for frame in range(30, 60):  # in the hand all the time
            self.assert_at(poses[frame], made[frame]["right_wrist"], 0.001)

    def test_steps_over_what_lies_there(self):
        low = ("--step-over", "0,1.2,1.5,0.2,0.25")
        way = ("--label", "walk", "--path", "0=0,0; 3=0,2.6", "--seconds", "3")

        def deepest(path):
            """How far the feet are below the top of the box while they are over it."""
            return max([0.25 - place[foot][1] for place in self.places(path)
                        for foot in ("left_foot", "right_foot", "left_ankle", "right_ankle")
                        if abs(place[foot][2] - 1.2) < 0.1 and abs(place[foot][0]) < 0.75] or [0])

        [without] = self.generate(*way)
        [over] = self.generate(*way, *low, out="over")
        self.assertGreater(deepest(without), 0.05)
        self.assertLess(deepest(over), 0.03)

    def test_has_the_bones_of_a_file(self):
        (self.folder / "bones.toml").write_text("stature = 1.3\nforearm = 0.25\n")
        [path] = self.generate("--label", "walk", "--seconds", "1", "--geometry", "bones.toml")
        place = self.places(path)[10]
        self.assertAlmostEqual(math.dist(place["left_elbow"], place["left_wrist"]), 0.25, delta=1e-3)
        self.assertLess(place["head"][1], 1.3)
        (self.folder / "bad.toml").write_text("leg = 1\n")
        self.assertIn("bad.toml:1: leg: no such measure",
                      self.run_bad(1, "generate", "--geometry", "bad.toml", "-o", "bad", "-q"))

    def test_changes_a_clip_as_much_as_it_is_told(self):
        self.run_ok("generate", "--label", "walk", "--seconds", "2", "--body", "plain", "--format",
                    "bvh", "-o", "first", "-q")
        was = self.csv_of("first/001-walk.bvh")
        differences = []
        for change in ("0.1", "0.5", "0.95"):
            [path] = self.generate("--edit", "first/001-walk.bvh", "--change", change, "--seed", "8",
                                   out="out" + change)
            is_ = self.places(path)
            self.assertEqual(len(is_), len(was))
            differences.append(sum(abs(a - b) for f in (10, 30, 50) for joint in was[f]
                                   for a, b in zip(was[f][joint], is_[f][joint])) / 3 / 66)
        self.assertLess(differences[0], 0.03)
        self.assertLess(differences[0], differences[1])
        self.assertLess(differences[1], differences[2])

    def test_goes_on_and_on(self):
        [path] = self.generate("--timeline", "0-2 walk; 2-5 squat; 5-8 walk")
        made = self.places(path)
        self.assertEqual(len(made), 240)
        for before, after in zip(made, made[1:]):  # nothing jumps, at no seam
            for joint in before:
                self.assertLess(max(abs(a - b) for a, b in zip(before[joint], after[joint])), 0.25)

    def test_loops(self):
        [path] = self.generate("--label", "walk", "--loop", "--seconds", "2.5")
        made = self.places(path)
        shift = [a - b for a, b in zip(made[-1]["pelvis"], made[0]["pelvis"])]
        step = max(abs(a - b - c) for joint in made[0]
                   for a, b, c in zip(made[-1][joint], made[0][joint], shift))
        self.assertLess(step, 0.1)

    def test_moves_a_character_of_ones_own(self):
        self.write_walks("walk.bvh")
        self.run_ok("convert", "walk.bvh", "-o", "ours.glb", "--fps", "2", "-q")
        mine, scene = people.stranger((self.folder / "ours.glb").read_bytes())
        (self.folder / "mine.glb").write_bytes(mine)
        self.run_ok("generate", "--label", "walk", "--seconds", "2", "--character", "mine.glb",
                    "--format", "glb,csv", "-o", "out", "-q")
        data = (self.folder / "out/001-walk.glb").read_bytes()
        moved = json.loads(data[20:20 + struct.unpack("<I", data[12:16])[0]])
        for part in ("meshes", "skins", "materials", "nodes"):
            self.assertEqual(moved[part], scene[part])
        # It moves as the joints of the table do.
        own = self.csv_of("out/001-walk.glb", "--mappings", "out")
        table = self.places(self.folder / "out/001-walk.csv")
        for frame in (0, 20, 40):
            for joint in ("pelvis", "head", "left_wrist", "right_ankle"):
                self.assert_at(own[frame][joint], table[frame][joint], 0.02)

    @unittest.skipUnless((REPOSITORY / "assets/sentence_encoder/model.json").exists(),
                         "tools/fetch_text fetches the sentence encoder")
    def test_words_that_name_numbers_hold(self):
        def told(sentence, out, *arguments):
            [path] = self.generate("--text", sentence, "--seed", "3", "--tries", "1", *arguments,
                                   out=out)
            made = self.places(path)
            settings = json.loads(path.with_suffix(".json").read_text())
            return made, settings

        def way(made):
            return [made[-1]["pelvis"][axis] - made[0]["pelvis"][axis] for axis in (0, 2)]

        made, settings = told("a person walks three metres", "far")
        self.assertAlmostEqual(way(made)[1], 3, delta=0.05)
        self.assertEqual(settings["tries"], 1)
        [heard] = settings["heard"].values()
        self.assertIn("walk", " ".join(heard))
        quick = way(told("a person walks quickly", "quick", "--seconds", "3")[0])[1]
        slow = way(told("a person walks slowly", "slow", "--seconds", "3")[0])[1]
        self.assertGreater(quick, 4)
        self.assertLess(slow, 2.4)
        back, settings = told("a person walks backwards", "back", "--seconds", "3")
        self.assertLess(way(back)[1], -1)
        self.assertEqual(settings["played"], "backwards")
        left, _ = told("a person walks sideways to the left", "left", "--seconds", "3")
        self.assertGreater(way(left)[0], 1)
        # Counts and circles take their time.
        squats, _ = told("a person squats three times", "squats")
        self.assertEqual(len(squats), 180)
        low, times = False, 0
        for frame in squats:
            now = frame["pelvis"][1] < 0.7
            times += now and not low
            low = now
        self.assertEqual(times, 3)
        circle, _ = told("a person walks in a circle to the left", "circle")
        self.assertEqual(len(circle), 165)
        self.assertLess(sum(d * d for d in way(circle)) ** 0.5, 0.4)
        only_steered, _ = told("a person walks slowly", "free", "--seconds", "3",
                               "--no-text-numbers")
        self.assertNotAlmostEqual(way(only_steered)[1], slow, delta=1e-3)
        self.assertIn("expected adapter, free or probe",
                      self.run_bad(1, "generate", "--text", "a person walks", "--text-guidance",
                                   "rhyme", "-o", "bad", "-q"))

    def test_takes_a_scene_from_a_file(self):
        (self.folder / "scene.toml").write_text("""
            label = ["walk"]
            seconds = 2.0
            path = "0=0,0; 1.5=0,1"
            floor = "-1,-1; 1,-1; 1,3; -1,3"
            avoid = ["2,2,0.4,0.4,1"]
            heading = "0=0"
            variations = 2
            seed = 4
        """)
        both = self.generate("--config", "scene.toml")
        self.assertEqual(len(both), 2)
        for path in both:
            self.assert_at(self.places(path)[45]["pelvis"], (0, None, 1))
        (self.folder / "scene.toml").write_text('reech = "left hand@1=0,1,0"')
        self.assertIn("reech", self.run_bad(2, "generate", "--config", "scene.toml", "-o", "bad"))

    def test_sits_down_from_standing(self):
        for path in self.generate("--label", "sit down", "--sit", "2.5:3=0,-0.3,0.45,0",
                                  "--seconds", "3", "--count", "2"):
            places = self.places(path)
            self.assertGreater(places[0]["pelvis"][1], 0.75)
            self.assert_at(places[80]["pelvis"], (None, 0.54, None), 0.03)

    def test_says_what_cannot_be(self):
        self.write_walks("walk.bvh")
        self.assertIn("the clip has 4.00", self.run_bad(
            1, "generate", "--keep", "walk.bvh@3:6", "-o", "bad", "-q"))
        self.assertRegex(self.run_bad(
            1, "generate", "--keep", "walk.bvh@3:3.9", "-o", "bad", "-q"), "of a file of 2")
        self.run_ok("generate", "--label", "walk", "--seconds", "1", "--body", "plain", "--format",
                    "glb", "-o", "person", "-q")
        (self.folder / "flat.glb").write_bytes(
            people.without_spine((self.folder / "person/001-walk.glb").read_bytes()))
        self.assertRegex(
            self.run_bad(1, "generate", "--label", "walk", "--character", "flat.glb", "-o",
                         "mapping", "-q"),  # where what was found is written for correction
            "without a spine.*--character-mapping")
        result = pantomime("generate", "--label", "stand idle", "--reach", "left hand@1=0,4,0",
                           "--body", "plain", "--format", "csv", "--seconds", "2", "-o", "far", "-q",
                           cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"left wrist at \(0\.00, 4\.00, 0\.00\).*ended \d\.\d\d off")
        [missed] = json.loads((self.folder / "far/001-stand-idle.json").read_text())["missed"]
        self.assertGreater(missed["by"], 1)
        for arguments, message in (
                (("--label", "fly"), "this prior knows"),
                (("--path", "0=0,0; 9=1,1"), "the clip has 4.00"),
                (("--path", "0=0"), "1 numbers, expected 2"),
                (("--keep", "none.bvh@0:1"), "none.bvh"),
                (("--keep", "none.bvh"), "expected FILE@FROM:TO"),
                (("--joints", "tail", "--keep", "x@0"), "left_wrist"),
                (("--places", "head"), "expected --keep, too"),
                (("--places", "head", "--joints", "arms", "--keep", "x@0"), "expected one of them"),
                (("--reach", "left tail@1=0,1,0"), "no such joint"),
                (("--timeline", "0-2 walk; 3-4 run"), "where the act before it ends"),
                (("--timeline", "0-2 walk", "--label", "run"), "expected one of"),
                (("--step-over", "0,1,1,1,0.8"), "expected at most 0.5"),
                (("--hold", "right hand@1:2=0,1,0"), "1 places, expected two"),
                (("--hold", "head@1:2=0,1,0; 0,1,1"), "expected left hand or right hand"),
                (("--floor", "0,0; 1,1"), "at least 3")):
            with self.subTest(arguments=arguments):
                self.assertIn(message, self.run_bad(1, "generate", *arguments, "-o", "bad", "-q"))
                self.assertFalse((self.folder / "bad").exists())


if __name__ == "__main__":
    unittest.main()
