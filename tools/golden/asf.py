#!/usr/bin/env python3
"""Makes tests/data/good/figure.asf and figure.amc, a made-up person who walks, and tests/golden/asf.json:
where the begin and the end of every bone are, in metres, by 4x4 matrices of row vectors as the format's
description writes them (L = Cinv M C B), with numpy alone.

    /usr/bin/python3 tools/golden/asf.py      (Debian's python3-numpy)
"""
import json
import pathlib

import numpy as np

root = pathlib.Path(__file__).resolve().parents[2]

# name, parent, direction, length, axis, dof. Bones are called as in CMU's files; the numbers are our own.
BONES = []


def both(name, parent, direction, length, axis, dof):
    for side, sign in (("l", 1), ("r", -1)):
        above = parent if parent in ("root", "thorax") else side + parent
        BONES.append((side + name, above, [sign * direction[0], direction[1], direction[2]], length,
                      [axis[0], sign * axis[1], sign * axis[2]], dof))


both("hipjoint", "root", [0.65, -0.72, 0.24], 2.5, [0, 0, 0], [])
both("femur", "hipjoint", [0.34202, -0.939693, 0], 7.2, [0, 0, 20], ["rx", "ry", "rz"])
both("tibia", "femur", [0.34202, -0.939693, 0], 7.4, [0, 0, 20], ["rx"])
both("foot", "tibia", [0.08, -0.22, 0.97], 2.2, [-90, 0, 20], ["rx", "rz"])
both("toes", "foot", [0, 0, 1], 1.1, [-90, 0, 20], ["rx"])
BONES.append(("lowerback", "root", [0.01, 0.99, -0.05], 2.1, [0, 0, 0], ["rx", "ry", "rz"]))
BONES.append(("upperback", "lowerback", [0, 1, 0.02], 2.1, [0, 0, 0], ["rx", "ry", "rz"]))
BONES.append(("thorax", "upperback", [0, 1, 0.03], 2.1, [0, 0, 0], ["rx", "ry", "rz"]))
BONES.append(("lowerneck", "thorax", [0, 0.98, 0.15], 1.5, [0, 0, 0], ["rx", "ry", "rz"]))
BONES.append(("upperneck", "lowerneck", [0, 0.98, -0.15], 1.6, [0, 0, 0], ["rx", "ry", "rz"]))
BONES.append(("head", "upperneck", [0, 1, -0.05], 1.6, [0, 0, 0], ["rx", "ry", "rz"]))
both("clavicle", "thorax", [0.92, 0.37, -0.07], 3.3, [0, 0, 0], ["ry", "rz"])
both("humerus", "clavicle", [1, 0, 0], 5.1, [0, 30, -90], ["rx", "ry", "rz"])
both("radius", "humerus", [1, 0, 0], 3.3, [0, 30, -90], ["rx"])
both("wrist", "radius", [1, 0, 0], 1.6, [180, 0, 90], ["ry"])
both("hand", "wrist", [1, 0, 0], 0.7, [180, -90, 90], ["rx", "rz"])
both("fingers", "hand", [1, 0, 0], 0.6, [180, -90, 90], ["rx"])
both("thumb", "wrist", [0.7, 0, 0.7], 0.8, [-90, -45, 0], ["rx", "rz"])
FRAMES = 120
SCALE = 0.0254 / 0.45


def angles(name, dofs, f):
    """Degrees: a walk at 120 frames a second, and a little of everything elsewhere."""
    t = f / 120
    left = 1 if name.startswith("l") and not name.startswith("lower") else -1
    swing = np.sin(2 * np.pi * t) * left
    out = []
    for i, dof in enumerate(dofs):
        if name[1:] == "femur" and dof == "rx":
            out.append(-25 * swing)
        elif name[1:] == "tibia":
            out.append(22 + 20 * np.cos(2 * np.pi * t) * left)
        elif name[1:] == "radius":
            out.append(35 + 15 * swing)
        elif name[1:] == "humerus" and dof == "rz":
            out.append(-left * 60 + 10 * swing)
        else:
            out.append(4 * np.sin(3 * t + i + len(name)))
    return out


def turn(axis, degrees):
    """Row vectors: v R."""
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    m = {"x": [[1, 0, 0], [0, c, s], [0, -s, c]],
         "y": [[c, 0, -s], [0, 1, 0], [s, 0, c]],
         "z": [[c, s, 0], [-s, c, 0], [0, 0, 1]]}[axis]
    out = np.eye(4)
    out[:3, :3] = m
    return out


def product(axes, degrees):
    out = np.eye(4)
    for axis, value in zip(axes, degrees):
        out = out @ turn(axis, value)
    return out


def shift(v):
    out = np.eye(4)
    out[3, :3] = v
    return out


asf = [":version 1.10", ":name figure", ":units", "  mass 1.0", "  length 0.45", "  angle deg",
       ":documentation", "   made by tools/golden/asf.py", ":root", "   order TX TY TZ RX RY RZ",
       "   axis XYZ", "   position 0 0 0", "   orientation 0 0 0", ":bonedata"]
for i, (name, parent, direction, length, axis, dof) in enumerate(BONES):
    unit = np.array(direction) / np.linalg.norm(direction)
    asf += ["  begin", f"     id {i + 1}", f"     name {name}",
            "     direction " + " ".join(f"{x:.6g}" for x in unit), f"     length {length}",
            "     axis " + " ".join(f"{x:g}" for x in axis) + "  XYZ"]
    if dof:
        asf += ["    dof " + " ".join(dof), "    limits (-160.0 20.0)"]
        asf += ["           (-70.0 70.0)"] * (len(dof) - 1)
    asf += ["  end"]
asf += [":hierarchy", "  begin"]
for parent in ["root"] + [b[0] for b in BONES]:
    children = [b[0] for b in BONES if b[1] == parent]
    if children:
        asf.append("    " + parent + " " + " ".join(children))
asf += ["  end", ""]

amc = ["#!OML:ASF figure.asf", ":FULLY-SPECIFIED", ":DEGREES"]
golden = {"frames": [0, 77, 119], "begin": [], "end": [], "names": [b[0] for b in BONES]}
parsed = {}
for f in range(FRAMES):
    root_row = [0.4, 17.2 + 0.2 * np.sin(4 * np.pi * f / 120), 0.17 * f, 3, 30 + 0.1 * f, -2]
    amc += [str(f + 50), "root " + " ".join(f"{x:.6g}" for x in root_row)]
    begins, ends, world = [], [], {}
    root_row = [float(f"{x:.6g}") for x in root_row]
    world["root"] = (product("xyz", root_row[3:]) @ shift(root_row[:3]), np.zeros(3))
    for name, parent, direction, length, axis, dof in BONES:
        values = [float(f"{x:.6g}") for x in angles(name, dof, f)]
        if dof:
            amc.append(name + " " + " ".join(f"{x:.6g}" for x in values))
        unit = np.array(direction) / np.linalg.norm(direction)
        unit = np.array([float(f"{x:.6g}") for x in unit])
        unit /= np.linalg.norm(unit)
        c = product("xyz", axis)
        m = product([d[1] for d in dof], values)
        above, offset = world[parent]
        local = np.linalg.inv(c) @ m @ c @ shift(offset)
        world[name] = (local @ above, unit * length)
        begins.append(world[name][0][3, :3] * SCALE)
        ends.append((np.append(unit * length, 1) @ world[name][0])[:3] * SCALE)
    if f in golden["frames"]:
        golden["begin"].append(np.round(begins, 6).tolist())
        golden["end"].append(np.round(ends, 6).tolist())

good = root / "tests/data/good"
(good / "figure.asf").write_text("\n".join(asf))
(good / "figure.amc").write_text("\n".join(amc) + "\n")
(root / "tests/golden/asf.json").write_text(json.dumps(golden) + "\n")
