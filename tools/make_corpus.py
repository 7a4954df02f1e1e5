#!/usr/bin/env python3
"""Makes the seeds in fuzz/corpus of the text formats: one good file each and one broken file a line.

    /usr/bin/python3 tools/make_corpus.py
"""
import base64
import gzip
import json
import pathlib
import struct

corpus = pathlib.Path(__file__).resolve().parents[1] / "fuzz/corpus"


def write(target, name, content):
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def broken(target, extension, good, breaks):
    """A file bad_<name> for each (name, from, to)."""
    for name, old, new in breaks:
        assert old in good, (target, name)
        write(target, f"bad_{name}.{extension}", good.replace(old, new, 1))


# ASF and AMC, as one text.
asf = """:version 1.10
:units
  length 0.45
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name hip
     direction 0 1 0
     length 3
     axis 0 0 20 XYZ
    dof rx rz
    limits (-160.0 20.0)
           (-70.0 70.0)
  end
  begin
     id 2
     name shin
     direction 1 0 0
     length 4
     axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root hip
    hip shin
  end
=====
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 4 5 6
hip 10 20
2
root 1 2 3 4 5 6
hip 1e-15 20
"""
write("fuzz_asf", "good_small.txt", asf)
write("fuzz_asf", "good_radians.txt", asf.replace(":DEGREES", ":RADIANS").replace("angle deg", "angle rad"))
write("fuzz_asf", "good_no_limits.txt", asf.replace("    limits (-160.0 20.0)\n           (-70.0 70.0)\n", ""))
broken("fuzz_asf", "txt", asf, [
    ("no_root", ":root", ":stem"), ("order", "TX TY", "TX TX"), ("axis", "20 XYZ", "20 XXZ"),
    ("length", "length 3", "length -3"), ("nan", "direction 0 1 0", "direction 0 nan 0"),
    ("dof", "dof rx rz", "dof rx l"), ("limits", "(-160.0 20.0)", "(-160.0"), ("cycle", "root hip", "shin hip"),
    ("twice", "name shin", "name hip"), ("missing_bone", "hip 10 20\n", ""), ("gap", "\n2\n", "\n3\n"),
    ("row", "hip 10 20", "hip 10"), ("overflow", "\n2\n", "\n99999999999999999999\n"), ("huge", "root 1 2", "root 1e300 2"),
])

# BABEL.
babel = """{"10": {"feat_p": "KIT/KIT/4/a_poses.npz", "dur": 3.5,
 "seq_ann": {"labels": [{"raw_label": "turn left", "act_cat": ["turn"]}]},
 "frame_ann": {"labels": [{"raw_label": "stand", "act_cat": ["stand", "rest"], "start_t": 2, "end_t": 3.5}]}},
 "9": {"feat_p": "CMU/CMU/01/01_01_poses.npz", "dur": 20, "frame_ann": null, "seq_anns": [{"labels": null}]}}"""
write("fuzz_babel", "good_small.json", babel)
write("fuzz_babel", "good_empty.json", "{}")
write("fuzz_babel", "good_one.json", '{"1": {"feat_p": "a/b.npz", "dur": 0}}')
broken("fuzz_babel", "json", babel, [
    ("no_file", "feat_p", "feet_p"), ("duration", '"dur": 3.5', '"dur": -1'), ("backwards", '"end_t": 3.5', '"end_t": 1'),
    ("categories", '["stand", "rest"]', '"stand"'), ("labels", "null}]", "5}]"), ("twice", '"9": {', '"10": {'),
    ("cut", "}}", ""), ("list", '{"10": {', '[{"10": {'),
])

# HumanML3D's captions.
captions = """a person walks.#a/DET person/NOUN walk/VERB#0.0#0.0
they kick#they/PRON kick/VERB#1.5#4.0
sit.##nan#nan
"""
write("fuzz_captions", "good_small.txt", captions)
write("fuzz_captions", "good_empty.txt", "")
write("fuzz_captions", "good_crlf.txt", captions.replace("\n", "\r\n"))
broken("fuzz_captions", "txt", captions, [
    ("fields", "#0.0#0.0", "#0.0"), ("token", "a/DET", "a"), ("time", "1.5", "soon"), ("backwards", "4.0", "1.0"),
    ("infinite", "4.0", "inf"), ("no_sentence", "sit.", ""), ("tag", "a/DET", "a/"),
])
write("fuzz_captions", "bad_bytes.txt", b"walk \xff#walk/VERB#0#0\n")


# HumanML3D's features and joints, as NumPy arrays.
def npy(shape, values, dtype="<f4"):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values


def floats(count, *special):
    """Small numbers; special: (place, value)."""
    values = [((i * 37) % 19 - 9) / 40 for i in range(count)]
    for place, value in special:
        values[place] = value
    return struct.pack(f"<{count}f", *values)


write("fuzz_humanml3d", "good_features.npy", npy((3, 263), floats(789)))
write("fuzz_humanml3d", "good_still.npy", npy((1, 263), bytes(1052)))
write("fuzz_humanml3d", "good_double.npy", npy((1, 263), bytes(2104), "<f8"))
write("fuzz_humanml3d", "joints.npy", npy((3, 22, 3), floats(198)))
write("fuzz_humanml3d", "joints_still.npy", npy((2, 22, 3), bytes(528)))
write("fuzz_humanml3d", "bad_width.npy", npy((3, 262), floats(786)))
write("fuzz_humanml3d", "bad_nan.npy", npy((1, 263), floats(263, (7, float("nan")))))
write("fuzz_humanml3d", "bad_huge.npy", npy((1, 263), floats(263, (0, 1e30))))
write("fuzz_humanml3d", "bad_empty.npy", npy((0, 263), b""))
write("fuzz_humanml3d", "bad_rank.npy", npy((263,), floats(263)))
write("fuzz_humanml3d", "bad_claim.npy", npy((10**12, 263), b"0123456789"))
write("fuzz_humanml3d", "bad_cut.npy", npy((3, 263), floats(788)))

# NTU RGB+D.
joint = "0.1 0.2 3.5 200.1 180.5 900 500 0 0 0 1 2\n"
body = "72057594037931101 0 1 1 0 1 0 0.1 -0.2 2\n25\n" + 25 * joint
ntu = "3\n1\n" + body + "0\n2\n" + body + body.replace("72057594037931101", "5")
write("fuzz_ntu", "good_two.skeleton", ntu)
write("fuzz_ntu", "good_empty.skeleton", "1\n0\n")
write("fuzz_ntu", "good_lost.skeleton", "1\n1\n" + body.replace("1 2\n", "1 0\n").replace("0.1 0.2", "nan nan"))
broken("fuzz_ntu", "skeleton", ntu, [
    ("joints", "\n25\n", "\n24\n"), ("state", "1 2\n", "1 7\n"), ("count", "3\n1\n", "2\n1\n"), ("many", "3\n1\n", "3\n900\n"),
    ("nan", "0.1 0.2 3.5", "0.1 nan 3.5"), ("values", "500 0 0 0 1 2", "500 0 0 0 2"), ("twice", "\n5 0", "\n72057594037931101 0"),
    ("huge", "3\n", "99999999999999999999\n"),
])

# C3D: one marker, two frames of real numbers.
def c3d(processor=84, scale=-0.1, frames=2, rate=100.0, units=b"mm", used=1):
    end = {84: "<", 85: "<", 86: ">"}[processor]

    def real(v):
        raw = struct.pack("<f", v * 4 if processor == 85 else v)
        return raw[2:] + raw[:2] if processor == 85 else struct.pack(end + "f", v)

    def whole(v):
        return struct.pack(end + "H", v)

    def record(name, group, payload):
        return bytes([len(name), group & 255]) + name + whole(2 + len(payload)) + payload

    head = b"\x02\x50" + whole(used) + whole(0) + whole(1) + whole(frames) + whole(10) + real(scale) + whole(3) + whole(0)
    head = (head + real(rate)).ljust(512, b"\0")
    text = record(b"POINT", -1, b"\0") + record(b"LABELS", 1, b"\xff\x02\x04\x01LASI\0")
    text += record(b"UNITS", 1, b"\xff\x02\x02\x01" + units.ljust(2)[:2] + b"\0") + record(b"USED", 1, b"\x02\x00" + whole(used) + b"\0")
    parameters = (b"\x01\x50\x01" + bytes([processor]) + text + b"\0\0").ljust(512, b"\0")
    data = b"".join(b"".join(map(real, (100.0, 200.0 + f, 900.0, 258.0))) for f in range(2))
    return head + parameters + data.ljust(512, b"\0")


write("fuzz_c3d", "good_intel.c3d", c3d())
write("fuzz_c3d", "good_dec.c3d", c3d(85))
write("fuzz_c3d", "good_mips.c3d", c3d(86))
write("fuzz_c3d", "good_whole.c3d", c3d(scale=0.1))
write("fuzz_c3d", "bad_frames.c3d", c3d(frames=60000))
write("fuzz_c3d", "bad_scale.c3d", c3d(scale=0.0))
write("fuzz_c3d", "bad_rate.c3d", c3d(rate=0.0))
write("fuzz_c3d", "bad_units.c3d", c3d(units=b"ft"))
write("fuzz_c3d", "bad_used.c3d", c3d(used=60000))
write("fuzz_c3d", "bad_magic.c3d", c3d().replace(b"\x02\x50", b"\x02\x51", 1))
write("fuzz_c3d", "bad_cut.c3d", c3d()[:700])
write("fuzz_c3d", "bad_processor.c3d", c3d().replace(b"\x01\x50\x01\x54", b"\x01\x50\x01\x60", 1))

# Points of videos, and as CSV.
landmark = '{"x": 0.1, "y": -0.2, "z": 0.3, "visibility": 0.9}'
write("fuzz_points", "good_world.json", '{"fps": 25, "frames": [{"pose_world_landmarks": [' + ", ".join([landmark] * 33) + "]}, null]}")
write("fuzz_points", "good_list.json", "[[" + ", ".join(["[0.1, 0.2, 0.3]"] * 33) + "], []]")
write("fuzz_points", "good_people.json", '[{"landmarks": [[' + ", ".join([landmark] * 33) + "]]}]")
write("fuzz_points", "openpose.json", '{"people": [{"pose_keypoints_2d": [' + ", ".join(["1, 2, 0.5"] * 25) + "]}]}")
write("fuzz_points", "openpose3d.json", '[{"people": []}, {"people": [{"pose_keypoints_3d": [' + ", ".join(["1, 2, 3, 1"] * 18) + "]}]}]")
write("fuzz_points", "points.csv", "frame,time,a_x,a_y,a_z,a_confidence\n0,0,1,2,3,0.5\n1,0.04,,,,0\n")
write("fuzz_points", "packed.gz", gzip.compress(b"hello" * 20, mtime=0))
write("fuzz_points", "bad_count.json", "[[[1, 2, 3]]]")
write("fuzz_points", "bad_fps.json", '{"fps": 0, "frames": [null]}')
write("fuzz_points", "bad_landmark.json", "[[" + ", ".join(['{"x": 1}'] * 33) + "]]")
write("fuzz_points", "bad_number.json", "[[" + ", ".join(["[1, 2, 1e99]"] * 33) + "]]")
write("fuzz_points", "bad_frame.json", "[5]")
write("fuzz_points", "bad_deep.json", "[" * 500)
write("fuzz_points", "bad_empty.json", "[]")

# glTF: one node that turns, with a child.
keys = struct.pack("<10f", 0, 1, 0, 0, 0, 1, 0, 0, 0.70710678, 0.70710678)
gltf = """{"asset": {"version": "2.0"}, "nodes": [{"name": "hip", "translation": [0, 1, 0], "children": [1]}, {"name": "head", "translation": [0, 1, 0]}],
 "buffers": [{"byteLength": 40, "uri": "data:application/octet-stream;base64,%s"}],
 "bufferViews": [{"buffer": 0, "byteLength": 8}, {"buffer": 0, "byteOffset": 8, "byteLength": 32}],
 "accessors": [{"bufferView": 0, "componentType": 5126, "count": 2, "type": "SCALAR"}, {"bufferView": 1, "componentType": 5126, "count": 2, "type": "VEC4"}],
 "animations": [{"name": "act", "samplers": [{"input": 0, "output": 1}], "channels": [{"sampler": 0, "target": {"node": 0, "path": "rotation"}}]}]}"""
gltf = gltf % base64.b64encode(keys).decode()
inside = gltf.replace(', "uri": "data:application/octet-stream;base64,' + base64.b64encode(keys).decode() + '"', "").encode()
inside += b" " * (-len(inside) % 4)
glb = b"glTF" + struct.pack("<II", 2, 28 + len(inside) + 40) + struct.pack("<I", len(inside)) + b"JSON" + inside
glb += struct.pack("<I", 40) + b"BIN\0" + keys
write("fuzz_gltf", "good_text.gltf", gltf)
write("fuzz_gltf", "good_binary.glb", glb)
write("fuzz_gltf", "good_step.gltf", gltf.replace('"output": 1', '"output": 1, "interpolation": "STEP"'))
write("fuzz_gltf", "good_still.gltf", '{"asset": {"version": "2.0"}}')
write("fuzz_gltf", "bad_chunk.glb", glb.replace(struct.pack("<I", 40) + b"BIN", struct.pack("<I", 4000000000) + b"BIN"))
write("fuzz_gltf", "bad_version.glb", glb.replace(b"glTF\x02", b"glTF\x01"))
write("fuzz_gltf", "bad_cut.glb", glb[:-20])
broken("fuzz_gltf", "gltf", gltf, [
    ("cycle", '"children": [1]', '"children": [0]'), ("child", '"children": [1]', '"children": [9]'), ("number", "[0, 1, 0]", "[0, 1e40, 0]"),
    ("accessor", '"count": 2, "type": "VEC4"', '"count": 200000000, "type": "VEC4"'), ("type", "VEC4", "VEC3"), ("uri", "base64,", "base64,?"),
    ("outside", "data:application/octet-stream;base64,", "../../../"), ("path", '"rotation"', '"colour"'),
])

# Words of captions.
words = """people = ["a person"]
person = ["person"]
joints = [", then "]
last_joints = [" and then "]
[verbs]
lie = ["lies", "lying"]
[ways]
forward = [" forward", " {way} {the} {way}"]
[paces]
"walk slow" = [" slowly"]
[numbers]
times = ["", " twice"]
[phrases]
travel = ["[{verb}]{way}{pace}", "[keep] {verbing}{times}", "[lie down]"]
[styles.odd]
manner = [" oddly"]
"""
write("fuzz_caption_words", "good_small.toml", words)
broken("fuzz_caption_words", "toml", words, [
    ("slot", "{pace}", "{colour}"),
    ("open_slot", "{pace}\"", "{pace\""),
    ("bracket", "[lie down]", "[lie down"),
    ("empty_verb", "[lie down]", "[]"),
    ("closing", "[lie down]", "lie down]"),
    ("inner", "[lie down]", "[lie {pace}]"),
    ("forms", '["lies", "lying"]', '["lies"]'),
    ("empty_list", '[" slowly"]', "[]"),
    ("type", '[" slowly"]', "[3]"),
    ("table", "[numbers]", "[[numbers]]"),
    ("key", "[numbers]", "[digits]"),
    ("style_key", "manner", "mood"),
    ("control", " slowly", " slow\\u0007ly"),
    ("toml", "[paces]", "[paces"),
])
write("fuzz_caption_words", "bad_nested.toml", "x = " + 400 * "[" + "\n")

# A character of a stranger: 15 joints under an armature, one triangle that hangs on two of them.
figure = [("hips", "Armature", (0, 90, 0)), ("chest", "hips", (0, 30, 0)), ("head", "chest", (0, 30, 0))]
for side, x in (("L", 1), ("R", -1)):
    figure += [(f"thigh.{side}", "hips", (9 * x, 0, 0)), (f"shin.{side}", f"thigh.{side}", (0, -42, 0)), (f"foot.{side}", f"shin.{side}", (0, -40, 0)),
               (f"arm.{side}", "chest", (18 * x, 15, 0)), (f"forearm.{side}", f"arm.{side}", (27 * x, 0, 0)), (f"hand.{side}", f"forearm.{side}", (25 * x, 0, 0))]
names = ["Armature"] + [name for name, _, _ in figure]
nodes = [{"name": "Armature", "scale": [0.01, 0.01, 0.01], "children": [1]}]
nodes += [{"name": name, "translation": list(at)} for name, _, at in figure]
for name, parent, _ in figure[1:]:
    nodes[names.index(parent)].setdefault("children", []).append(names.index(name))
nodes.append({"name": "skin", "mesh": 0, "skin": 0})
corners = struct.pack("<9f", 0, 1, 0, 0.1, 1, 0, 0, 1.2, 0) + bytes([1, 2, 0, 0] * 3) + struct.pack("<12f", *[0.5, 0.5, 0, 0] * 3)
character = {
    "asset": {"version": "2.0", "extras": "somebody's"}, "scenes": [{"nodes": [0, len(nodes) - 1]}], "nodes": nodes, "buffers": [{"byteLength": len(corners)}],
    "skins": [{"joints": list(range(1, len(names)))}],
    "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "JOINTS_0": 1, "WEIGHTS_0": 2}}]}],
    "bufferViews": [{"buffer": 0, "byteLength": 36}, {"buffer": 0, "byteOffset": 36, "byteLength": 12}, {"buffer": 0, "byteOffset": 48, "byteLength": 48}],
    "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 1, 0], "max": [0.1, 1.2, 0]},
                  {"bufferView": 1, "componentType": 5121, "count": 3, "type": "VEC4"}, {"bufferView": 2, "componentType": 5126, "count": 3, "type": "VEC4"}]}


def as_glb(scene, data=corners):
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    return (b"glTF" + struct.pack("<II", 2, 28 + len(text) + len(data)) + struct.pack("<I", len(text)) + b"JSON" + text +
            struct.pack("<I", len(data)) + b"BIN\0" + data)


def changed(**parts):
    return as_glb({**character, **parts})


write("fuzz_character", "good_scaled.glb", as_glb(character))
unnamed = [{**node, "name": f"n{(5 * i) % 16}"} for i, node in enumerate(nodes)]
write("fuzz_character", "good_without_names.glb", changed(nodes=unnamed))
matrix = [{"name": n["name"], **({"children": n["children"]} if "children" in n else {}),
           "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, *n["translation"], 1]} if "translation" in n else n for n in nodes]
write("fuzz_character", "good_matrices.glb", changed(nodes=matrix))
write("fuzz_character", "bad_cut.glb", as_glb(character)[:-20])
write("fuzz_character", "bad_text.gltf", json.dumps(character))
write("fuzz_character", "bad_no_skin.glb", changed(skins=[]))
write("fuzz_character", "bad_no_joints.glb", changed(skins=[{"joints": [99]}]))
write("fuzz_character", "bad_outside.glb", changed(buffers=[{"byteLength": 96, "uri": "../secret.bin"}]))
write("fuzz_character", "bad_accessors.glb", changed(accessors={"0": 1}))
write("fuzz_character", "bad_views.glb", changed(bufferViews="none"))
write("fuzz_character", "bad_legs.glb", changed(nodes=nodes[:4], skins=[{"joints": [1, 2, 3]}], scenes=[{"nodes": [0]}]))
write("fuzz_character", "bad_number.glb", as_glb(character).replace(b"[0, 90, 0]", b"[0, 1e9, 0", 1))

# Points of all kinds in one target.
row = ",".join(f"x{k},y{k},z{k}" for k in range(33))
write("fuzz_point_file", "good_numbered.csv", row + "\n" + ",".join(["0.5,0.25,-0.125"] * 33) + "\n")
write("fuzz_point_file", "good_named.csv", "frame,time,a_x,a_y,a_z\n0,0,1,2,3\n1,0.04,,,\n")
write("fuzz_point_file", "good_nobody.json", '[{"pose_world_landmarks": null}, {"pose_world_landmarks": [' + ", ".join([landmark] * 33) + "]}]")
write("fuzz_point_file", "bad_numbers.csv", "x0,y0,z0,x33,y33,z33\n1,2,3,4,5,6\n")
write("fuzz_point_file", "bad_huge_number.csv", "x0,y0,z0,x99999999999999999999,y1,z1\n1,2,3,4,5,6\n")
write("fuzz_point_file", "bad_row.csv", row + "\n1,2\n")
write("fuzz_point_file", "bad_flat.json", '{"people": [{"pose_keypoints_2d": [' + ", ".join(["1, 2, 0.5"] * 25) + "]}]}")
write("fuzz_point_file", "bad_alone.csv", ",x0,y0,z0")
write("fuzz_point_file", "bad_not_finite.csv", "a_x,a_y,a_z\n1,nan,3\n")
write("fuzz_point_file", "bad_no_rows.csv", "a_x,a_y,a_z\n")
