"""Scikit-learn and PyTorch on the rows and labels of a job file: one JSON in, one line of JSON for each job out.

Job file: {"inputs": [[number]], "image": [height, width] or null, "trees": {"values": [[number or null]], "categories":
[column]} or null, "tasks": [{"name", "type": "binary" | "classes" | "number", "classes": count, "metric"}], "jobs": [{"id",
"seed", "steps", "batch", "train": [row], "test": [row], "labels": {task: [value or null, one for each row of train]},
"truth": {task: likewise, of test}}]}. Labels that do not count are null. A score is null where a task has no label to learn from.
"""
import json
import math
import os
import sys
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from sklearn.dummy import DummyClassifier  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: E402
from sklearn.linear_model import LogisticRegression, RidgeCV  # noqa: E402
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

torch.set_num_threads(1)
warnings.filterwarnings("ignore")
# trees take minutes on more pixels than this: of a larger image they read every other row and column
PIXELS_FOR_TREES = 256


def numbers(values):
    return np.array([math.nan if value is None else float(value) for value in values])


def score(task, truth, predicted):
    """`predicted`: classes for accuracy, a number for each row else. Null where the metric is not defined."""
    if len(truth) == 0:
        return None
    if task["metric"] == "accuracy":
        return float(accuracy_score(truth, predicted))
    if task["metric"] == "roc_auc":
        return float(roc_auc_score(truth, predicted)) if len(set(truth)) == 2 else None
    return float(r2_score(truth, predicted)) if len(truth) > 1 and np.ptp(truth) > 0 else None


def by_sklearn(task, make, x_train, y_train, x_test, y_test):
    if len(y_train) == 0:
        return None
    model = make(task)
    if task["type"] != "number":
        if len(set(y_train)) < 2:
            model = DummyClassifier(strategy="most_frequent")
        model.fit(x_train, y_train.astype(int))
        if task["metric"] == "accuracy":
            return score(task, y_test, model.predict(x_test))
        told = model.predict_proba(x_test)
        return score(task, y_test, told[:, 1] if told.shape[1] == 2 else np.zeros(len(y_test)))
    model.fit(x_train, y_train)
    return score(task, y_test, model.predict(x_test))


def linear(task):
    own = RidgeCV(alphas=np.logspace(-3, 4, 15)) if task["type"] == "number" else LogisticRegression(max_iter=2000)
    return make_pipeline(StandardScaler(), own)


def trees(categories):
    def make(task):
        kind = HistGradientBoostingRegressor if task["type"] == "number" else HistGradientBoostingClassifier
        return kind(random_state=0, categorical_features=categories or None)

    return make


class Network(torch.nn.Module):
    """Headgate's default backbone, written by hand, with one head for each task."""

    def __init__(self, features, image, widths):
        super().__init__()
        layers = []
        if image is None:
            wide = features
        else:
            (height, width), channels = image, 1
            for filters in (16, 32, 64):
                if min(height, width) < 4:
                    break
                layers += [torch.nn.Conv2d(channels, filters, 3, stride=2, padding=1), torch.nn.ReLU()]
                height, width, channels = (height + 1) // 2, (width + 1) // 2, filters
            layers.append(torch.nn.Flatten())
            wide = height * width * channels
        layers += [torch.nn.Linear(wide, 128), torch.nn.ReLU(), torch.nn.Linear(128, 128), torch.nn.ReLU()]
        self.body = torch.nn.Sequential(*layers)
        self.heads = torch.nn.ModuleList(torch.nn.Linear(128, width) for width in widths)

    def forward(self, x):
        shared = self.body(x)
        return [head(shared) for head in self.heads]


def masked_loss(task, logits, labels):
    """Mean over the rows whose label counts."""
    counts = ~torch.isnan(labels)
    if not counts.any():
        return logits.sum() * 0
    logits, labels = logits[counts], labels[counts]
    if task["type"] == "classes":
        return F.cross_entropy(logits, labels.long())
    if task["type"] == "binary":
        return F.binary_cross_entropy_with_logits(logits[:, 0], labels)
    return F.mse_loss(logits[:, 0], labels)


def by_torch(tasks, job, x_train, x_test, image):
    """AdamW at 1e-3, by cosine to 0; inputs and numbers to tell standardised by the training rows. Scores by task."""
    rng = np.random.default_rng(job["seed"])
    torch.manual_seed(job["seed"])
    labels, scales = [], []
    for task in tasks:
        own = numbers(job["labels"][task["name"]])
        known = own[~np.isnan(own)]
        number = task["type"] == "number" and len(known) > 0
        scales.append((known.mean(), known.std() or 1.0) if number else (0.0, 1.0))
        labels.append(torch.tensor((own - scales[-1][0]) / scales[-1][1], dtype=torch.float32))
    learnt = [bool((~torch.isnan(own)).any()) for own in labels]
    if not any(learnt):
        return {task["name"]: None for task in tasks}
    widths = [task["classes"] if task["type"] == "classes" else 1 for task in tasks]
    network = Network(x_train.shape[1], image, widths)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, job["steps"])
    rows, order = len(x_train), []
    for _ in range(job["steps"]):
        if len(order) == 0:
            order = rng.permutation(rows)
        batch, order = order[: job["batch"]], order[job["batch"] :]
        loss = sum(masked_loss(task, out, own[batch]) for task, out, own in zip(tasks, network(x_train[batch]), labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        outputs = network(x_test)
    scores = {}
    for task, out, known, (mean, deviation) in zip(tasks, outputs, learnt, scales):
        truth = numbers(job["truth"][task["name"]])
        counts = ~np.isnan(truth)
        told = (out.argmax(1) if task["type"] == "classes" else out[:, 0] * deviation + mean).numpy()
        scores[task["name"]] = score(task, truth[counts], told[counts]) if known else None
    return scores


def single_torch(task, job, x_train, x_test, image):
    """The rows alone whose label counts, as a user would give it."""
    own = numbers(job["labels"][task["name"]])
    counts = ~np.isnan(own)
    return by_torch([task], {**job, "labels": {task["name"]: own[counts]}}, x_train[counts], x_test, image)


def standardised(train, test, image):
    """Columns by mean and deviation; an image by those of all its pixels."""
    axis = None if image else 0
    mean, deviation = train.mean(axis), train.std(axis)
    deviation = np.where(deviation == 0, 1, deviation)
    parts = [torch.tensor((part - mean) / deviation, dtype=torch.float32) for part in (train, test)]
    return [part.reshape(len(part), 1, *image) for part in parts] if image else parts


def main(file):
    with open(file) as stream:
        given = json.load(stream)
    inputs, image, tasks = np.array(given["inputs"], dtype=float), given["image"], given["tasks"]
    values, categories = inputs, None
    if given["trees"]:
        values, categories = np.array([numbers(row) for row in given["trees"]["values"]]), given["trees"]["categories"]
    elif image and inputs.shape[1] > PIXELS_FOR_TREES:
        values = inputs.reshape(-1, *image)[:, ::2, ::2].reshape(len(inputs), -1)
    for job in given["jobs"]:
        train, test = job["train"], job["test"]
        answers = {"linear": {}, "trees": {}}
        for task in tasks:
            own, truth = numbers(job["labels"][task["name"]]), numbers(job["truth"][task["name"]])
            a, b = ~np.isnan(own), ~np.isnan(truth)
            for name, make, x in (("linear", linear, inputs), ("trees", trees(categories), values)):
                answers[name][task["name"]] = by_sklearn(task, make, x[train][a], own[a], x[test][b], truth[b])
        x_train, x_test = standardised(inputs[train], inputs[test], image)
        answers["torch"] = by_torch(tasks, job, x_train, x_test, image)
        answers["torchSingle"] = {}
        for task in tasks:
            answers["torchSingle"].update(single_torch(task, job, x_train, x_test, image))
        print(json.dumps({"id": job["id"], "scores": answers}), flush=True)


main(sys.argv[1])
