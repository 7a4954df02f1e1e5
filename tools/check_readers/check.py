#!/usr/bin/env python3
"""Where other programs find the joints of a motion that Pantomime wrote in several formats.

    tools/check_readers/check.py STEM [--readers numpy,three,blender] [--limit 1.0]

STEM.csv (places of joints, one row a frame) is the reference; of STEM.bvh, .npz (AMASS), .glb and .usda
those that are there are read by

  numpy    forward kinematics in this file with numpy and scipy, written from the formats' descriptions
  three    three.js in headless Chromium (tools/check_glb; needs Node.js and Chromium): .glb
  blender  Blender's own importers (apt install blender; 3.4 in Debian 12): .bvh and .glb

The files come from one clip, e.g. pantomime convert walk.bvh -o out/ --format csv,bvh,amass,glb,usd --body none.
Prints JSON: for each reader and format the largest distance of a joint in millimetres, or why it was left out.
Exit status 1 when one is over the limit. Needs python3-numpy and python3-scipy.
"""
import argparse
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

HERE = pathlib.Path(__file__).resolve().parent
# Of SMPL's 22 body joints, in its order.
SMPL_PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]


def read_reference(path):
    """Names, frames per second, places [F, J, 3]."""
    lines = path.read_text().splitlines()
    header = lines[0].split(",")
    rows = np.array([[float(v) if v else np.nan for v in line.split(",")] for line in lines[1:]])
    names = [column[:-2] for column in header if column.endswith("_x")]
    columns = [[header.index(f"{name}_{axis}") for axis in "xyz"] for name in names]
    return names, rows[:, columns]


def chain(parents, local_places, local_turns):
    """World places [F, J, 3] of places [F, J, 3] and matrices [F, J, 3, 3] in the parent's frame."""
    places, turns = np.array(local_places), np.array(local_turns)
    for j, parent in enumerate(parents):
        if parent < 0:
            continue
        places[:, j] = places[:, parent] + np.einsum("fab,fb->fa", turns[:, parent], local_places[:, j])
        turns[:, j] = turns[:, parent] @ local_turns[:, j]
    return places


def numpy_bvh(path):
    head, body = path.read_text().split("MOTION", 1)
    names, parents, offsets, channels, open_blocks = [], [], [], [], []
    words = iter(head.split())
    for word in words:
        if word in ("ROOT", "JOINT"):
            open_blocks.append(len(names))
            names.append(next(words))
            parents.append(open_blocks[-2] if len(open_blocks) > 1 else -1)
            channels.append([])
        elif word == "End":
            open_blocks.append(None)
        elif word == "OFFSET":
            offset = [float(next(words)) for _ in range(3)]
            if open_blocks[-1] is not None:
                offsets.append(offset)
        elif word == "CHANNELS":
            channels[open_blocks[-1]] = [next(words) for _ in range(int(next(words)))]
        elif word == "}":
            open_blocks.pop()
    lines = [line for line in body.splitlines() if line.strip()]
    step = float(lines[1].split(":")[1])
    values = np.array([[float(v) for v in line.split()] for line in lines[2:]])
    places = np.broadcast_to(np.array(offsets), (len(values), len(names), 3)).copy()
    turns = np.broadcast_to(np.eye(3), (len(values), len(names), 3, 3)).copy()
    at = 0
    for j, kinds in enumerate(channels):
        for kind in kinds:
            axis = "XYZ".index(kind[0])
            if kind.endswith("position"):
                places[:, j, axis] = values[:, at]
            else:
                about = Rotation.from_rotvec(np.deg2rad(values[:, at])[:, None] * np.eye(3)[axis])
                turns[:, j] = turns[:, j] @ about.as_matrix()
            at += 1
    return names, 1 / step, 0.01 * chain(parents, places, turns)


def numpy_npz(path, names):
    with np.load(path) as file:
        poses, trans, offsets = file["poses"], file["trans"], file["pantomime_offsets"]
        rate = float(file["mocap_framerate"])
    turns = Rotation.from_rotvec(poses[:, :66].reshape(-1, 3)).as_matrix().reshape(-1, 22, 3, 3)
    places = np.broadcast_to(offsets, (len(poses), 22, 3)).copy()
    places[:, 0] = trans
    x, y, z = np.moveaxis(chain(SMPL_PARENTS, places, turns), 2, 0)
    return names, rate, np.stack([x, z, -y], 2)  # Z up to Y up


def numpy_glb(path, frames, rate):
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    scene, blob = json.loads(data[20:20 + size]), data[28 + size:]

    def accessor(index):
        a = scene["accessors"][index]
        view = scene["bufferViews"][a["bufferView"]]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[a["type"]]
        assert a["componentType"] == 5126 and "byteStride" not in view
        start = view.get("byteOffset", 0) + a.get("byteOffset", 0)
        return np.frombuffer(blob, "<f4", a["count"] * width, start).reshape(-1, width).astype(float)

    nodes, parents = scene["nodes"], [-1] * len(scene["nodes"])
    for i, node in enumerate(nodes):
        assert "scale" not in node and "matrix" not in node
        for child in node.get("children", []):
            parents[child] = i
    times = np.arange(frames) / rate
    places = np.stack([np.tile(n.get("translation", [0, 0, 0]), (frames, 1)) for n in nodes], 1).astype(float)
    turns = np.stack([np.tile(Rotation.from_quat(n.get("rotation", [0, 0, 0, 1])).as_matrix(), (frames, 1, 1))
                      for n in nodes], 1)
    for channel in scene["animations"][0]["channels"]:
        sampler = scene["animations"][0]["samplers"][channel["sampler"]]
        assert sampler.get("interpolation", "LINEAR") == "LINEAR"
        keys, values, node = accessor(sampler["input"])[:, 0], accessor(sampler["output"]), channel["target"]["node"]
        now = np.clip(times, keys[0], keys[-1])
        if channel["target"]["path"] == "translation":
            places[:, node] = np.stack([np.interp(now, keys, values[:, k]) for k in range(3)], 1)
        elif len(keys) == 1:
            turns[:, node] = Rotation.from_quat(values[0]).as_matrix()
        else:
            turns[:, node] = Slerp(keys, Rotation.from_quat(values))(now).as_matrix()
    order, done = [], set()  # parents first
    while len(order) < len(nodes):
        for i in range(len(nodes)):
            if i not in done and (parents[i] < 0 or parents[i] in done):
                order.append(i)
                done.add(i)
    world = chain([order.index(parents[i]) if parents[i] >= 0 else -1 for i in order], places[:, order],
                  turns[:, order])
    kept = scene["skins"][0]["joints"] if "skins" in scene else range(len(nodes))
    return [nodes[i].get("name", "") for i in kept], rate, world[:, [order.index(i) for i in kept]]


def numpy_usda(path):
    text = path.read_text()
    animation = text[text.index("def SkelAnimation"):]
    paths = re.findall(r'"([^"]+)"', re.search(r"token\[\] joints = \[([^\]]*)\]", animation).group(1))
    rate = float(re.search(r"timeCodesPerSecond = ([\d.]+)", text).group(1))

    def samples(key, width):
        block = re.search(key + r"\.timeSamples = \{(.*?)\}", animation, re.S).group(1)
        rows = re.findall(r"[\d.]+\s*:\s*\[([^\]]*)\]", block)
        return np.array([re.sub(r"[(),]", " ", row).split() for row in rows], float).reshape(len(rows), -1, width)

    w_first, places = samples("rotations", 4), samples("translations", 3)
    turns = Rotation.from_quat(w_first[..., [1, 2, 3, 0]].reshape(-1, 4)).as_matrix()
    parents = [paths.index(p.rsplit("/", 1)[0]) if "/" in p else -1 for p in paths]
    return [p.rsplit("/", 1)[-1] for p in paths], rate, chain(parents, places, turns.reshape(*places.shape, 3))


def three_glb(path, folder):
    done = subprocess.run([HERE.parent / "check_glb" / "run", path, folder, "--frames", "1", "--size", "64x64"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stderr or done.stdout).strip())
    report = json.loads((pathlib.Path(folder) / "report.json").read_text())
    times = report["times"]
    return report["joints"], 1 / (times[1] - times[0]), np.array(report["positions"])


def blender_joints(path, folder, names, frames, rate):
    result, wanted = pathlib.Path(folder) / "joints.json", pathlib.Path(folder) / "wanted.json"
    wanted.write_text(json.dumps({"file": str(path), "names": names, "frames": frames, "rate": rate,
                                  "result": str(result)}))
    done = subprocess.run(["blender", "--background", "-noaudio", "--factory-startup", "--python-exit-code", "3",
                           "--python", HERE / "in_blender.py", "--", wanted],
                          capture_output=True, text=True)
    if done.returncode != 0 or not result.exists():
        raise RuntimeError((done.stdout + done.stderr).strip()[-2000:])
    found = json.loads(result.read_text())
    print(f"Blender {found['version']}", file=sys.stderr)
    return names, rate, np.array(found["positions"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stem", type=pathlib.Path)
    parser.add_argument("--readers", default="numpy,three,blender")
    parser.add_argument("--limit", type=float, default=1.0, help="millimetres")
    options = parser.parse_args()
    names, wanted = read_reference(pathlib.Path(f"{options.stem}.csv"))
    frames = len(wanted)
    files = {kind: pathlib.Path(f"{options.stem}.{kind}").resolve() for kind in ("bvh", "npz", "glb", "usda")}
    files = {kind: path for kind, path in files.items() if path.exists()}
    # The rate is in every file but the CSV; BVH's and AMASS's is what the others are asked for.
    rate = 30.0
    if "npz" in files:
        rate = numpy_npz(files["npz"], names)[1]
    elif "bvh" in files:
        rate = numpy_bvh(files["bvh"])[1]
    readers = options.readers.split(",")
    report, failed = {}, False
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        if "numpy" in readers:
            by_kind = {"bvh": lambda p: numpy_bvh(p), "npz": lambda p: numpy_npz(p, names),
                       "glb": lambda p: numpy_glb(p, frames, rate), "usda": lambda p: numpy_usda(p)}
            jobs += [(f"numpy {kind}", by_kind[kind], path) for kind, path in files.items()]
        for reader, program, kinds in (("three", "node", ["glb"]), ("blender", "blender", ["bvh", "glb"])):
            for kind in kinds:
                if reader not in readers or kind not in files:
                    continue
                if shutil.which(program) is None:
                    report[f"{reader} {kind}"] = f"left out: {program} isn't installed"
                    continue
                jobs.append((f"{reader} {kind}", (lambda p: three_glb(p, folder)) if reader == "three" else
                             (lambda p: blender_joints(p, folder, names, frames, rate)), files[kind]))
        for key, read, path in jobs:
            try:
                found_names, found_rate, found = read(path)
                found = found[:, [found_names.index(name) for name in names]]
                if found.shape != wanted.shape:
                    raise ValueError(f"{len(found)} frames, expected {frames}")
                if abs(found_rate - rate) > 1e-3 * rate:
                    raise ValueError(f"{found_rate} frames a second, expected {rate}")
            except (RuntimeError, ValueError, KeyError, AttributeError, AssertionError) as error:
                report[key] = f"failed: {error}"
                failed = True
                continue
            report[key] = round(1000 * float(np.linalg.norm(found - wanted, axis=2).max()), 5)
            failed |= not report[key] <= options.limit
    print(json.dumps(report, indent=2))
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
