"""Renders what bench_cycles exported, inside Blender (3.4 or newer), with Cycles on the CPU.

    blender -b --factory-startup --python-exit-code 1 --python cycles.py -- DIR SAMPLES BOUNCES THREADS

Writes DIR/cycles_BOUNCES.png and prints a line of JSON after "RESULT ". Times are those of
render() alone, `s` that passed and `processor_s` of all processors: `first` with the making of the
trees, `again` the fastest of two more with everything kept in memory and nothing moved. No denoiser, no adaptive sampling: every pixel gets
SAMPLES samples.
"""
import json
import math
import pathlib
import resource
import sys
import time

import bpy
from mathutils import Matrix, Vector

folder, samples, bounces, threads = sys.argv[sys.argv.index("--") + 1:]
folder, samples, bounces, threads = pathlib.Path(folder), int(samples), int(bounces), int(threads)
room = json.loads((folder / "scene.json").read_text())


def turned(v):
    """Our y is up, Blender's z is."""
    return Vector((v[0], -v[2], v[1]))


bpy.ops.object.select_all(action="SELECT")
bpy.ops.object.delete()
bpy.ops.wm.obj_import(filepath=str(folder / "scene.obj"), forward_axis="NEGATIVE_Z", up_axis="Y")
for thing in bpy.data.objects:
    if thing.type == "MESH":
        thing.data.use_auto_smooth = False

scene = bpy.context.scene
for lamp in room["lamps"]:
    a, b = turned(lamp["a"]), turned(lamp["b"])
    light = bpy.data.lights.new("lamp", "AREA")
    light.shape = "RECTANGLE"
    light.size, light.size_y = a.length, b.length
    # Power that leaves one side of an even rectangle of this radiance; colours go into the tint.
    most = max(lamp["radiance"])
    light.color = [c / most for c in lamp["radiance"]]
    light.energy = math.pi * a.length * b.length * most
    thing = bpy.data.objects.new("lamp", light)
    # An area light shines along its own -z.
    x, z = a.normalized(), -a.cross(b).normalized()
    y = z.cross(x)
    thing.matrix_world = Matrix.Translation(turned(lamp["corner"]) + (a + b) / 2) @ Matrix(
        (x, y, z)).transposed().to_4x4()
    scene.collection.objects.link(thing)
if max(room["sun"]) > 0:
    light = bpy.data.lights.new("sun", "SUN")
    most = max(room["sun"])
    light.color = [c / most for c in room["sun"]]
    light.energy = math.pi * most
    light.angle = 2 * room["sun_radius"]
    thing = bpy.data.objects.new("sun", light)
    thing.rotation_mode = "QUATERNION"
    thing.rotation_quaternion = turned(room["towards_sun"]).to_track_quat("Z", "Y")
    scene.collection.objects.link(thing)
world = bpy.data.worlds.new("outside")
world.use_nodes = True
world.node_tree.nodes["Background"].inputs[0].default_value = (*room["outside"], 1)
scene.world = world

camera = bpy.data.cameras.new("camera")
camera.sensor_width = 36
camera.lens = 36 * room["focal_length"] / room["width"]
camera.clip_start = 0.01
thing = bpy.data.objects.new("camera", camera)
right, up = turned(room["right"]), -turned(room["down"])
back = -turned(room["forward"])
thing.matrix_world = Matrix.Translation(turned(room["position"])) @ Matrix(
    (right, up, back)).transposed().to_4x4()
scene.collection.objects.link(thing)
scene.camera = thing

scene.render.engine = "CYCLES"
scene.render.resolution_x, scene.render.resolution_y = room["width"], room["height"]
scene.render.resolution_percentage = 100
scene.render.threads_mode, scene.render.threads = "FIXED", threads
scene.render.use_persistent_data = True
scene.view_settings.view_transform = "Standard"
cycles = scene.cycles
cycles.device = "CPU"
cycles.samples = samples
cycles.use_adaptive_sampling = False
cycles.use_denoising = False
cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = bounces
cycles.transmission_bounces = bounces
cycles.transparent_max_bounces = 24  # as many see-through surfaces along a ray as ours
cycles.caustics_reflective = cycles.caustics_refractive = False

times = []
for _ in range(3):
    begin, processor = time.perf_counter(), time.process_time()
    bpy.ops.render.render()
    times.append({"s": time.perf_counter() - begin,
                  "processor_s": time.process_time() - processor})
bpy.data.images["Render Result"].save_render(str(folder / f"cycles_{bounces}.png"))
print("RESULT " + json.dumps({
    "version": bpy.app.version_string, "samples": samples, "bounces": bounces, "threads": threads,
    "first": times[0],
    "again": {clock: min(t[clock] for t in times[1:]) for clock in ("s", "processor_s")},
    "peak_MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
