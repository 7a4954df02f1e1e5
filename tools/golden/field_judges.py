#!/usr/bin/env python3
"""Makes tests/golden/field_judges.json: the field's judges, run by NumPy from their equations.

Weights are formulas, so that the file holds only answers: of the tensors of a judge, sorted by name,
number n (from 0) has 0.4 sin(0.7 (k + 1) + 1.3 n) at place k. Sizes and inputs are spelt out again in
tests/metrics/field_judges_test.cpp.

    /usr/bin/python3 tools/golden/field_judges.py      (Debian's python3-numpy)
"""
import json
import pathlib

import numpy

BATCH_NORM = ("weight", "bias", "running_mean", "running_var")


def filled(shapes):
    weights = {}
    for n, name in enumerate(sorted(shapes)):
        k = numpy.arange(numpy.prod(shapes[name]))
        weights[name] = (0.4 * numpy.sin(0.7 * (k + 1) + 1.3 * n)).reshape(shapes[name])
    return weights


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def gru(x, h, wi, wh, bi, bh):
    """States [T, H] of one sequence [T, d]; gates in torch's order: reset, update, new."""
    states, size = [], len(h)
    for row in x:
        a, b = wi @ row + bi, wh @ h + bh
        reset = sigmoid(a[:size] + b[:size])
        update = sigmoid(a[size:2 * size] + b[size:2 * size])
        new = numpy.tanh(a[2 * size:] + reset * b[2 * size:])
        h = (1 - update) * new + update * h
        states.append(h)
    return numpy.array(states)


def leaky(x):
    return numpy.where(x > 0, x, 0.2 * x)


def linear(w, x, name):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def gru_shapes(prefix, suffix, d, h):
    return {f"{prefix}weight_ih{suffix}": (3 * h, d), f"{prefix}weight_hh{suffix}": (3 * h, h),
            f"{prefix}bias_ih{suffix}": (3 * h,), f"{prefix}bias_hh{suffix}": (3 * h,)}


def run_gru(w, x, h, prefix, suffix):
    return gru(x, h, *(w[f"{prefix}{part}{suffix}"]
                       for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))


def linear_shapes(name, out, into):
    return {name + ".weight": (out, into), name + ".bias": (out,)}


def classifier():
    d, h = 6, 5
    w = filled({**gru_shapes("recurrent.", "_l0", d, h), **gru_shapes("recurrent.", "_l1", h, h),
                **linear_shapes("linear1", 4, h), **linear_shapes("linear2", 3, 4)})
    t, c = numpy.arange(9)[:, None], numpy.arange(d)[None]
    x = numpy.sin(0.3 * t + c)
    first = run_gru(w, x, numpy.zeros(h), "recurrent.", "_l0")
    states = run_gru(w, first, numpy.zeros(h), "recurrent.", "_l1")
    answers = []
    for length in (9, 5):
        features = numpy.tanh(linear(w, states[length - 1], "linear1"))
        answers.append({"features": list(features), "logits": list(linear(w, features, "linear2"))})
    return answers


def encoder_shapes(name, into, h, out):
    return {**linear_shapes(name + ".input_emb", h, into), **gru_shapes(name + ".gru.", "_l0", h, h),
            **gru_shapes(name + ".gru.", "_l0_reverse", h, h), name + ".hidden": (2, 1, h),
            **linear_shapes(name + ".output_net.0", h, 2 * h), name + ".output_net.1.weight": (h,),
            name + ".output_net.1.bias": (h,), **linear_shapes(name + ".output_net.3", out, h)}


def encode(w, x, name):
    x = linear(w, x, name + ".input_emb")
    begin = w[name + ".hidden"][:, 0]
    forth = run_gru(w, x, begin[0], name + ".gru.", "_l0")[-1]
    back = run_gru(w, x[::-1], begin[1], name + ".gru.", "_l0_reverse")[-1]
    h = linear(w, numpy.concatenate([forth, back]), name + ".output_net.0")
    h = (h - h.mean()) / numpy.sqrt(h.var() + 1e-5)
    h = h * w[name + ".output_net.1.weight"] + w[name + ".output_net.1.bias"]
    return linear(w, leaky(h), name + ".output_net.3")


def conv(x, weight, bias):
    """[T, in] -> [T / 2, out]: kernel 4, stride 2, one zero on each side."""
    x = numpy.pad(x, ((1, 1), (0, 0)))
    return numpy.array([numpy.einsum("oik,ki->o", weight, x[t:t + 4]) + bias
                        for t in range(0, len(x) - 3, 2)])


def evaluator():
    d, words = 12, 7
    w = filled({"movement_encoder.main.0.weight": (6, d - 4, 4), "movement_encoder.main.0.bias": (6,),
                "movement_encoder.main.3.weight": (5, 6, 4), "movement_encoder.main.3.bias": (5,),
                **linear_shapes("movement_encoder.out_net", 5, 5),
                **encoder_shapes("motion_encoder", 5, 4, 3),
                **linear_shapes("text_encoder.pos_emb", words, 15),
                **encoder_shapes("text_encoder", words, 4, 3),
                "mean": (d,), "std": (d,), "words": (6, words)})
    w["std"] = w["std"] + 1
    t, c = numpy.arange(19)[:, None], numpy.arange(d)[None]
    motion = numpy.cos(0.2 * t + 0.9 * c)[:16]  # 19 frames are cut to 16
    x = ((motion - w["mean"]) / w["std"])[:, :d - 4]
    x = numpy.pad(x, ((0, 180), (0, 0)))  # to 196 frames, as its loader does
    x = leaky(conv(x, w["movement_encoder.main.0.weight"], w["movement_encoder.main.0.bias"]))
    x = leaky(conv(x, w["movement_encoder.main.3.weight"], w["movement_encoder.main.3.bias"]))
    place = encode(w, linear(w, x[:4], "movement_encoder.out_net"), "motion_encoder")
    # "unk" "sos" "eos" "walk" "person" "slowly"; "yodel" is unknown.
    sentence = [(1, 14), (4, 1), (3, 12), (0, 14), (5, 13), (2, 14)]
    rows = numpy.array([w["words"][word] + linear(w, numpy.eye(15)[tag], "text_encoder.pos_emb")
                        for word, tag in sentence])
    return {"motion": list(place), "sentence": list(encode(w, rows, "text_encoder"))}


def graph_classifier():
    """UESTC's ST-GCN as its paper and code have it: convolution, then the graph."""
    joints, frames, channels = 4, 13, (5, 6, 6, 8)  # the second block and the fourth halve the frames
    shapes = {"A": (3, joints, joints), **{f"data_bn.{part}": (3 * joints,) for part in BATCH_NORM}}
    into = 3
    for b, out in enumerate(channels):
        name = f"st_gcn_networks.{b}."
        shapes |= {f"edge_importance.{b}": (3, joints, joints),
                   name + "gcn.conv.weight": (3 * out, into, 1, 1), name + "gcn.conv.bias": (3 * out,),
                   name + "tcn.2.weight": (out, out, 9, 1), name + "tcn.2.bias": (out,)}
        shapes |= {f"{name}tcn.{place}.{part}": (out,) for place in (0, 3) for part in BATCH_NORM}
        if b > 0 and out != into:
            shapes |= {name + "residual.0.weight": (out, into, 1, 1), name + "residual.0.bias": (out,),
                       **{f"{name}residual.1.{part}": (out,) for part in BATCH_NORM}}
        into = out
    shapes |= {"fcn.weight": (7, into, 1, 1), "fcn.bias": (7,)}
    w = filled(shapes)
    for name in w:
        if name.endswith("running_var"):
            w[name] = w[name]**2 + 0.5

    def norm(x, name):
        part = lambda which: w[f"{name}.{which}"]
        return ((x - part("running_mean")) / numpy.sqrt(part("running_var") + 1e-5) * part("weight") +
                part("bias"))

    f, j, c = numpy.ogrid[:frames, :joints, :3]
    x = numpy.sin(0.4 * f + 0.9 * j + 1.7 * c)
    x = norm(x.reshape(frames, -1), "data_bn").reshape(x.shape)
    for b in range(len(channels)):
        name = f"st_gcn_networks.{b}."
        y = x @ w[name + "gcn.conv.weight"][:, :, 0, 0].T + w[name + "gcn.conv.bias"]
        y = y.reshape(len(x), joints, 3, -1)
        y = numpy.einsum("fvkc,kvw->fwc", y, w["A"] * w[f"edge_importance.{b}"])
        y = numpy.maximum(0, norm(y, name + "tcn.0"))
        change = name + "residual.0.weight" in w
        y = numpy.pad(y, ((4, 4), (0, 0), (0, 0)))
        y = numpy.array([numpy.einsum("ock,kvc->vo", w[name + "tcn.2.weight"][..., 0], y[t:t + 9])
                         for t in range(0, len(x), 2 if change else 1)]) + w[name + "tcn.2.bias"]
        y = norm(y, name + "tcn.3")
        if change:
            x = x[::2] @ w[name + "residual.0.weight"][:, :, 0, 0].T + w[name + "residual.0.bias"]
            x = norm(x, name + "residual.1")
        x = numpy.maximum(0, y + (x if b > 0 else 0))
    features = x.mean((0, 1))
    return {"features": list(features),
            "logits": list(w["fcn.weight"][:, :, 0, 0] @ features + w["fcn.bias"])}


def main():
    answer = {"made_by": "tools/golden/field_judges.py", "numpy": numpy.__version__,
              "classifier": classifier(), "evaluator": evaluator(),
              "graph_classifier": graph_classifier()}
    folder = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
    (folder / "field_judges.json").write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
