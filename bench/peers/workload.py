"""A workload for PyTorch: see arrays.py."""
import os

import arrays
import numpy
import torch

torch.set_num_threads(int(os.environ["HEADGATE_BENCH_THREADS"]))


class Workload(arrays.Arrays):
    def __init__(self, folder):
        super().__init__(folder)
        self.order = torch.from_numpy(self.array("order").astype(numpy.int64))
        self.start = 0

    def tensor(self, name):
        return torch.from_numpy(self.array(name))

    def parameters(self):
        """Kernels and biases in the network's order; dense kernels are [in, out], convolutions' [h, w, in, out]."""
        return [self.tensor(name) for name in self.spec["parameters"]]

    def rows(self):
        """The rows of the next batch, in the order that every contestant follows."""
        rows = self.order[self.start : self.start + self.batch_size]
        ends = self.start + 2 * self.batch_size > len(self.order)
        self.start = 0 if ends else self.start + self.batch_size
        return rows

    def optimizer(self, parameters):
        settings = self.spec["optimizer"]
        make = {"adam": torch.optim.Adam, "adamW": torch.optim.AdamW}[settings["kind"]]
        return make(
            parameters,
            lr=settings["learningRate"],
            weight_decay=settings["weightDecay"],
            fused=self.options.get("fusedOptimizer") or None,
        )


def dense(kernel, bias):
    """A torch.nn.Linear with the weights of a tfjs dense layer."""
    layer = torch.nn.Linear(*kernel.shape)
    with torch.no_grad():
        layer.weight.copy_(kernel.T)
        layer.bias.copy_(bias)
    return layer


def convolution(kernel, bias, stride, padding):
    """A torch.nn.Conv2d with the weights of a tfjs conv2d layer."""
    height, width, channels, filters = kernel.shape
    layer = torch.nn.Conv2d(channels, filters, (height, width), stride, padding)
    with torch.no_grad():
        layer.weight.copy_(kernel.permute(3, 2, 0, 1))
        layer.bias.copy_(bias)
    return layer


def train(model, optimizer, loss_of_batch):
    """A step: zero the gradients, forward, loss, backward, update."""

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of_batch(model)
        loss.backward()
        optimizer.step()
        return loss

    return step


def serve(step):
    """`step` gives the loss as a tensor."""
    arrays.serve(lambda: step().item())
