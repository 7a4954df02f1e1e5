#!/usr/bin/env python3
"""Makes the seeds in fuzz/corpus of the text formats: one good file each and one broken file a line.

    /usr/bin/python3 tools/make_corpus.py
"""
import pathlib

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
