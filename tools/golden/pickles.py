#!/usr/bin/env python3
"""Makes tests/data/good/values_2.pkl … values_5.pkl and actor.pkl with Python's and NumPy's own pickles, and the
seeds of fuzz/corpus/fuzz_pickle.

    /usr/bin/python3 tools/golden/pickles.py      (Debian's python3-numpy; made with 1.24.2)
"""
import pathlib
import pickle

import numpy as np

root = pathlib.Path(__file__).resolve().parents[2]
good = root / "tests/data/good"
grid = np.arange(6, dtype="<f4").reshape(2, 3) / 4
values = {
    "list": [7, -300, 1 << 40, 2.5, "männlich", None, True, (1, 2, 3), b"\x00\xff z"],
    "arrays": [grid, np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array([-1, 300], dtype="<i2"),
               np.int64(12), np.array([True, False])],
}
for protocol in (2, 3, 4, 5):
    (good / f"values_{protocol}.pkl").write_bytes(pickle.dumps(values, protocol))


def sequence(frames, bend):
    """Stands upright in a camera's axes (half a turn about x), 3 m away, moves along x, bends a knee."""
    pose = np.zeros((frames, 72))
    pose[:, 0] = np.pi
    pose[:, 3 * 4] = bend
    joints = np.zeros((frames, 24, 3))
    joints[..., 0] = 0.1 * np.arange(frames)[:, None]
    joints[..., 1] = -0.9
    joints[..., 2] = 3
    return pose, joints.astype("<f4")


pairs = [sequence(3, 0.5), sequence(2, 0.2)]
actor = {"poses": [p for p, _ in pairs], "joints3D": [j for _, j in pairs], "y": [1, 11]}
(good / "actor.pkl").write_bytes(pickle.dumps(actor, 4))

corpus = root / "fuzz/corpus/fuzz_pickle"
corpus.mkdir(parents=True, exist_ok=True)


def seed(name, value, protocol=4):
    (corpus / name).write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, protocol))


seed("good_actor.pkl", actor)
seed("good_no_joints.pkl", {"pose": actor["poses"]}, 2)
seed("good_one_array.pkl", {"poses": np.zeros((2, 3, 72), "<f4"), "y": np.array([0, 3])}, 5)
seed("values.pkl", values, 3)
seed("bad_call.pkl", b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.")
seed("bad_no_poses.pkl", {"y": [1]})
seed("bad_lengths.pkl", {"poses": actor["poses"], "y": [1]})
seed("bad_width.pkl", {"poses": [np.zeros((2, 71))]})
seed("bad_nan.pkl", {"poses": [np.full((2, 72), np.nan)]})
seed("bad_objects.pkl", {"poses": [np.array([None, {}], dtype=object)]})
seed("bad_cut.pkl", pickle.dumps(actor, 4)[:300])
seed("bad_protocol.pkl", pickle.dumps(actor, 0))
seed("bad_repeated.pkl", {"poses": [np.zeros((8, 72))] * 64})
