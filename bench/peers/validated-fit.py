"""Whole fits with a validation after each epoch, as one writes them by hand; answers their last loss and processor time."""
import json
import sys
import time

import torch
import torch.nn.functional as F
from workload import Workload, convolution, dense

workload = Workload(sys.argv[1])
options = workload.options
torch.set_num_threads(options["threads"])
classes = workload.groups[0]["units"]
x = workload.tensor("input/frame").permute(0, 3, 1, 2).contiguous()
y = workload.tensor("targets")[:, 0].long()
split = options["trainRows"]
train_x, train_y, val_x, val_y = x[:split], y[:split], x[split:], y[split:]
scale = 1 / 255


def new_model():
    weights = workload.parameters()
    layers = []
    for kernel, bias in zip(weights[0:-2:2], weights[1:-2:2]):
        layers += [convolution(kernel, bias, stride=1, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    head, bias = weights[-2:]
    side = options["lastSide"]
    channels = head.shape[0] // side**2
    # Flattened channels first, where tfjs flattens channels last.
    head = head.reshape(side, side, channels, -1).permute(2, 0, 1, 3).reshape(head.shape)
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), dense(head, bias))


def area(scores, positive):
    """ROC-AUC by average ranks."""
    count = int(positive.sum())
    others = len(positive) - count
    if count == 0 or others == 0:
        return None
    _, place, ties = torch.unique(scores, return_inverse=True, return_counts=True)
    ends = ties.cumsum(0).double()
    ranks = (ends - (ties.double() - 1) / 2)[place]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def metrics(logits, labels):
    decided = logits.argmax(1)
    matrix = torch.bincount(labels * classes + decided, minlength=classes**2).reshape(classes, classes).double()
    right, labelled, chosen = matrix.diag(), matrix.sum(1), matrix.sum(0)
    seen = labelled + chosen > 0
    each = {
        "precision": right / chosen.clamp(min=1),
        "recall": right / labelled.clamp(min=1),
        "f1_score": 2 * right / (labelled + chosen).clamp(min=1),
    }
    result = {f"{name}_macro": float(values[seen].mean()) for name, values in each.items()}
    result["accuracy"] = float(right.sum() / len(labels))
    areas = [area(logits[:, c], labels == c) for c in range(classes)]
    result["roc_auc_macro"] = sum(a for a in areas if a is not None) / max(1, sum(a is not None for a in areas))
    return result


def validate(model):
    outputs = []
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(val_y), 128):
            logits = model(val_x[start : start + 128].float() * scale)
            total += float(F.cross_entropy(logits, val_y[start : start + 128], reduction="sum"))
            outputs.append(logits)
    return total / len(val_y), metrics(torch.cat(outputs), val_y)


def fit():
    model = new_model()
    optimizer = workload.optimizer(model.parameters())
    workload.start = 0
    for _ in range(options["epochs"]):
        model.train()
        for _ in range(split // workload.batch_size):
            rows = workload.rows()
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(train_x[rows].float() * scale), train_y[rows])
            loss.backward()
            optimizer.step()
            loss.item()
        model.eval()
        last, measured = validate(model)
    return last


for line in sys.stdin:
    for _ in range(json.loads(line)["steps"]):
        before = time.process_time()
        last = fit()
        print(json.dumps([last, (time.process_time() - before) * 1000]), flush=True)
