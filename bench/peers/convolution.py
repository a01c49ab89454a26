"""Three 3x3 convolutions with relu and 2x2 max pooling, then one dense layer, on one fixed batch."""
import sys

import torch
import torch.nn.functional as F
from workload import Workload, convolution, dense, serve, train

workload = Workload(sys.argv[1])
weights = workload.parameters()
memory = torch.channels_last if workload.options["channelsLast"] else torch.contiguous_format
layers = []
for kernel, bias in zip(weights[0:6:2], weights[1:6:2]):
    layers += [convolution(kernel, bias, stride=1, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]

head, bias = weights[6:]
side = workload.options["lastSide"]
channels = head.shape[0] // side**2
# Flattened channels first, where tfjs flattens channels last.
head = head.reshape(side, side, channels, -1).permute(2, 0, 1, 3).reshape(head.shape)
model = torch.nn.Sequential(*layers, torch.nn.Flatten(), dense(head, bias)).to(memory_format=memory)

rows = workload.rows()
x = workload.tensor("input/frame")[rows].permute(0, 3, 1, 2).contiguous(memory_format=memory)
classes = workload.tensor("targets")[rows][:, 0].long()
serve(train(model, workload.optimizer(model.parameters()), lambda model: F.cross_entropy(model(x), classes)))
