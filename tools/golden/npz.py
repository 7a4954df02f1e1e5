#!/usr/bin/python3
"""Writes tests/data/good/numpy.npz, numpy_compressed.npz and numpy_*.npy with NumPy itself.

Needs python3-numpy (made with 1.24.2). The tests compare our writer with these bytes.
"""
import pathlib

import numpy as np

folder = pathlib.Path(__file__).resolve().parents[2] / "tests/data/good"
folder.mkdir(parents=True, exist_ok=True)
grid = np.arange(6, dtype="<f4").reshape(2, 3) / 4
arrays = {
    "f4": grid,
    "f8": np.array([[-1.5], [2.25]], dtype="<f8"),
    "i4": np.array([1, -2, 3], dtype="<i4"),
    "i8": np.array(-7, dtype="<i8"),
    "u1": np.arange(4, dtype="u1").reshape(2, 1, 2),
    "flag": np.array([True, False]),
    "text": np.array("männlich"),
    "texts": np.array(["a", "", "ccc"]),
    "bytes": np.array(b"male"),
    "empty": np.zeros((0, 3), dtype="<f4"),
}
np.savez(folder / "numpy.npz", **arrays)
np.savez_compressed(folder / "numpy_compressed.npz", **arrays)
np.save(folder / "numpy_c.npy", grid)
np.save(folder / "numpy_fortran.npy", np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)))
with open(folder / "numpy_v2.npy", "wb") as file:
    np.lib.format.write_array(file, grid, version=(2, 0))
