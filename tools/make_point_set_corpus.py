#!/usr/bin/env python3
"""Writes the seeds of fuzz_point_set: point sets that are read (good_…) and refused (bad_…).

    tools/make_point_set_corpus.py [FOLDER]
"""
import pathlib
import sys

HEAD = 'name = "x"\n[points]\n'
TRUNK = ('a = "left_hip"\nb = "right_hip"\nc = "left_shoulder"\nd = "right_shoulder"\n'
         'e = { joint = "left_knee" }\n')

FILES = {
    "good_trunk": HEAD + TRUNK,
    "good_all_keys": 'name = "all keys"\ndescription = "for people"\nup = "+Z"\nforward = "-Y"\n'
                     '[points]\n' + TRUNK +
                     'f = { joint = "head", offset = [0, 0.1, 0.02], spread = 0.03, noise = 2,'
                     ' aliases = ["skull", "Kopf"] }\n',
    "good_subtables": HEAD + TRUNK + '[points.f]\njoint = "neck"\noffset = [0.0, 1e-2, -0.0]\n',
    "good_one_point": HEAD + 'a = "pelvis"\n',
    "bad_toml": 'name = "x"\n[points\na = "pelvis"\n',
    "bad_no_name": '[points]\na = "pelvis"\n',
    "bad_no_points": 'name = "x"\n',
    "bad_empty_points": 'name = "x"\n[points]\n',
    "bad_points_type": 'name = "x"\npoints = [1, 2]\n',
    "bad_key": 'name = "x"\nunits = "mm"\n[points]\na = "pelvis"\n',
    "bad_joint": HEAD + 'a = "tail"\n',
    "bad_joint_type": HEAD + 'a = 3\n',
    "bad_no_joint": HEAD + 'a = { spread = 0.1 }\n',
    "bad_point_key": HEAD + 'a = { joint = "pelvis", weight = 1 }\n',
    "bad_offset_count": HEAD + 'a = { joint = "pelvis", offset = [1, 2] }\n',
    "bad_offset_far": HEAD + 'a = { joint = "pelvis", offset = [0, 40, 0] }\n',
    "bad_offset_nan": HEAD + 'a = { joint = "pelvis", offset = [0, nan, 0] }\n',
    "bad_spread": HEAD + 'a = { joint = "pelvis", spread = -0.1 }\n',
    "bad_noise": HEAD + 'a = { joint = "pelvis", noise = 0 }\n',
    "bad_twice": HEAD + 'a = "pelvis"\na = "neck"\n',
    "bad_alias_twice": HEAD + 'a = "pelvis"\nb = { joint = "neck", aliases = ["a"] }\n',
    "bad_alias_type": HEAD + 'a = { joint = "pelvis", aliases = [1] }\n',
    "bad_axis": 'name = "x"\nup = "north"\n[points]\na = "pelvis"\n',
    "bad_axes": 'name = "x"\nup = "+Z"\nforward = "-Z"\n[points]\na = "pelvis"\n',
    "bad_nested": 'name = "x"\npoints = ' + "[" * 400 + "]" * 400 + "\n",
}


def main():
    default = pathlib.Path(__file__).parent.parent / "fuzz/corpus/fuzz_point_set"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / f"{name}.toml").write_text(text)


if __name__ == "__main__":
    main()
