#!/usr/bin/env python3
"""Finds the `frame` constants of a rig whose rest pose is not a pose of a person.

    tools/calibrate_frames.py MAPPING FILE... -- REFERENCE_MAPPING FILE...

Both lists are BVH files of ordinary forward walking. The reference rig has a usable rest pose (its
frames follow from the T-pose rule of docs/MAPPINGS.md). In MAPPING the torso has frames already,
found by looking at the OFFSETs; every joint with a rotation but no frame gets one:

  limbs     the bone's axis is taken from the OFFSET of its child; the turn about that axis is the one
            that best matches the mean orientation of the same bone in the reference walks
  neck, head  the parent's frame, nodded (turned about the left-right axis) to match likewise
  others    (collars, feet, hands): the rotation that best matches the mean orientation

Left and right are averaged. Orientations are relative to where the pelvis is heading. Prints lines to paste under [joints].
Bandai-Namco (the only such rig so far) was calibrated from all takes called
dataset-[12]_walk_normal_*.bvh against the 61 CMU files that labels.csv calls "walk" (30 fps).
"""
import sys
import tomllib

import numpy as np

JOINTS = """pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3
left_foot right_foot neck left_collar right_collar head left_shoulder right_shoulder left_elbow
right_elbow left_wrist right_wrist""".split()
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]
DIRECTIONS = {"left_knee": (0, -1, 0), "right_knee": (0, -1, 0), "left_ankle": (0, -1, 0),
              "right_ankle": (0, -1, 0), "left_elbow": (1, 0, 0), "left_wrist": (1, 0, 0),
              "right_elbow": (-1, 0, 0), "right_wrist": (-1, 0, 0)}


def about(axis, degrees):
    """Rotation matrices [F, 3, 3] about coordinate axis 0, 1 or 2."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    out = np.zeros((len(degrees), 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[:, axis, axis] = 1
    out[:, i, i], out[:, i, j], out[:, j, i], out[:, j, j] = c, -s, s, c
    return out


def about_unit(axis, angle):
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def swing(a, b):
    """Smallest rotation from direction a to direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    size = np.linalg.norm(axis)
    if size < 1e-9:
        if a @ b > 0:
            return np.eye(3)
        axis = np.cross(a, [1, 0, 0] if abs(a[0]) < 0.9 else [0, 1, 0])
        return about_unit(axis / np.linalg.norm(axis), np.pi)
    return about_unit(axis / size, np.arctan2(size, a @ b))


def nearest_rotation(m):
    u, _, v = np.linalg.svd(m)
    return u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v


def quaternion(m):
    w, x, y, z = (max(0.0, 1 + a + b + c) ** 0.5 / 2 for a, b, c in (
        (m[0, 0], m[1, 1], m[2, 2]), (m[0, 0], -m[1, 1], -m[2, 2]),
        (-m[0, 0], m[1, 1], -m[2, 2]), (-m[0, 0], -m[1, 1], m[2, 2])))
    x, y, z = (np.copysign(v, s) for v, s in
               ((x, m[2, 1] - m[1, 2]), (y, m[0, 2] - m[2, 0]), (z, m[1, 0] - m[0, 1])))
    if w < 1e-4:  # half a turn: signs from the off-diagonal sums
        k = int(np.argmax(np.abs([x, y, z])))
        axis = (m[:, k] + np.eye(3)[k]) / 2
        w, (x, y, z) = 0.0, axis / np.linalg.norm(axis)
    return np.array([w, x, y, z])


def matrix(q):
    w, x, y, z = np.array(q) / np.linalg.norm(q)
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                     [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                     [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])


def read_bvh(path):
    """Rest positions and world rotations {name: [F, 3, 3]} of the joints."""
    head, motion = open(path).read().split("MOTION")
    names, parents, offsets, channels, stack = [], [], [], [], []
    end = False
    for line in head.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] in ("ROOT", "JOINT"):
            names.append(words[1])
            parents.append(stack[-1] if stack else -1)
            channels.append([])
            pending = len(names) - 1
        elif words[0] == "End":
            end, pending = True, -1
        elif words[0] == "{":
            stack.append(pending)
        elif words[0] == "}":
            stack.pop()
            end = False
        elif words[0] == "OFFSET" and not end:
            offsets.append(np.array([float(w) for w in words[1:4]]))
        elif words[0] == "CHANNELS":
            channels[-1] = words[2:]
    rows = np.array([[float(w) for w in line.split()] for line in motion.splitlines()[3:]
                     if line.strip()])
    world, rest, column = {}, {}, 0
    for j, name in enumerate(names):
        turn = np.repeat(np.eye(3)[None], len(rows), axis=0)
        for channel in channels[j]:
            if channel.endswith("rotation"):
                turn = turn @ about("XYZ".index(channel[0]), rows[:, column])
            column += 1
        world[name] = turn if parents[j] < 0 else world[names[parents[j]]] @ turn
        rest[name] = offsets[j] + (0 if parents[j] < 0 else rest[names[parents[j]]])
    return rest, world


def entry(mapping, joint):
    value = mapping["joints"].get(joint, {})
    return {"rotation": value} if isinstance(value, str) else value


def place(mapping, joint):
    e = entry(mapping, joint)
    return e.get("position", e.get("rotation"))


def rule_frames(mapping, rest):
    """The T-pose rule of docs/MAPPINGS.md (Y up, facing +Z)."""
    frames = {}
    for joint, parent in zip(JOINTS, PARENTS):
        frame = np.eye(3) if parent < 0 else frames[JOINTS[parent]]
        for child, direction in DIRECTIONS.items():
            if PARENTS[JOINTS.index(child)] == JOINTS.index(joint):
                bone = rest[place(mapping, child)] - rest[place(mapping, joint)]
                frame = swing(frame @ direction, bone) @ frame
        given = entry(mapping, joint).get("frame")
        frames[joint] = matrix(given) if given else frame
    return frames


def heading(pelvis):
    """Rotations about Y that take the pelvis' heading away, [F, 3, 3]."""
    forward = pelvis[:, :, 2]
    return about(1, -np.degrees(np.arctan2(forward[:, 0], forward[:, 2])))


def mean_orientations(mapping, files, frames_of):
    """Mean of heading^-1 * world * frame for every joint that has a rotation."""
    sums, count = {}, 0
    for path in files:
        rest, world = read_bvh(path)
        frames = frames_of(rest)
        pelvis = entry(mapping, "pelvis")["rotation"]
        turn = heading(world[pelvis] @ frames["pelvis"])
        count += len(turn)
        for joint in JOINTS:
            source = entry(mapping, joint).get("rotation")
            if source:
                frame = frames.get(joint, np.eye(3))
                sums[joint] = sums.get(joint, 0) + (turn @ world[source] @ frame).sum(axis=0)
    return {joint: total / count for joint, total in sums.items()}, rest


def symmetric(frames):
    """Left and right averaged: people favour a side, rigs don't. A rig's right joints are its left
    ones in the mirror, turned by quarters about their axes."""
    mirror = np.diag([-1.0, 1, 1])
    out = dict(frames)
    for joint, left in frames.items():
        other = joint.replace("left", "right")
        if other == joint:
            continue
        quarters = np.round(mirror @ left @ mirror @ frames[other].T)
        if not np.allclose(quarters @ quarters.T, np.eye(3)):
            sys.exit(f"{joint} and {other} are not mirror images of each other")
        mean = nearest_rotation(left + mirror @ quarters @ frames[other] @ mirror)
        out[joint], out[other] = mean, quarters.T @ mirror @ mean @ mirror
    return out


def main():
    split = sys.argv.index("--")
    with open(sys.argv[1], "rb") as f:
        mapping = tomllib.load(f)
    with open(sys.argv[split + 1], "rb") as f:
        reference = tomllib.load(f)
    wanted, _ = mean_orientations(reference, sys.argv[split + 2:],
                                  lambda rest: rule_frames(reference, rest))
    given = {j: matrix(entry(mapping, j)["frame"]) for j in JOINTS if "frame" in entry(mapping, j)}
    found, rest = mean_orientations(mapping, sys.argv[2:split], lambda _: given)
    fitted = {}
    for joint in JOINTS:
        source = entry(mapping, joint).get("rotation")
        if not source or joint in given or joint not in wanted:
            continue
        child = next((c for c in DIRECTIONS if PARENTS[JOINTS.index(c)] == JOINTS.index(joint)), None)
        middle = not joint.startswith(("left", "right"))
        if child or middle:
            axis = np.array(DIRECTIONS[child] if child else (1, 0, 0), float)
            parent = JOINTS[PARENTS[JOINTS.index(joint)]]
            base = (swing(axis, rest[place(mapping, child)] - rest[source]) if child
                    else given.get(parent, fitted.get(parent)))
            m = wanted[joint].T @ found[joint] @ base
            # trace(m @ turn(axis, a)) = const + p cos a + q sin a
            at = [np.trace(m @ about_unit(axis, a)) for a in (0, np.pi / 2, np.pi)]
            p, q = (at[0] - at[2]) / 2, at[1] - (at[0] + at[2]) / 2
            frame = base @ about_unit(axis, np.arctan2(q, p))
        else:
            frame = nearest_rotation(found[joint].T @ wanted[joint])
        fitted[joint] = frame
    for joint, frame in symmetric(fitted).items():
        left = nearest_rotation(found[joint] @ frame).T @ nearest_rotation(wanted[joint])
        angle = np.degrees(np.arccos(np.clip((np.trace(left) - 1) / 2, -1, 1)))
        numbers = ", ".join(f"{v:.5f}" for v in quaternion(frame))
        source = entry(mapping, joint)["rotation"]
        print(f'{joint} = {{rotation = "{source}", frame = [{numbers}]}}  # {angle:.0f} degrees left')


if __name__ == "__main__":
    main()
