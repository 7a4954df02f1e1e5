#!/usr/bin/env python3
"""Makes tests/golden/metrics.json: distances of feature sets and motion measures, by numpy and scipy.

The inputs are formulas, so that the file holds only answers:
    rows(n, d, a)[i][j] = sin(a (i + 1)^1.5 + 1.7 (j + 1)) + 0.3 cos((i + 1) (j + 2) a) + a / 10
Sets and walks are spelt out again in tests/metrics/*_test.cpp.

    /usr/bin/python3 tools/golden/metrics.py      (Debian's python3-numpy and python3-scipy)
"""
import json
import pathlib

import numpy
import scipy
from scipy.linalg import sqrtm
from scipy.ndimage import uniform_filter1d
from scipy.spatial.distance import cdist
from scipy.stats import entropy, wasserstein_distance


def rows(n, d, a):
    i = numpy.arange(1, n + 1)[:, None].astype(float)
    j = numpy.arange(1, d + 1)[None, :].astype(float)
    return numpy.sin(a * i**1.5 + 1.7 * j) + 0.3 * numpy.cos(i * (j + 1) * a) + a / 10


def frechet(x, y):
    c1, c2 = numpy.cov(x, rowvar=False), numpy.cov(y, rowvar=False)
    root = sqrtm(c1 @ c2)
    delta = x.mean(0) - y.mean(0)
    return float(delta @ delta + numpy.trace(c1 + c2) - 2 * numpy.trace(root).real)


def kernel(x, y):
    d = x.shape[1]
    k = lambda p, q: (p @ q.T / d + 1) ** 3
    n, m = len(x), len(y)
    a, b = k(x, x), k(y, y)
    return float((a.sum() - numpy.trace(a)) / (n * (n - 1)) + (b.sum() - numpy.trace(b)) /
                 (m * (m - 1)) - 2 * k(x, y).mean())


def inside(points, manifold, k=3):
    radius = numpy.sort(cdist(manifold, manifold), axis=1)[:, k]
    return float((cdist(points, manifold) <= radius[None]).any(1).mean())


def density(samples, real, k=5):
    """Naeem et al. 2020, as in the paper."""
    radius = numpy.sort(cdist(real, real), axis=1)[:, k]
    within = cdist(real, samples) < radius[:, None] * (1 + 1e-12)
    return {"density": float(within.sum() / (k * len(samples))),
            "coverage": float(within.any(1).mean())}


def retrieval(text, motion, pool):
    """Guo et al.'s protocol: pools in order, Euclidean, ranks by argsort."""
    top, distance, count = numpy.zeros(3), 0.0, 0
    for first in range(0, len(text) - pool + 1, pool):
        d = cdist(text[first:first + pool], motion[first:first + pool])
        rank = numpy.argsort(numpy.argsort(d, axis=1), axis=1)
        for k in range(3):
            top[k] += (numpy.diag(rank) <= k).sum()
        distance += numpy.trace(d)
        count += pool
    return {"top": list(top / count), "distance": float(distance / count)}


def infinity():
    sizes = numpy.array([40.0, 60.0, 90.0, 160.0])
    values = numpy.array([7.1, 5.4, 4.2, 3.1])
    return {"sizes": list(sizes), "values": list(values),
            "intercept": float(numpy.polyfit(1 / sizes, values, 1)[1])}


def jumps(n, a):
    i = numpy.arange(1, n + 1).astype(float)
    return numpy.float32(numpy.abs(numpy.sin(a * i**1.5)) * 100 + a)


def floor_heights():
    f = numpy.arange(50).astype(float)
    return 0.03 * numpy.sin(0.31 * f) + 0.002


def keyframes():
    """Five sequences of four key frames, metres."""
    n, k = numpy.arange(5)[:, None].astype(float), numpy.arange(4)[None, :].astype(float)
    return 0.3 * numpy.abs(numpy.sin(1.3 * n + 0.7 * k * k)) * (1 + n / 5)


def keyframe_numbers(d):
    return {"trajectory_fail": [float((d > t).any(1).mean()) for t in (0.2, 0.5)],
            "location_fail": [float((d > t).mean()) for t in (0.2, 0.5)],
            "mean_m": float(d.mean()), "hit": float((d < 0.1).mean())}


def floor_numbers(h):
    low, high = h < -0.005, h > 0.005
    return {"penetration_mm": float(1000 * numpy.where(low, -h, 0).mean()),
            "floating_mm": float(1000 * numpy.where(high, h, 0).mean()),
            "sinking_share": float(low.mean()), "floating_share": float(high.mean())}


def walk(frames=90, joints=22):
    """[F, J, 3]: every joint wobbles; toes dip to the floor and under it."""
    f = numpy.arange(frames)[:, None].astype(float)
    j = numpy.arange(joints)[None, :].astype(float)
    x = 0.02 * f + 0.3 * numpy.sin(0.11 * f + j)
    y = 0.04 + 0.08 * (j % 10) + 0.06 * numpy.sin(0.17 * f + 2 * j)
    z = 0.01 * f + 0.2 * numpy.cos(0.07 * f * (1 + j / 30)) + 0.05 * j
    return numpy.stack([x, y, z], -1)


def skating(p, fps=30.0):
    """GMD's calculate_skating_ratio, written anew at 30 frames per second."""
    feet = p[:, [10, 11]]
    speed = numpy.linalg.norm(numpy.diff(feet[..., [0, 2]], axis=0), axis=-1) * fps
    average = uniform_filter1d(speed, size=5, axis=0, mode="constant", origin=0)
    low = (feet[:-1, :, 1] < 0.05) & (feet[1:, :, 1] < 0.05)
    return float((low & (speed > 0.5) & (average > 0.5)).any(1).mean())


def slide(p):
    feet = p[:, [10, 11]]
    step = numpy.diff(feet, axis=0)
    stands = (numpy.linalg.norm(step, axis=-1) < 0.01) | (feet[:-1, :, 1] < feet[..., 1].min() + 0.02)
    return float(1000 * numpy.linalg.norm(step[..., [0, 2]], axis=-1)[stands].mean())


def physics(p):
    third = numpy.diff(p, n=3, axis=0)
    size = numpy.linalg.norm(third, axis=-1) * 30.0**3
    lowest = p[..., 1].min(1)
    parents = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]
    bones = numpy.linalg.norm(p[:, 1:] - p[:, parents[1:]], axis=-1)
    profile = numpy.abs(third).sum(-1).max(1)
    return {
        "skating": skating(p), "slide_mm": slide(p),
        "penetration_mm": float(1000 * numpy.maximum(0, -lowest).mean()),
        "floating_mm": float(1000 * numpy.maximum(0, lowest - 0.025).mean()),
        "bone_mm": float(1000 * bones.std(0).mean()),
        "jerk": float(size.mean()), "jerk_root": float(size[:, 0].mean()),
        "jerk_by_phase": [float(size[k::4].mean()) for k in range(4)],
        "peak_jerk": float(profile.max()), "area_jerk": float(numpy.abs(profile - 0.01).sum()),
    }


PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]
# Of motion::default_geometry(), metres from the parent.
OFFSETS = [(0, 0, 0), (0.085, -0.06, 0), (-0.085, -0.06, 0), (0, 0.11, -0.01), (0, -0.4, 0), (0, -0.4, 0),
           (0, 0.125, 0), (0, -0.4, 0), (0, -0.4, 0), (0, 0.055, 0.02), (0.02, -0.06, 0.125), (-0.02, -0.06, 0.125),
           (0, 0.215, -0.03), (0.07, 0.12, -0.01), (-0.07, 0.12, -0.01), (0, 0.1, 0.03), (0.11, 0.03, -0.02),
           (-0.11, 0.03, -0.02), (0.27, 0, 0), (-0.27, 0, 0), (0.25, 0, 0), (-0.25, 0, 0)]
OTHER_SIDE = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20]


def turning(frames, a):
    """[F, J, 3] of stiff average people, and their headings: they turn and go about."""
    offsets = numpy.array(OFFSETS)
    rest = numpy.zeros((22, 3))
    for k in range(1, 22):
        rest[k] = rest[PARENTS[k]] + offsets[k]
    f = numpy.arange(float(frames))
    heading = a * numpy.sin(0.09 * f)
    c, s = numpy.cos(heading)[:, None], numpy.sin(heading)[:, None]
    x = c * rest[None, :, 0] + s * rest[None, :, 2] + 0.02 * f[:, None]
    z = -s * rest[None, :, 0] + c * rest[None, :, 2] + a * numpy.cos(0.05 * f)[:, None]
    y = rest[None, :, 1] + 0.9 + 0.05 * numpy.sin(0.2 * f + a)[:, None]
    return numpy.stack([x, y, z], -1), heading


def brought_home(joints, heading, first, last, step=4):
    """Every step-th frame from `first`, which stands over the origin and faces +Z: one row."""
    p = joints[first:last:step] - joints[first, 0] * [1, 0, 1]
    c, s = numpy.cos(heading[first]), numpy.sin(heading[first])
    return numpy.stack([c * p[..., 0] - s * p[..., 2], p[..., 1], s * p[..., 0] + c * p[..., 2]], -1)


def nearest():
    """RMS distance of a sample of 40 frames, or its mirror image, to the nearest window that starts at
    every eighth frame; windows of three quarters of its length count, too."""
    joints, heading = turning(40, 0.9)
    mirrored = joints[:, OTHER_SIDE] * [-1, 1, 1]
    best = []
    for clip, (known, turns) in enumerate([turning(60, 0.5), turning(50, -1.2)]):
        for first in range(0, len(known), 8):
            if len(known) - first < 30:
                break
            window = brought_home(known, turns, first, min(len(known), first + 40))
            for mirror, (p, h) in enumerate([(joints, heading), (mirrored, -heading)]):
                mine = brought_home(p, h, 0, 40)[:len(window)]
                if len(window) < 7.5:
                    continue
                distance = numpy.sqrt(((mine - window)**2).sum(-1).mean())
                best.append((float(1000 * distance), clip, first, bool(mirror)))
    distance, clip, first, mirror = min(best)
    return {"distance_mm": distance, "clip": clip, "first": first, "mirrored": mirror}


def marks():
    """Truth and guess of 60 clips with five labels: accuracies, and which labels are named."""
    i = numpy.arange(60)
    truth, guess = i * i % 5, numpy.where(i % 3 == 0, i * 7 % 4, i * i % 5)
    table = numpy.zeros((5, 5), int)
    numpy.add.at(table, (truth, guess), 1)
    occurring = table.sum(1) > 0
    named, real = set(guess[:2].tolist()), set(truth.tolist())
    return {"accuracy": float(numpy.trace(table) / table.sum()),
            "balanced_accuracy": float((numpy.diag(table)[occurring] / table.sum(1)[occurring]).mean()),
            "class_coverage": len(named & real) / len(real)}


def main():
    pairs = {"many": (rows(300, 6, 0.37), 1.4 * rows(280, 6, 0.41) + 0.3),
             "few": (rows(12, 24, 0.37), 0.5 * rows(15, 24, 0.53)),   # fewer rows than dimensions
             "same": (rows(50, 8, 0.2), rows(50, 8, 0.2))}
    answer = {
        "made_by": "tools/golden/metrics.py",
        "numpy": numpy.__version__, "scipy": scipy.__version__,
        "sets": {name: {"frechet": frechet(x, y), "kernel": kernel(x, y),
                        "precision": inside(x, y), "recall": inside(y, x), **density(x, y)}
                 for name, (x, y) in pairs.items()},
        "mean_pair_distance": float(cdist(*[rows(40, 8, 0.7)] * 2).mean()),
        # Distances of every pair: tests draw theirs and look them up here.
        "pair_distances": cdist(*[rows(24, 8, 0.7)] * 2).tolist(),
        "walk": physics(walk()),
        "retrieval": retrieval(rows(70, 8, 0.3), rows(70, 8, 0.3) + 0.9 * rows(70, 8, 0.71), 32),
        "infinity": infinity(),
        "wasserstein": float(wasserstein_distance(jumps(70, 0.3), jumps(45, 0.5))),
        "keyframes": keyframe_numbers(keyframes()),
        "floor": floor_numbers(floor_heights()),
        "nearest": nearest(),
        "marks": marks(),
        "effective_classes": float(numpy.exp(entropy([5, 3, 2]))),
    }
    folder = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
    (folder / "metrics.json").write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
