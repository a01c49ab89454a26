"""Binary heads on one hidden layer, each given the first. `style` says how the heads are written:

fused         one product for all heads, one masked expression for all losses; batches by indexing
one_at_a_time a module for each head, its rows picked by its mask, the losses added up (dnn_cool's way); batches by indexing
dnn_cool      the same, and rows fetched one by one as dictionaries and collated (dnn_cool's dataset)
"""
import sys

import torch
import torch.nn.functional as F
from torch.utils.data import default_collate
from workload import Workload, dense, serve, train

workload = Workload(sys.argv[1])
style = workload.options["style"]
hidden_kernel, hidden_bias, head_kernel, head_bias = workload.parameters()
inputs = workload.tensor("input/x")
targets = workload.tensor("targets")
mask = workload.tensor("mask")


class Fused(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = dense(hidden_kernel, hidden_bias)
        self.head = dense(head_kernel, head_bias)

    def forward(self, x):
        return self.head(F.relu(self.hidden(x)))


class OneAtATime(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = dense(hidden_kernel, hidden_bias)
        columns = range(head_kernel.shape[1])
        self.heads = torch.nn.ModuleList(dense(head_kernel[:, i : i + 1], head_bias[i : i + 1]) for i in columns)

    def forward(self, x):
        features = F.relu(self.hidden(x))
        return [head(features) for head in self.heads]


def fused_loss(model):
    rows = workload.rows()
    counted = mask[rows].float()
    losses = F.binary_cross_entropy_with_logits(model(inputs[rows]), targets[rows], reduction="none") * counted
    return (losses.sum(0) / counted.sum(0).clamp(min=1)).sum()


def indexed_batch():
    rows = workload.rows()
    return inputs[rows], targets[rows].unbind(1), mask[rows].bool().unbind(1)


names = [f"task{i}" for i in range(targets.shape[1])]
if style == "dnn_cool":
    columns = {name: targets[:, i].clone() for i, name in enumerate(names)}
    available = {name: mask[:, i].bool() for i, name in enumerate(names)}


def item(row):
    labels = {name: column[row] for name, column in columns.items()}
    return {"x": inputs[row], "labels": labels, "available": {name: marks[row] for name, marks in available.items()}}


def collated_batch():
    batch = default_collate([item(row) for row in workload.rows().tolist()])
    return batch["x"], [batch["labels"][name] for name in names], [batch["available"][name] for name in names]


def head_by_head_loss(model):
    x, labels, masks = collated_batch() if style == "dnn_cool" else indexed_batch()
    total = torch.zeros(())
    for logits, label, counted in zip(model(x), labels, masks):
        if counted.any():
            total = total + F.binary_cross_entropy_with_logits(logits[counted, 0], label[counted])
    return total


model, loss = (Fused(), fused_loss) if style == "fused" else (OneAtATime(), head_by_head_loss)
serve(train(model, workload.optimizer(model.parameters()), loss))
