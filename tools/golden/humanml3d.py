#!/usr/bin/env python3
"""Makes tests/golden/humanml3d.json: HumanML3D's features of a made-up motion, by scipy's rotations and filter.

The motion is a formula, spelt out again in tests/formats/humanml3d_test.cpp; the file holds some rows of the
answer, for the motion as it is and for other bone lengths.

    /usr/bin/python3 tools/golden/humanml3d.py      (Debian's python3-numpy and python3-scipy)
"""
import json
import pathlib

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]
REST = np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, -1, 0], [0, 1, 0], [0, -1, 0],
                 [0, -1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0], [1, 0, 0], [-1, 0, 0], [0, 0, 1],
                 [0, -1, 0], [0, -1, 0], [0, -1, 0], [0, -1, 0], [0, -1, 0], [0, -1, 0]], float)
CHAINS = [[0, 2, 5, 8, 11], [0, 1, 4, 7, 10], [0, 3, 6, 9, 12, 15], [9, 14, 17, 19, 21], [9, 13, 16, 18, 20]]
FRAMES = 50


def motion():
    """Every bone swings about where it rests; the body walks in a curve, begins askew and above the floor."""
    p = np.zeros((FRAMES, 22, 3))
    for f in range(FRAMES):
        heading = Rotation.from_euler("y", 0.7 + 0.05 * f)
        p[f, 0] = [0.3 + 0.04 * f, 1.2 + 0.02 * np.sin(0.5 * f), -0.2 + 0.03 * f]
        for j in range(1, 22):
            length = 0.12 + 0.01 * j
            swing = Rotation.from_euler("xyz", [0.4 * np.sin(0.2 * f + j), 0.3 * np.cos(0.13 * f + 2 * j),
                                                0.2 * np.sin(0.17 * f + 3 * j)])
            p[f, j] = p[f, PARENTS[j]] + heading.apply(swing.apply(length * REST[j]))
    return p


def between(a, b):
    """Smallest rotations that take rows of a to rows of b."""
    a = a / np.linalg.norm(a, axis=-1, keepdims=True)
    b = b / np.linalg.norm(b, axis=-1, keepdims=True)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, (a * b).sum(-1, keepdims=True))
    return Rotation.from_rotvec(axis / np.maximum(sine, 1e-15) * angle)


def forward(p):
    across = (p[:, 2] - p[:, 1]) + (p[:, 17] - p[:, 16])
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    return np.cross([[0, 1, 0]], across)


def lengths(p):
    return np.array([0] + [np.linalg.norm(p[j] - p[PARENTS[j]]) for j in range(1, 22)])


def features(p, target=None):
    n = len(p)
    z = np.tile([0, 0, 1.0], (n, 1))
    if target is not None:
        own = lengths(p[0])
        q = np.zeros_like(p)
        q[:, 0] = p[:, 0] * (target[5] + target[8]) / (own[5] + own[8])
        for j in range(1, 22):
            bone = p[:, j] - p[:, PARENTS[j]]
            q[:, j] = q[:, PARENTS[j]] + target[j] * bone / np.linalg.norm(bone, axis=-1, keepdims=True)
        p = q
    p = p.copy()
    p[..., 1] -= p[..., 1].min()
    p -= p[0, 0] * [1, 0, 1]
    turn = between(forward(p)[:1], z[:1])[0]
    p = turn.apply(p.reshape(-1, 3)).reshape(p.shape)
    heading = between(gaussian_filter1d(forward(p), 20, axis=0, mode="nearest"), z).as_quat()
    heading[0] = [0, 0, 0, 1]
    heading = Rotation.from_quat(heading)
    six = np.zeros((n, 22, 6))
    for chain in CHAINS:
        above = heading
        for a, b in zip(chain[:-1], chain[1:]):
            bone = between(np.tile(REST[b], (n, 1)), p[:, b] - p[:, a])
            m = (above.inv() * bone).as_matrix()
            six[:, b] = np.concatenate([m[:, :, 0], m[:, :, 1]], -1)
            above = bone
    turn = (heading[1:] * heading[:-1].inv()).as_quat()
    turn *= np.sign(turn[:, 3:])
    step = heading[1:].apply(p[1:, 0] - p[:-1, 0])
    level = p - p[:, :1] * [1, 0, 1]
    ric = np.stack([heading.apply(level[:, j]) for j in range(1, 22)], 1)
    speed = np.stack([heading[:-1].apply(p[1:, j] - p[:-1, j]) for j in range(22)], 1)
    still = [((p[1:, j] - p[:-1, j]) ** 2).sum(-1) < 0.002 for j in (7, 10, 8, 11)]
    return np.concatenate([np.arcsin(turn[:, 1:2]), step[:, [0, 2]], p[:-1, 0, 1:2], ric[:-1].reshape(n - 1, -1),
                           six[:-1, 1:].reshape(n - 1, -1), speed.reshape(n - 1, -1),
                           np.array(still).T.astype(float)], -1)


rows = [0, 1, 24, 48]
target = 0.1 + 0.02 * np.arange(22)
p = motion()
golden = {"rows": rows, "own": np.round(features(p)[rows], 6).tolist(),
          "other": np.round(features(p, target)[rows], 6).tolist()}
path = pathlib.Path(__file__).resolve().parents[2] / "tests/golden/humanml3d.json"
path.write_text(json.dumps(golden) + "\n")
