#!/usr/bin/env python3
"""`pantomime dataset`: the real binary, its files read by others than us.

    dataset_test.py PATH_OF_PANTOMIME [UNITTEST ARGUMENTS]
"""
import hashlib
import io
import json
import os
import pathlib
import pickle
import resource
import signal
import subprocess
import sys
import tarfile
import time
import unittest

try:
    import numpy
except ModuleNotFoundError:
    if sys.executable == "/usr/bin/python3":
        raise
    # Set-up installs NumPy for Debian's own Python, which need not be the first on the path.
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import program  # noqa: E402
from program import TestInFolder  # noqa: E402

RECIPE = """
name = "tiny"
clips = 4
clips_per_shard = 1
[pictures]
fps = 3
width = 128
height = 96
samples = 1
[people]
others = 0.4
[occlusion]
share = 0.5
visible = [0.5, 0.8]
[[action]]
name = "standing"
number = 8
share = 3
label = ["stand idle", "drink"]
seconds = [1, 1.5]
holds = ["cup"]
[[action]]
name = "sitting"
number = 4
label = "sit"
rest = "seat"
seconds = [1, 1.5]
"""
PLAIN = ("--body", "plain", "--furniture", "plain", "--seed", "5", "-q")


def unpacked_rle(text, height, width):
    """COCO's string to a mask, after the text of its maskApi."""
    runs, at = [], 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            group = ord(text[at]) - 48
            value |= (group & 31) << shift
            shift += 5
            more = bool(group & 32)
            at += 1
            if not more and group & 16:
                value |= -1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
    flat = numpy.repeat(numpy.arange(len(runs)) % 2, runs)
    return flat.reshape(width, height).T


class Dataset(TestInFolder):
    def make(self, out, *arguments):
        self.run_ok("dataset", self.recipe, "-o", out, *PLAIN, *arguments)
        sums = self.folder / out / "checksums.txt"
        return sums.read_text() if sums.exists() else None

    def setUp(self):
        super().setUp()
        self.recipe = self.folder / "tiny.toml"
        self.recipe.write_text(RECIPE)

    def test_threads_jobs_and_kills_change_nothing(self):
        whole = self.make("one", "--threads", "1")
        self.assertEqual(whole, self.make("two", "--threads", "2"))
        for job in (2, 0, 3):
            self.assertIsNone(self.make("jobs", "--shard", f"{job}/4"))
        self.assertEqual(whole, self.make("jobs", "--shard", "1/4"))
        # Killed as soon as the first clip's pictures are there.
        running = subprocess.Popen(
            [program.BINARY, "dataset", self.recipe, "-o", self.folder / "killed", *PLAIN],
            env=program.ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            if (self.folder / "killed/images").exists() or running.poll() is not None:
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
        running.wait()
        for half in ("images/tiny-000000/0000.partial-1.jpg", "amass/tiny-000001.partial-1.npz"):
            (self.folder / "killed" / half).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "killed" / half).write_bytes(b"half of it")
        self.assertEqual(whole, self.make("killed"))
        self.assertEqual([], list((self.folder / "killed").rglob("*.partial-*")))
        for line in whole.splitlines():
            digest, name = line.split("  ", 1)
            self.assertEqual(hashlib.sha256((self.folder / "one" / name).read_bytes()).hexdigest(),
                             digest, name)
        self.assertIn("all is well", self.run_ok("dataset", "--check", "one", "-q"))
        # Another seed belongs elsewhere.
        self.assertIn("another recipe, seed",
                      self.run_bad(1, "dataset", self.recipe, "-o", "one", "--body", "plain",
                                   "--furniture", "plain", "--seed", "6", "-q"))

    def test_files_are_what_their_readers_expect(self):
        self.make("set")
        out = self.folder / "set"
        manifest = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
        self.assertEqual([clip["key"] for clip in manifest], [f"tiny-{i:06d}" for i in range(4)])
        self.assertEqual(sorted(clip["action"] for clip in manifest),
                         ["sitting", "standing", "standing", "standing"])

        # WebDataset: members of a sample adjacent, the key before the first dot.
        samples = {}
        for shard in sorted((out / "shards").iterdir()):
            before = None
            with tarfile.open(shard, "r|*") as tar:
                for member in tar:
                    key, field = member.name.split(".", 1)
                    if key != before:
                        self.assertNotIn(key, samples)
                        samples[key] = {}
                    before = key
                    self.assertTrue(member.isreg())
                    self.assertEqual((member.mtime, member.uid, member.gid), (0, 0, 0))
                    samples[key][field] = tar.extractfile(member).read()
        self.assertEqual(list(samples), [clip["key"] for clip in manifest])
        for clip in manifest:
            sample = samples[clip["key"]]
            self.assertEqual(int(sample["cls"]), clip["class"])
            self.assertEqual(json.loads(sample["json"]), clip)
            self.assertEqual(sample["mp4"][4:8], b"ftyp")
            joints = numpy.load(io.BytesIO(sample["joints.npz"]))
            people = len(clip["people"])
            self.assertEqual(joints["joints_3d"].shape, (clip["frames"], people, 64, 3))
            # A joint's pixel is its place seen by the camera (the lens model is OpenCV's).
            world = numpy.concatenate([joints["joints_3d"][0, 0], numpy.ones((64, 1))], 1)
            local = world @ numpy.linalg.inv(joints["world_from_camera"][0]).T
            x, y = local[:, 0] / local[:, 2], local[:, 1] / local[:, 2]
            square = x * x + y * y
            grown = 1 + joints["distortion"][0, 0] * square
            k = joints["intrinsics"][0]
            seen = joints["states"][0, 0] > 0
            numpy.testing.assert_allclose((k[0, 0] * x * grown + k[0, 2])[seen],
                                          joints["joints_2d"][0, 0, seen, 0], atol=0.01)
            numpy.testing.assert_allclose((k[1, 1] * y * grown + k[1, 2])[seen],
                                          joints["joints_2d"][0, 0, seen, 1], atol=0.01)
            self.assertEqual("".join(str(s) for s in joints["states"][0, 0]),
                             clip["people"][0]["joint_states"][0])
            self.assertEqual(numpy.load(io.BytesIO(sample["amass.npz"]))["poses"].shape[1], 156)

        # COCO.
        coco = json.loads((out / "coco/annotations.json").read_text())
        images = {image["id"]: image for image in coco["images"]}
        self.assertEqual(len(images), sum(clip["frames"] for clip in manifest))
        for annotation in coco["annotations"]:
            image = images[annotation["image_id"]]
            self.assertTrue((out / "images" / image["file_name"]).exists())
            mask = unpacked_rle(annotation["segmentation"]["counts"],
                                *annotation["segmentation"]["size"])
            self.assertEqual(mask.sum(), annotation["area"])
            x, y, w, h = annotation["bbox"]
            if annotation["area"]:
                rows, columns = numpy.where(mask)
                self.assertEqual((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1),
                                 (x, y, x + w, y + h))
            amodal = unpacked_rle(annotation["amodal_segmentation"]["counts"],
                                  *annotation["amodal_segmentation"]["size"])
            self.assertTrue((amodal >= mask).all())
            visible = annotation["keypoints"][2::3]
            self.assertEqual(annotation["num_keypoints"], sum(v > 0 for v in visible))

        # PYSKL: arrays that can be written to, one for each clip and split.
        for name, size in (("coco17", 2), ("ntu25", 3)):
            data = pickle.loads((out / f"pyskl/tiny-{name}.pkl").read_bytes())
            self.assertEqual(sorted(data["split"]["train"] + data["split"]["val"]),
                             [clip["key"] for clip in manifest])
            for one, clip in zip(data["annotations"], manifest):
                self.assertEqual(one["frame_dir"], clip["key"])
                self.assertEqual(one["total_frames"], clip["frames"])
                self.assertEqual(one["keypoint"].shape, (len(clip["people"]), clip["frames"],
                                                         17 if size == 2 else 25, size))
                one["keypoint"][0] = 0

        # NTU: as read_skeleton_file.m walks through it.
        for path in (out / "ntu").iterdir():
            numbers = path.read_text().split("\n")
            at, frames = 1, int(numbers[0])
            for _ in range(frames):
                bodies, at = int(numbers[at]), at + 1
                for _ in range(bodies):
                    self.assertEqual(len(numbers[at].split()), 10)
                    self.assertEqual(numbers[at + 1], "25")
                    for line in numbers[at + 2:at + 27]:
                        self.assertEqual(len(line.split()), 12)
                    at += 27
            self.assertEqual(numbers[at:], [""])

    def test_a_full_disk_ends_in_one_line_and_leaves_what_is_finished(self):
        whole = self.make("whole", "--threads", "1")
        sizes = [p.stat().st_size for p in sorted((self.folder / "whole/shards").iterdir())]
        # The first shard just fits when a later one is larger.
        room = sizes[0] if max(sizes) > sizes[0] else sizes[0] - 1

        def full_disk():
            # Writes beyond it fail as on a full disk (the signal is for programs that don't look).
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        ended = subprocess.run(
            [program.BINARY, "dataset", self.recipe, "-o", self.folder / "full", *PLAIN,
             "--threads", "1"], env=program.ENVIRONMENT, capture_output=True, text=True,
            preexec_fn=full_disk)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertEqual(len(ended.stderr.strip().splitlines()), 1, ended.stderr)
        self.assertIn("can't write", ended.stderr)
        out = self.folder / "full"
        self.assertFalse((out / "checksums.txt").exists())
        self.assertEqual([], list(out.rglob("*.partial-*")))
        finished = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (out / "shards").iterdir()}
        self.assertLess(len(finished), 4)
        self.assertEqual(whole, self.make("full", "--threads", "1"))
        for path, (content, time_of_it) in finished.items():
            self.assertEqual(path.read_bytes(), content)
            self.assertEqual(path.stat().st_mtime_ns, time_of_it)

    def test_a_missing_asset_is_named(self):
        roles = self.folder / "roles.toml"
        roles.write_text('catalogue = "/nowhere/chairs.sh3f"\nlicence = "CC0-1.0"\n[roles]\n')
        line = self.run_bad(1, "dataset", self.recipe, "-o", "x", "--body", "plain",
                            "--furniture", roles)
        self.assertIn("/nowhere/chairs.sh3f: not there", line)
        self.assertFalse((self.folder / "x").exists())

    def test_a_missing_or_damaged_asset_leaves_what_is_finished(self):
        whole = self.make("whole", "--threads", "1")
        self.make("half", "--shard", "0/2")
        out = self.folder / "half"

        def state():
            return {p: (p.read_bytes(), p.stat().st_mtime_ns)
                    for p in sorted(out.rglob("*")) if p.is_file()}

        finished = state()
        self.assertEqual(2, len(list((out / "shards").iterdir())))
        roles = self.folder / "roles.toml"
        roles.write_text('catalogue = "/nowhere/chairs.sh3f"\nlicence = "CC0-1.0"\n[roles]\n')
        # A body whose download broke off; it is found before the one of the source tree.
        broken = self.folder / "home/assets/body.pantomime"
        broken.parent.mkdir(parents=True)
        broken.write_bytes(b"PANTO")
        for arguments, what in (
                (("--body", "plain", "--furniture", roles), "/nowhere/chairs.sh3f: not there"),
                (("--furniture", "plain"), str(broken))):
            ended = program.pantomime(
                "dataset", self.recipe, "-o", out, "--seed", "5", "-q", *arguments,
                environment={**program.ENVIRONMENT, "PANTOMIME_HOME": str(self.folder / "home")})
            self.assertEqual(ended.returncode, 1, ended.stderr)
            self.assertEqual(len(ended.stderr.strip().splitlines()), 1, ended.stderr)
            self.assertIn(what, ended.stderr)
            self.assertEqual(finished, state())
        self.assertEqual(whole, self.make("half"))
        for path, (content, time_of_it) in finished.items():
            self.assertEqual(path.read_bytes(), content)
            self.assertEqual(path.stat().st_mtime_ns, time_of_it)

    def test_light_comes_as_exr_when_asked_for(self):
        self.recipe.write_text(RECIPE.replace("clips = 4", "clips = 1\nlayers = "
                                              "[\"light\", \"depth\"]"))
        self.make("set")
        with tarfile.open(self.folder / "set/shards/tiny-000000.tar") as tar:
            names = [n for n in tar.getnames() if n.endswith(".light.exr")]
            self.assertTrue(names)
            for name in names:
                data = tar.extractfile(name).read()
                self.assertEqual(data[:4], b"v/1\x01")  # OpenEXR's magic number
                for channel in (b"B\0", b"G\0", b"R\0", b"Z\0"):
                    self.assertIn(channel, data[:200])
        self.assertIn("all is well", self.run_ok("dataset", "--check", "set", "-q"))

    def test_errors_are_one_line(self):
        self.assertIn("no such preset", self.run_bad(1, "dataset", "nonsense", "-o", "x"))
        self.assertIn("expected JOB/JOBS",
                      self.run_bad(1, "dataset", self.recipe, "--shard", "4/4", "-o", "x"))
        self.recipe.write_text(RECIPE.replace('"sit"', '"sit on the moon"'))
        self.assertIn('does not know "sit on the moon"',
                      self.run_bad(1, "dataset", self.recipe, "-o", "x"))
        self.assertFalse((self.folder / "x").exists())
        self.assertIn("no dataset.json", self.run_bad(1, "dataset", "--check", "nowhere"))


if __name__ == "__main__":
    unittest.main()
