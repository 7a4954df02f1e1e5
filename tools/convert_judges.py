#!/usr/bin/env python3
"""Converts the field's published judges into safetensors files for `pantomime benchmark`.

    convert_judges.py humanact12 humanact12_gru.tar -o humanact12.safetensors
    convert_judges.py humanml3d finest.tar --glove glove/ --mean mean.npy --std std.npy -o humanml3d.safetensors

humanact12: the classifier that MDM and ACTOR publish (assets/actionrecognition/humanact12_gru.tar).
humanml3d: text_mot_match/model/finest.tar, the word vectors (glove/our_vab_*), and the evaluator's
mean and standard deviation (Comp_v6_KLD01/meta). docs/BENCHMARKS.md says where they are published.

Needs PyTorch to open the .tar files (they are its own format) and NumPy. Only plain tensors are
loaded (weights_only), nothing in the files is run. Optimiser states are left out.
"""
import argparse
import json
import pathlib
import pickle
import struct
import sys

import numpy


class PlainUnpickler(pickle.Unpickler):
    """Lists, dicts, texts and numbers; no classes, so nothing is run."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"a class ({module}.{name}), expected plain data")


def read_plain_pickle(path):
    with open(path, "rb") as file:
        return PlainUnpickler(file).load()


def write_safetensors(path, tensors, metadata):
    """Names sorted, so that the same tensors give the same bytes."""
    header, data, at = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        array = numpy.ascontiguousarray(tensors[name], dtype="<f4")
        header[name] = {"dtype": "F32", "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        data.append(array.tobytes())
        at += array.nbytes
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def read_torch(path):
    import torch
    return torch.load(path, map_location="cpu", weights_only=True)


def numbers(states, prefix=""):
    return {prefix + name: value.numpy() for name, value in states.items()}


def humanact12(checkpoint):
    return numbers(checkpoint["model"]), {}


def humanml3d(checkpoint, glove, mean, std):
    tensors = {}
    for part in ("movement_encoder", "motion_encoder", "text_encoder"):
        tensors.update(numbers(checkpoint[part], part + "."))
    tensors["mean"], tensors["std"] = numpy.load(mean), numpy.load(std)
    index = read_plain_pickle(glove / "our_vab_idx.pkl")
    words = read_plain_pickle(glove / "our_vab_words.pkl")
    vectors = numpy.load(glove / "our_vab_data.npy")
    tensors["words"] = numpy.stack([vectors[index[word]] for word in words])
    return tensors, {"vocabulary": json.dumps(list(words), ensure_ascii=False)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["humanact12", "humanml3d"])
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--glove", type=pathlib.Path)
    parser.add_argument("--mean", type=pathlib.Path)
    parser.add_argument("--std", type=pathlib.Path)
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.which == "humanml3d" and not (options.glove and options.mean and options.std):
        sys.exit("convert_judges: humanml3d needs --glove, --mean and --std")
    checkpoint = read_torch(options.checkpoint)
    if options.which == "humanact12":
        tensors, metadata = humanact12(checkpoint)
    else:
        tensors, metadata = humanml3d(checkpoint, options.glove, options.mean, options.std)
    metadata["source"] = options.checkpoint.name
    write_safetensors(options.out, tensors, metadata)
    print(f"{options.out}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
