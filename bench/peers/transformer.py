"""PyTorch's own encoder (norm first, GELU), on one fixed batch of padded tokens, with a linear layer at each of them."""
import sys

import torch
import torch.nn.functional as F
from workload import Workload, serve, train

workload = Workload(sys.argv[1])
heads, layers = workload.options["heads"], workload.options["layers"]
weights = {name.removeprefix("backbone/encoder/"): workload.tensor(name) for name in workload.spec["parameters"]}


def linear(name):
    return [weights[f"{name}/kernel"].T, weights[f"{name}/bias"]]


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        vocabulary, width = weights["tokens/embeddings"].shape
        hidden = weights["block1/feedForward/first/bias"].shape[0]
        self.tokens = torch.nn.Embedding(vocabulary, width)
        self.positions = torch.nn.Parameter(weights["positions/embeddings"].clone())
        block = torch.nn.TransformerEncoderLayer(
            width, heads, hidden, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = torch.nn.TransformerEncoder(
            block, layers, norm=torch.nn.LayerNorm(width), enable_nested_tensor=False
        )
        self.head = torch.nn.Linear(width, weights["head/tokens/bias"].shape[0])

    def forward(self, ids):
        x = self.tokens(ids) + self.positions
        return self.head(self.encoder(x, src_key_padding_mask=ids == 0))


def load(model):
    """Takes the weights over: PyTorch holds kernels transposed, and query, key and value as one."""
    own = dict(model.named_parameters())

    def put(name, value):
        own.pop(name).copy_(value)

    def put_linear(name, source):
        for part, value in zip(["weight", "bias"], linear(source)):
            put(f"{name}.{part}", value)

    def put_norm(name, source):
        put(f"{name}.weight", weights[f"{source}/gamma"])
        put(f"{name}.bias", weights[f"{source}/beta"])

    with torch.no_grad():
        put("tokens.weight", weights["tokens/embeddings"])
        put("positions", weights["positions/embeddings"])
        for i in range(layers):
            to, source = f"encoder.layers.{i}", f"block{i + 1}"
            projections = [linear(f"{source}/attention/{part}") for part in ["query", "key", "value"]]
            put(f"{to}.self_attn.in_proj_weight", torch.cat([weight for weight, _ in projections]))
            put(f"{to}.self_attn.in_proj_bias", torch.cat([bias for _, bias in projections]))
            put_linear(f"{to}.self_attn.out_proj", f"{source}/attention/output")
            put_linear(f"{to}.linear1", f"{source}/feedForward/first")
            put_linear(f"{to}.linear2", f"{source}/feedForward/second")
            put_norm(f"{to}.norm1", f"{source}/attention/norm")
            put_norm(f"{to}.norm2", f"{source}/feedForward/norm")
        put_norm("encoder.norm", "norm")
        put_linear("head", "head/tokens")
    assert not own, f"these have no weights: {sorted(own)}"


model = Model()
load(model)
rows = workload.rows()
ids = workload.tensor("input/line")[rows].long()
targets = workload.tensor("targets")[rows].reshape(ids.shape).long()
counted = workload.tensor("mask")[rows].reshape(ids.shape).bool()
classes = torch.where(counted, targets, -100).reshape(-1)


def loss_of_hidden(model):
    """The logits of the counted tokens alone, as a careful person writes a masked language model."""
    x = model.tokens(ids) + model.positions
    features = model.encoder(x, src_key_padding_mask=ids == 0)
    return F.cross_entropy(model.head(features[counted]), targets[counted])


def loss_of_batch(model):
    logits = model(ids)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), classes)


loss = loss_of_hidden if workload.options.get("hidden") else loss_of_batch
serve(train(model, workload.optimizer(model.parameters()), loss))
