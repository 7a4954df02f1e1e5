#!/usr/bin/env python3
"""Makes tests/data/good/values_2.pkl … values_5.pkl and actor.pkl with Python's and NumPy's own pickles,
tests/data/uestc in the layout of ACTOR's folder, and the seeds of fuzz/corpus/fuzz_pickle.

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



def make_uestc():
    """Twenty videos: eight people who are trained on, ten who are not, one too short, one from the camera that
    goes around. Of VIBE's 49 joints the first 25; joint 8 is the pelvis, joint 0 the nose."""
    folder = root / "tests/data/uestc"
    (folder / "info").mkdir(parents=True, exist_ok=True)
    poses, joints, paths, names, counts = [], [], [], [], []
    for i in range(20):
        trained = i < 9 or i == 19
        frames = 46 if trained and i != 8 else 5
        view = 8 if i == 19 else i % 8
        side = 1 if i % 3 == 0 else 2
        pose = np.zeros((frames, 72), "<f4")
        # Seen from `view`, a person who faces the front camera is turned by so many eighths.
        turn = 0 if side == 1 or view == 8 else view * np.pi / 4
        up = np.array([np.cos(turn / 2), 0, -np.sin(turn / 2)]) * np.pi  # half a turn about x, then `turn`
        pose[:, :3] = up
        pose[:, 3 * 4] = 0.3 * (i % 3) + 0.01 * np.arange(frames)
        pose[:, 66:72] = [0, 0, -0.2, 0, 0, 0.2]
        place = np.zeros((frames, 25, 3), "<f4")
        place[:, 0, 1] = -0.6
        path = np.zeros((frames, 3), "<f4")
        path[:, 0] = 0.01 * np.arange(frames)
        poses.append(pose)
        joints.append(place)
        paths.append(path)
        names.append(f"a{i % 3}_d{view}_p{(1 if trained else 3):03d}_c{side}_color.avi")
        counts.append(frames if i != 1 else 45)
    (folder / "vibe_cache_refined.pkl").write_bytes(pickle.dumps({"pose": poses, "joints3d": joints}, 4))
    (folder / "globtrans_usez.pkl").write_bytes(pickle.dumps(paths, 4))
    (folder / "info/names.txt").write_text("\n".join(names) + "\n")
    (folder / "info/num_frames_min.txt").write_text("\n".join(map(str, counts)) + "\n")
    (folder / "info/action_classes.txt").write_text(
        "\n".join(["punching", "knee-lifting", "Jumping Jack"] + [f"exercise {i}" for i in range(3, 40)]) + "\n")


make_uestc()
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
