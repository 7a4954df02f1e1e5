#!/usr/bin/env python3
"""Converts the field's published judges into safetensors files for `pantomime benchmark`.

    convert_judges.py humanact12 humanact12_gru.tar -o humanact12.safetensors
    convert_judges.py uestc uestc_rot6d_stgcn.tar -o uestc.safetensors
    convert_judges.py humanml3d finest.tar --glove glove/ --mean mean.npy --std std.npy -o humanml3d.safetensors

humanact12, uestc: the classifiers that ACTOR and MDM publish (models/ or assets/actionrecognition).
humanml3d: text_mot_match/model/finest.tar, the word vectors (glove/our_vab_*), and the evaluator's
mean and standard deviation (Comp_v6_KLD01/meta). docs/BENCHMARKS.md says where they are published.

Needs nothing but Python. The .tar files are PyTorch's: a zip archive of a pickle and of numbers, or,
before PyTorch 1.6, pickles one after another with the numbers behind. Only dicts, lists, numbers, texts
and tensors are read; nothing in the files is run. Optimiser states are left out.
"""
import argparse
import array
import ast
import collections
import io
import json
import math
import pathlib
import pickle
import struct
import sys
import zipfile

# Code of array and struct, and bytes, of a number in each kind of PyTorch storage.
STORAGES = {"FloatStorage": ("f", 4), "DoubleStorage": ("d", 8), "HalfStorage": ("e", 2),
            "LongStorage": ("q", 8), "IntStorage": ("i", 4), "ShortStorage": ("h", 2),
            "CharStorage": ("b", 1), "ByteStorage": ("B", 1), "BoolStorage": ("?", 1)}
LEGACY_MAGIC = 0x1950a86a20f9469cfc6c


class BadFile(Exception):
    pass


def floats(code, size, data):
    """Numbers of a kind as an array of 32-bit floats."""
    if code == "f":
        values = array.array("f", data)
        if sys.byteorder == "big":
            values.byteswap()
        return values
    return array.array("f", struct.unpack(f"<{len(data) // size}{code}", data))


class Tensor:
    """A view of a storage, whose bytes `load` gives."""

    def __init__(self, storage, offset, shape, strides):
        self.kind, self.load = storage
        self.offset, self.shape, self.strides = offset, tuple(shape), tuple(strides)

    def is_float(self):
        return STORAGES[self.kind][0] in "fde"

    def numbers(self):
        code, size = STORAGES[self.kind]
        data, count = self.load(), math.prod(self.shape)
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides))
        if count == 0 or min((self.offset, *self.strides)) < 0 or (last + 1) * size > len(data):
            raise BadFile(f"a tensor {list(self.shape)} is not inside its storage")
        dense, step = [], 1
        for n in reversed(self.shape):
            dense.insert(0, step)
            step *= n
        if all(n == 1 or s == d for n, s, d in zip(self.shape, self.strides, dense)):
            return floats(code, size, data[self.offset * size:(self.offset + count) * size])
        indices = [self.offset]
        for n, s in zip(self.shape, self.strides):
            indices = [i + k * s for i in indices for k in range(n)]
        everything = floats(code, size, data)
        return array.array("f", (everything[i] for i in indices))


class Reader(pickle.Unpickler):
    """Plain data and, where `storage` is there, PyTorch's tensors; no other class or function."""

    def __init__(self, file, storage=None):
        super().__init__(file)
        self.storage = storage

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if self.storage and module == "torch" and name in STORAGES:
            return name
        if self.storage and module == "torch._utils" and name == "_rebuild_tensor_v2":
            return lambda storage, offset, shape, strides, *_: Tensor(storage, offset, shape, strides)
        if self.storage and module == "torch._utils" and name == "_rebuild_parameter":
            return lambda data, *_: data
        raise BadFile(f"{module}.{name}: expected plain data and tensors")

    def persistent_load(self, what):
        if not self.storage or what[0] != "storage" or what[1] not in STORAGES:
            raise BadFile(f"a reference to {what[:2]}")
        return what[1], self.storage(what[1], what[2], what[4])


def read_zip(path):
    archive = zipfile.ZipFile(path)
    (root,) = {name.rsplit("/", 1)[0] for name in archive.namelist() if name.endswith("/data.pkl")}
    order = f"{root}/byteorder"
    if order in archive.namelist() and archive.read(order) != b"little":
        raise BadFile("numbers of a big-endian machine")
    return Reader(io.BytesIO(archive.read(f"{root}/data.pkl")),
                  lambda kind, key, count: lambda: archive.read(f"{root}/data/{key}")).load()


def read_legacy(path):
    """Pickles of a magic number, a version, the sizes of C's types, the object and the storages' keys; then
    of each storage how many numbers it has, and these."""
    with open(path, "rb") as file:
        if Reader(file).load() != LEGACY_MAGIC:
            raise BadFile("no file of torch.save")
        Reader(file).load()
        if not Reader(file).load().get("little_endian", True):
            raise BadFile("numbers of a big-endian machine")
        kinds, data = {}, {}

        def storage(kind, key, _):
            kinds[key] = kind
            return lambda: data[key]

        result = Reader(file, storage).load()
        for key in Reader(file).load():
            (count,) = struct.unpack("<q", file.read(8))
            data[key] = file.read(count * STORAGES[kinds[key]][1])
    return result


def read_torch(path):
    return read_zip(path) if zipfile.is_zipfile(path) else read_legacy(path)


def read_plain_pickle(path):
    with open(path, "rb") as file:
        return Reader(file).load()


def read_npy(path):
    """Shape and numbers of an array of floats, C order."""
    data = pathlib.Path(path).read_bytes()
    if data[:6] != b"\x93NUMPY":
        raise BadFile(f"{path}: no .npy file")
    width = 2 if data[6] == 1 else 4
    size = int.from_bytes(data[8:8 + width], "little")
    header = ast.literal_eval(data[8 + width:8 + width + size].decode("latin1"))
    code = {"<f4": "f", "<f8": "d", "<f2": "e"}.get(header["descr"])
    if not code or (header["fortran_order"] and len(header["shape"]) > 1):
        raise BadFile(f"{path}: expected little-endian floats in C order")
    numbers = floats(code, struct.calcsize(code), data[8 + width + size:])
    if len(numbers) != math.prod(header["shape"]):
        raise BadFile(f"{path}: {len(numbers)} numbers of {header['shape']}")
    return header["shape"], numbers


def write_safetensors(path, tensors, metadata):
    """Names sorted, so that the same tensors give the same bytes."""
    header, data, at = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        shape, numbers = tensors[name]
        if sys.byteorder == "big":
            numbers.byteswap()
        part = numbers.tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + len(part)]}
        data.append(part)
        at += len(part)
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def tensors_of(states, prefix=""):
    """All but counters (num_batches_tracked of batch norms)."""
    return {prefix + name: (value.shape, value.numbers()) for name, value in states.items()
            if value.is_float()}


def humanact12(checkpoint):
    return tensors_of(checkpoint["model"]), {}


def uestc(checkpoint):
    return tensors_of(checkpoint), {}


def humanml3d(checkpoint, glove, mean, std):
    tensors = {}
    for part in ("movement_encoder", "motion_encoder", "text_encoder"):
        tensors.update(tensors_of(checkpoint[part], part + "."))
    tensors["mean"], tensors["std"] = read_npy(mean), read_npy(std)
    index = read_plain_pickle(glove / "our_vab_idx.pkl")
    words = read_plain_pickle(glove / "our_vab_words.pkl")
    (rows, width), vectors = read_npy(glove / "our_vab_data.npy")
    if any(not 0 <= index[word] < rows for word in words):
        raise BadFile(f"{glove}: a word beyond the {rows} vectors")
    numbers = array.array("f")
    for word in words:
        numbers += vectors[index[word] * width:(index[word] + 1) * width]
    tensors["words"] = ((len(words), width), numbers)
    return tensors, {"vocabulary": json.dumps(list(words), ensure_ascii=False)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["humanact12", "uestc", "humanml3d"])
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--glove", type=pathlib.Path)
    parser.add_argument("--mean", type=pathlib.Path)
    parser.add_argument("--std", type=pathlib.Path)
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.which == "humanml3d" and not (options.glove and options.mean and options.std):
        sys.exit("convert_judges: humanml3d needs --glove, --mean and --std")
    try:
        checkpoint = read_torch(options.checkpoint)
        if options.which == "humanml3d":
            tensors, metadata = humanml3d(checkpoint, options.glove, options.mean, options.std)
        else:
            tensors, metadata = {"humanact12": humanact12, "uestc": uestc}[options.which](checkpoint)
    except (BadFile, OSError, pickle.UnpicklingError, zipfile.BadZipFile, KeyError, ValueError, EOFError,
            AttributeError, TypeError, struct.error) as error:
        sys.exit(f"convert_judges: {options.checkpoint}: no checkpoint of {options.which}: "
                 f"{type(error).__name__}: {error}")
    metadata["source"] = options.checkpoint.name
    write_safetensors(options.out, tensors, metadata)
    print(f"{options.out}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
