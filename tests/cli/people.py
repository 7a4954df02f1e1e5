"""Small files of made-up people, for tests of the command line."""
import json
import math
import struct

# CMU's joint names with round offsets of our own, in CMU's unit (0.056444 m).
TREE = ("Hips", (0, 0, 0), [
    ("LHipJoint", (0, 0, 0), [("LeftUpLeg", (1.5, -1.5, 0), [("LeftLeg", (2.5, -6.8, 0), [
        ("LeftFoot", (2.5, -6.8, 0), [("LeftToeBase", (0, -0.5, 2.2), [])])])])]),
    ("RHipJoint", (0, 0, 0), [("RightUpLeg", (-1.5, -1.5, 0), [("RightLeg", (-2.5, -6.8, 0), [
        ("RightFoot", (-2.5, -6.8, 0), [("RightToeBase", (0, -0.5, 2.2), [])])])])]),
    ("LowerBack", (0, 0, 0), [("Spine", (0, 2, 0), [("Spine1", (0, 2, 0), [
        ("Neck", (0, 2, 0), [("Neck1", (0, 1.5, 0.2), [("Head", (0, 1.5, 0), [])])]),
        ("LeftShoulder", (0, 2, 0), [("LeftArm", (3, 0, 0), [("LeftForeArm", (5, 0, 0), [
            ("LeftHand", (3.2, 0, 0), [
                ("LeftFingerBase", (0.5, 0, 0), [("LeftHandIndex1", (0.5, 0, 0), [])]),
                ("LThumb", (0.4, 0, 0.4), [])])])])]),
        ("RightShoulder", (0, 2, 0), [("RightArm", (-3, 0, 0), [("RightForeArm", (-5, 0, 0), [
            ("RightHand", (-3.2, 0, 0), [
                ("RightFingerBase", (-0.5, 0, 0), [("RightHandIndex1", (-0.5, 0, 0), [])]),
                ("RThumb", (-0.4, 0, 0.4), [])])])])]),
    ])])]),
])


def joints(node=TREE):
    yield node[0]
    for child in node[2]:
        yield from joints(child)


def hierarchy(node=TREE, depth=0):
    name, offset, children = node
    tab = "\t" * depth
    lines = [f"{tab}{'JOINT' if depth else 'ROOT'} {name}", tab + "{",
             f"{tab}\tOFFSET {offset[0]} {offset[1]} {offset[2]}",
             tab + ("\tCHANNELS 3 " if depth else "\tCHANNELS 6 Xposition Yposition Zposition ")
             + "Zrotation Yrotation Xrotation"]
    for child in children:
        lines += hierarchy(child, depth + 1)
    if not children:
        lines += [tab + "\tEnd Site", tab + "\t{", tab + "\t\tOFFSET 0 0.3 0", tab + "\t}"]
    return lines + [tab + "}"]


def walk(seconds=2.0, fps=120, speed=1.2, swing=25):
    """Text of a BVH file: legs and arms swing by so many degrees, the hips move forward at `speed` m/s."""
    frames = int(seconds * fps) + 1
    lines = ["HIERARCHY", *hierarchy(), "MOTION", f"Frames: {frames}",
             f"Frame Time: {1 / fps:.7f}"]
    for frame in range(frames):
        time = frame / fps
        angle = swing * math.sin(2 * math.pi * time)
        values = [0, 17, speed * time / 0.056444, 0, 0, 0]
        for name in list(joints())[1:]:
            sign = {"LeftUpLeg": -1, "RightUpLeg": 1}.get(name, 0)
            values += [0, 0, sign * angle]
        lines.append(" ".join(f"{value:.4f}" for value in values))
    return "\n".join(lines) + "\n"


OUR_JOINTS = (
    "pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 "
    "left_foot right_foot neck left_collar right_collar head left_shoulder right_shoulder "
    "left_elbow right_elbow left_wrist right_wrist").split()
MIXAMO_JOINTS = ["mixamorig:" + name for name in (
    "Hips LeftUpLeg RightUpLeg Spine LeftLeg RightLeg Spine1 LeftFoot RightFoot Spine2 LeftToeBase "
    "RightToeBase Neck LeftShoulder RightShoulder Head LeftArm RightArm LeftForeArm RightForeArm "
    "LeftHand RightHand").split()]


def _replaced(glb, scene):
    """The .glb with another scene."""
    size = struct.unpack("<I", glb[12:16])[0]
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    rest = glb[20 + size:]
    return (b"glTF" + struct.pack("<II", 2, 20 + len(text) + len(rest)) +
            struct.pack("<I", len(text)) + b"JSON" + text + rest)


def scene_of(glb):
    size = struct.unpack("<I", glb[12:16])[0]
    return json.loads(glb[20:20 + size])


def without_spine(glb):
    """One of our characters whose arms and neck hang on the pelvis."""
    scene = scene_of(glb)
    nodes = {node.get("name"): node for node in scene["nodes"]}
    index = {node.get("name"): i for i, node in enumerate(scene["nodes"])}
    hanging = [index[name] for name in ("neck", "left_collar", "right_collar")]
    nodes["spine3"]["children"] = [c for c in nodes["spine3"]["children"] if c not in hanging]
    nodes["pelvis"]["children"] = [
        c for c in nodes["pelvis"]["children"] if c != index["spine1"]] + hanging
    return _replaced(glb, scene)


def stranger(glb):
    """One of our characters (bytes of a .glb) as if another program had made it, and its scene."""
    names = dict(zip(OUR_JOINTS, MIXAMO_JOINTS))
    scene = scene_of(glb)
    scene["asset"]["generator"] = "somebody"
    for node in scene["nodes"]:
        node["name"] = names.get(node["name"], node["name"])
    return _replaced(glb, scene), scene
