#!/usr/bin/env python3
"""Makes tests/golden/checkpoints: the field's judges as PyTorch saves them, and what PyTorch says of them.

Small networks in exactly the layout of the published files (names, nesting, optimiser states beside, both
formats of torch.save), made-up word vectors and normaliser, and in answers.json the networks' answers to
inputs that are formulas. tools/convert_judges.py makes the .safetensors of them, which
tests/tools/convert_judges_test.py repeats and tests/commands/field_checkpoints_test.cpp runs.

    /usr/bin/python3 tools/golden/judge_checkpoints.py      (Debian's python3-torch; made with 1.13.1)
"""
import json
import pathlib
import pickle
import subprocess
import sys

import numpy
import torch
from torch import nn

root = pathlib.Path(__file__).resolve().parents[2]
folder = root / "tests/golden/checkpoints"
torch.manual_seed(5)


def wave(*shape):
    """sin(0.37 (k + 1)) at place k."""
    k = torch.arange(int(numpy.prod(shape)), dtype=torch.float64)
    return torch.sin(0.37 * (k + 1)).reshape(shape).float()


def numbers(tensor):
    return [round(float(v), 8) for v in tensor.detach().reshape(-1)]


# Action2Motion's classifier (72 -> 128, 30, 12 in truth).
gru = nn.ModuleDict({"recurrent": nn.GRU(72, 6, 2), "linear1": nn.Linear(6, 5), "linear2": nn.Linear(5, 12)})
humanact12 = {"model": gru.state_dict(), "epoch": 3}


def ask_gru(x):  # [B, F, 72]
    states, _ = gru["recurrent"](x.transpose(0, 1), torch.zeros(2, len(x), 6))
    features = torch.tanh(gru["linear1"](states[-1]))
    return {"features": numbers(features), "logits": numbers(gru["linear2"](features))}


# UESTC's ST-GCN (64, 128 and 256 channels in truth) over SMPL's tree.
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]


class Block(nn.Module):
    def __init__(self, into, out, stride, residual):
        super().__init__()
        self.gcn = nn.ModuleDict({"conv": nn.Conv2d(into, 3 * out, 1)})
        self.tcn = nn.Sequential(nn.BatchNorm2d(out), nn.ReLU(), nn.Conv2d(out, out, (9, 1), (stride, 1), (4, 0)),
                                 nn.BatchNorm2d(out), nn.Dropout(0))
        self.plain = residual and into == out and stride == 1
        if residual and not self.plain:
            self.residual = nn.Sequential(nn.Conv2d(into, out, 1, (stride, 1)), nn.BatchNorm2d(out))

    def forward(self, x, graph):
        y = self.gcn["conv"](x)
        batch, channels, frames, joints = y.shape
        y = torch.einsum("nkctv,kvw->nctw", y.reshape(batch, 3, channels // 3, frames, joints), graph)
        y = self.tcn(y)
        if hasattr(self, "residual"):
            y = y + self.residual(x)
        elif self.plain:
            y = y + x
        return torch.relu(y)


class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        near = numpy.eye(24)
        for child, parent in enumerate(PARENTS[1:], 1):
            near[child, parent] = near[parent, child] = 1
        near = near / near.sum(0)
        kinds = numpy.stack([near * numpy.eye(24), near * (1 - numpy.eye(24)) * numpy.tri(24),
                             near * (1 - numpy.tri(24))])
        self.register_buffer("A", torch.tensor(kinds, dtype=torch.float32))
        self.data_bn = nn.BatchNorm1d(6 * 24)
        sizes = [(6, 4, 1), (4, 4, 1), (4, 4, 1), (4, 4, 1), (4, 6, 2), (6, 6, 1), (6, 6, 1), (6, 8, 2), (8, 8, 1),
                 (8, 8, 1)]
        self.st_gcn_networks = nn.ModuleList([Block(*size, b > 0) for b, size in enumerate(sizes)])
        self.edge_importance = nn.ParameterList([nn.Parameter(1 + 0.1 * torch.randn(3, 24, 24)) for _ in sizes])
        self.fcn = nn.Conv2d(8, 40, 1)

    def forward(self, x):  # [B, 24, 6, F], as ACTOR's batches
        batch, joints, channels, frames = x.shape
        x = self.data_bn(x.reshape(batch, joints * channels, frames))
        x = x.reshape(batch, joints, channels, frames).permute(0, 2, 3, 1)
        for block, edges in zip(self.st_gcn_networks, self.edge_importance):
            x = block(x, self.A * edges)
        features = x.mean((2, 3))
        return features, self.fcn(features[..., None, None])[..., 0, 0]


graph = Graph()
for _ in range(3):  # running means that are not those of the start
    graph(torch.randn(4, 24, 6, 20))
graph.eval()


# HumanML3D's evaluator (512 and 1024 in truth).
class Encoder(nn.Module):
    def __init__(self, into, hidden, out, tags=0):
        super().__init__()
        if tags:
            self.pos_emb = nn.Linear(tags, into)
        self.input_emb = nn.Linear(into, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.output_net = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.LayerNorm(hidden), nn.LeakyReLU(0.2),
                                        nn.Linear(hidden, out))
        self.hidden = nn.Parameter(torch.randn(2, 1, hidden))

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.input_emb(x), lengths, batch_first=True)
        _, last = self.gru(packed, self.hidden.repeat(1, len(x), 1))
        return self.output_net(torch.cat([last[0], last[1]], -1))


movement = nn.ModuleDict({"main": nn.Sequential(nn.Conv1d(259, 6, 4, 2, 1), nn.Dropout(0.2), nn.LeakyReLU(0.2),
                                                nn.Conv1d(6, 5, 4, 2, 1), nn.Dropout(0.2), nn.LeakyReLU(0.2)),
                          "out_net": nn.Linear(5, 5)}).eval()
motion, text = Encoder(5, 4, 7), Encoder(300, 4, 7, tags=15)
optimisers = [torch.optim.Adam(network.parameters(), 1e-4) for network in (text, motion)]
(motion(torch.randn(2, 6, 5), [6, 4]).sum() + text(torch.randn(2, 5, 300), [5, 3]).sum()).backward()
for optimiser in optimisers:
    optimiser.step()
finest = {"movement_encoder": movement.state_dict(), "text_encoder": text.state_dict(),
          "motion_encoder": motion.state_dict(), "opt_text_encoder": optimisers[0].state_dict(),
          "opt_motion_encoder": optimisers[1].state_dict(), "epoch": 40, "iter": 12345}
words = ["unk", "sos", "eos", "walk", "person", "slowly"]
index = {word: 2 * i + 1 for i, word in enumerate(words)}  # not every vector is of a word in the list
vectors = (0.3 * wave(13, 300)).numpy()
mean, std = (0.1 * wave(263)).numpy(), (1.2 + 0.5 * wave(263)).numpy()
LONGEST = 196


def ask_motion(frames):
    x = ((wave(frames, 263).numpy() - mean) / std)[None]
    x = numpy.concatenate([x, numpy.zeros((1, LONGEST - frames, 263), "f4")], 1)  # as its loader pads
    h = movement["main"](torch.tensor(x[..., :-4]).float().permute(0, 2, 1)).permute(0, 2, 1)
    return numbers(motion(movement["out_net"](h), [frames // 4]))


def ask_text(said):
    """(word, number of its part of speech)"""
    x = torch.tensor(numpy.stack([vectors[index[word]] for word, _ in said]))
    tags = torch.eye(15)[[tag for _, tag in said]]
    return numbers(text((x + text.pos_emb(tags))[None], [len(said)]))


def save(value, name, legacy):
    torch.save(value, folder / name, _use_new_zipfile_serialization=not legacy)


def convert(which, checkpoint, *more):
    subprocess.run([sys.executable, root / "tools/convert_judges.py", which, checkpoint, *more, "-o",
                    f"{which}.safetensors"], check=True, cwd=folder)


def main():
    (folder / "glove").mkdir(parents=True, exist_ok=True)
    save(humanact12, "humanact12_gru.tar", True)
    save(humanact12, "humanact12_zip.tar", False)
    save(graph.state_dict(), "uestc_rot6d_stgcn.tar", False)
    save(finest, "finest.tar", True)
    numpy.save(folder / "mean.npy", mean)
    numpy.save(folder / "std.npy", std)
    numpy.save(folder / "glove/our_vab_data.npy", vectors)
    (folder / "glove/our_vab_words.pkl").write_bytes(pickle.dumps(words))
    (folder / "glove/our_vab_idx.pkl").write_bytes(pickle.dumps(index))
    with torch.no_grad():
        features, logits = graph(wave(2, 24, 6, 60))
        answers = {"made_by": "tools/golden/judge_checkpoints.py", "torch": torch.__version__,
                   "humanact12": ask_gru(wave(2, 60, 72)),
                   "uestc": {"features": numbers(features), "logits": numbers(logits)},
                   "motion_40": ask_motion(40), "motion_196": ask_motion(196),
                   "sentence": ask_text([("sos", 14), ("person", 1), ("walk", 12), ("unk", 14), ("slowly", 13),
                                         ("eos", 14)])}
    (folder / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")
    convert("humanact12", "humanact12_gru.tar")
    convert("uestc", "uestc_rot6d_stgcn.tar")
    convert("humanml3d", "finest.tar", "--glove", "glove", "--mean", "mean.npy", "--std", "std.npy")


if __name__ == "__main__":
    main()
