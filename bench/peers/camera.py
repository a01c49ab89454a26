"""The security camera's network by hand: fused heads, masked losses by columns, frames and labels picked by indexing."""
import sys

import torch
import torch.nn.functional as F
from workload import Workload, convolution, dense, serve, train

workload = Workload(sys.argv[1])
weights = dict(zip(workload.spec["parameters"], workload.parameters()))
memory = torch.channels_last if workload.options["channelsLast"] else torch.contiguous_format
frames = workload.tensor("input/frame")
if not workload.options["channelsLast"]:
    frames = frames.permute(0, 3, 1, 2).contiguous()
targets = workload.tensor("targets")
mask = workload.tensor("mask").float()
scale = workload.spec["scales"]["frame"]


def layer(suffix):
    """Kernel and bias of a layer, by its name in workload.options['layers']."""
    kernel, bias = workload.options["layers"][suffix]
    return weights[kernel], weights[bias]


class Camera(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = convolution(*layer("patches"), stride=4, padding=0)
        self.scene = convolution(*layer("scene"), stride=2, padding=0)
        self.side, self.channels = 8, self.scene.out_channels
        self.trunks = torch.nn.ModuleDict()
        self.heads = torch.nn.ModuleDict()
        for feature in ("features", "faceLocalization", "bodyLocalization"):
            kernel, bias = layer(feature)
            # Flattened channels first, where tfjs flattens channels last.
            first = kernel.reshape(self.side, self.side, self.channels, -1).permute(2, 0, 1, 3)
            self.trunks[feature] = dense(first.reshape(kernel.shape), bias)
            self.heads[feature] = dense(weights[f"head/{feature}/kernel"], weights[f"head/{feature}/bias"])

    def forward(self, x):
        x = F.relu(self.patches(x))
        # tfjs pads an even side by one, behind.
        x = F.relu(self.scene(F.pad(x, (0, 1, 0, 1)))).flatten(1)
        return {name: self.heads[name](F.elu(trunk(x))) for name, trunk in self.trunks.items()}


def element_losses(kind, logits, labels):
    """[batch, tasks, units] and [batch, tasks, width] -> [batch, tasks, width]"""
    if kind == "classification":
        return F.cross_entropy(logits.flatten(0, 1), labels.long().flatten(), reduction="none").reshape(labels.shape)
    if kind == "boundedRegression":
        return (torch.sigmoid(logits) - labels) ** 2
    return F.binary_cross_entropy_with_logits(logits, labels, reduction="none")


def loss(model):
    rows = workload.rows()
    x = frames[rows].float() * scale
    if workload.options["channelsLast"]:
        x = x.permute(0, 3, 1, 2)
    labels, counted = targets[rows], mask[rows]
    logits = model(x)
    total = 0.0
    for group in workload.groups:
        batch, tasks, units, width = len(rows), group["tasks"], group["units"], group["width"]
        unit, offset = group["unitOffset"], group["offset"]
        own = logits[group["feature"]][:, unit : unit + tasks * units].reshape(batch, tasks, units)
        columns = slice(offset, offset + tasks * width)
        label, count = (x[:, columns].reshape(batch, tasks, width) for x in (labels, counted))
        sums = (element_losses(group["kind"], own, label) * count).sum((0, 2))
        total = total + group["weight"] * (sums / count.sum((0, 2)).clamp(min=1)).sum()
    return total


model = Camera().to(memory_format=memory)
serve(train(model, workload.optimizer(model.parameters()), loss))
