"""Runs inside Blender, for check.py: imports a BVH or GLB and writes where its joints are in every frame."""
import builtins
import json
import pathlib
import sys

import bpy
import numpy

# Debian 12 ships Blender 3.4 with a Python and a numpy that took away what its importers call: mode "U" of
# open() (a no-op since Python 3) and numpy.bool (the builtin). Put back, or no BVH and no mesh can be read.
plain_open = builtins.open


def open_as_before(file, mode="r", *rest, **more):
    return plain_open(file, mode.replace("U", ""), *rest, **more)


builtins.open = open_as_before
if "bool" not in vars(numpy):
    numpy.bool = bool

wanted = json.loads(pathlib.Path(sys.argv[sys.argv.index("--") + 1]).read_text())
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.render.fps = round(wanted["rate"])
scene.render.fps_base = round(wanted["rate"]) / wanted["rate"]
first = 0
if wanted["file"].endswith(".bvh"):
    first = 1  # the importer takes no earlier frame
    bpy.ops.import_anim.bvh(filepath=wanted["file"], global_scale=0.01, frame_start=first, rotate_mode="NATIVE",
                            axis_forward="-Z", axis_up="Y")
else:
    bpy.ops.import_scene.gltf(filepath=wanted["file"])

positions = []
for frame in range(wanted["frames"]):
    scene.frame_set(first + frame)
    places = {}
    for thing in scene.objects:
        # Joints with a skin become bones, nodes without one objects of their own.
        places.setdefault(thing.name, thing.matrix_world.translation)
        if thing.type == "ARMATURE":
            places.update((bone.name, thing.matrix_world @ bone.head) for bone in thing.pose.bones)
    # Blender's z is up, and what looked along +z looks along -y.
    positions.append([[places[name].x, places[name].z, -places[name].y] for name in wanted["names"]])
pathlib.Path(wanted["result"]).write_text(json.dumps({"version": bpy.app.version_string, "positions": positions}))
