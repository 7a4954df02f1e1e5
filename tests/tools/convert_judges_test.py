#!/usr/bin/env python3
"""Checkpoints as PyTorch saves them (tools/golden/judge_checkpoints.py) become the committed files again; what
is none is refused and never run.
"""
import json
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CHECKPOINTS = REPOSITORY / "tests/golden/checkpoints"


def tensors(path):
    data = path.read_bytes()
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__")
    return header, data[8 + size:]


class Convert(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.out = self.folder / "out.safetensors"

    def convert(self, which, checkpoint, *more):
        return subprocess.run([sys.executable, REPOSITORY / "tools/convert_judges.py", which, checkpoint, *more,
                               "-o", self.out], capture_output=True, text=True)

    def expect(self, which, checkpoint, *more):
        result = self.convert(which, CHECKPOINTS / checkpoint, *more)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.out.read_bytes(), (CHECKPOINTS / f"{which}.safetensors").read_bytes())

    def test_classifier_of_humanact12(self):
        self.expect("humanact12", "humanact12_gru.tar")

    def test_both_formats_of_torch_hold_the_same(self):
        self.assertFalse(zipfile.is_zipfile(CHECKPOINTS / "humanact12_gru.tar"))
        self.assertTrue(zipfile.is_zipfile(CHECKPOINTS / "humanact12_zip.tar"))
        self.assertEqual(self.convert("humanact12", CHECKPOINTS / "humanact12_zip.tar").returncode, 0)
        self.assertEqual(tensors(self.out), tensors(CHECKPOINTS / "humanact12.safetensors"))

    def test_classifier_of_uestc(self):
        self.expect("uestc", "uestc_rot6d_stgcn.tar")
        names, _ = tensors(self.out)
        self.assertIn("st_gcn_networks.4.residual.1.running_var", names)
        self.assertNotIn("data_bn.num_batches_tracked", names)

    def test_evaluator_of_humanml3d(self):
        self.expect("humanml3d", "finest.tar", "--glove", CHECKPOINTS / "glove", "--mean", CHECKPOINTS / "mean.npy",
                    "--std", CHECKPOINTS / "std.npy")
        names, _ = tensors(self.out)
        self.assertFalse([name for name in names if name.startswith("opt_")])

    def refuse(self, which, data, *expected):
        path = self.folder / "bad.tar"
        path.write_bytes(data)
        result = self.convert(which, path)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for text in (f"convert_judges: {path}: no checkpoint of {which}", *expected):
            self.assertIn(text, result.stderr)
        self.assertFalse(self.out.exists())

    def test_nothing_in_a_file_is_run(self):
        class Trap:
            def __reduce__(self):
                return pathlib.Path.touch, (pathlib.Path("trap"),)

        self.refuse("uestc", pickle.dumps(Trap()), "pathlib.")
        inside = self.folder / "inside.zip"
        with zipfile.ZipFile(inside, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Trap()))
        self.refuse("uestc", inside.read_bytes(), "pathlib.")
        self.assertFalse((self.folder / "trap").exists())

    def test_what_is_no_checkpoint_is_refused(self):
        whole = (CHECKPOINTS / "humanact12_gru.tar").read_bytes()
        self.refuse("humanact12", b"")
        self.refuse("humanact12", pickle.dumps({"model": {}}))
        self.refuse("humanact12", whole[:-40], "not inside its storage")
        self.refuse("uestc", whole)  # of another judge

    def test_humanml3d_needs_its_words(self):
        result = self.convert("humanml3d", CHECKPOINTS / "finest.tar")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("--glove", result.stderr)


if __name__ == "__main__":
    unittest.main()
