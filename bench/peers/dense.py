"""An MLP on one fixed batch: dense layers with relu between them, and the plain loss of its one task."""
import sys

import torch
import torch.nn.functional as F
from workload import Workload, dense, serve, train

workload = Workload(sys.argv[1])
weights = workload.parameters()
layers = []
for kernel, bias in zip(weights[::2], weights[1::2]):
    layers += [dense(kernel, bias), torch.nn.ReLU()]
model = torch.nn.Sequential(*layers[:-1])

rows = workload.rows()
x = workload.tensor("input/x")[rows]
targets = workload.tensor("targets")[rows]
if workload.groups[0]["kind"] == "classification":
    classes = targets[:, 0].long()
    loss = lambda model: F.cross_entropy(model(x), classes)
else:
    loss = lambda model: F.binary_cross_entropy_with_logits(model(x), targets)

serve(train(model, workload.optimizer(model.parameters()), loss))
