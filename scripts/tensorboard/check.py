"""Reads what Headgate writes by TensorBoard's own reader and its server, and compares every number.

    pip install tensorboard==2.21.0
    npx tsx scripts/tensorboard/write.ts FOLDER && python scripts/tensorboard/check.py FOLDER
"""

import base64
import json
import pathlib
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import numpy as np
from tensorboard import program
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.util import tensor_util

folder = pathlib.Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())


def curves(records):
    """By tag, the numbers of each epoch, straight from the history."""
    found = {}

    def add(tag, epoch, value):
        if value is not None:
            found.setdefault(tag, []).append((epoch, float(np.float32(value))))

    for record in records:
        epoch, validation = record["epoch"], record["validation"]
        add("total_loss/train", epoch, record["loss"])
        add("total_loss/validation", epoch, validation["loss"])
        for path in record["tasks"]:
            add(f"loss/train/{path}", epoch, record["tasks"][path])
            add(f"loss/validation/{path}", epoch, validation["tasks"][path])
            add(f"weight/{path}", epoch, record["weights"][path])
            for metric, value in validation["metrics"][path].items():
                add(f"metric/validation/{path}/{metric}", epoch, value)
        for tag, name in [("learning_rate", "learningRate"), ("penalty", "penalty"), ("data_wait", "dataWait"), ("seconds", "seconds")]:
            add(f"fit/{tag}", epoch, record[name])
    return found


def load(name):
    reader = EventAccumulator(str(folder / name), size_guidance={"tensors": 0})
    reader.Reload()
    return reader


fit, kinds = load("fit"), load("kinds")
wanted = curves(expected["epochs"])
tags = fit.Tags()["tensors"]
assert set(tags) == set(wanted) | {"step/loss", "step/learning_rate", "step/data_wait"}, set(tags) ^ set(wanted)
for tag, points in wanted.items():
    own = [(e.step, tensor_util.make_ndarray(e.tensor_proto).item()) for e in fit.Tensors(tag)]
    assert own == points, (tag, own, points)
assert [e.step for e in fit.Tensors("step/loss")] == list(range(2, expected["steps"] + 1, 2))

[weights] = kinds.Tensors("weights")
counts, edges = np.histogram(np.array(expected["numbers"]), bins=30)
buckets = tensor_util.make_ndarray(weights.tensor_proto)
assert buckets[:, 2].tolist() == counts.tolist()
np.testing.assert_allclose(buckets[:, 0], edges[:-1], rtol=1e-14, atol=1e-15)
np.testing.assert_allclose(buckets[:, 1], edges[1:], rtol=1e-14, atol=1e-15)
[tree] = kinds.Tensors("tree")
assert tensor_util.make_ndarray(tree.tensor_proto).item().decode() == expected["text"]
[worst] = kinds.Tensors("worst")
assert tensor_util.make_ndarray(worst.tensor_proto).tolist() == [b"1", b"1", base64.b64decode(expected["png"])]
print(f"EventAccumulator: {len(wanted)} curves of {len(expected['epochs'])} epochs, a histogram, a text and an image are the same")

# A writer may be killed at any byte: TensorBoard's reader gives every whole record, and no error.
[whole] = (folder / "kinds").iterdir()
data = whole.read_bytes()
ends = []
while (start := ends[-1] if ends else 0) < len(data):
    ends.append(start + 16 + int.from_bytes(data[start : start + 8], "little"))
with tempfile.TemporaryDirectory() as place:
    cut = pathlib.Path(place) / "events.out.tfevents.cut"
    for length in range(len(data) + 1):
        cut.write_bytes(data[:length])
        events = list(RawEventFileLoader(str(cut)).Load())
        assert len(events) == sum(end <= length for end in ends), length
print(f"TensorBoard's reader, of a file cut at each of {len(data)} bytes: every whole record")

server = program.TensorBoard()
server.configure(argv=[None, "--logdir", str(folder), "--host", "127.0.0.1", "--port", "0", *sys.argv[2:]])
address = server.launch()


def get(path, **query):
    with urllib.request.urlopen(f"{address}data/plugin/{path}?{urllib.parse.urlencode(query)}") as answer:
        return answer.read()


def wait_for_runs():
    """The server reads in a thread of its own."""
    for _ in range(100):
        if {"fit"} <= json.loads(get("scalars/tags")).keys() and {"kinds"} <= json.loads(get("images/tags")).keys():
            return
        time.sleep(0.2)
    raise SystemExit("the server shows no run")


wait_for_runs()
for tag, points in wanted.items():
    served = [(step, value) for _, step, value in json.loads(get("scalars/scalars", run="fit", tag=tag))]
    assert served == points, (tag, served, points)
[[_, step, served]] = json.loads(get("histograms/histograms", run="kinds", tag="weights"))
assert step == 7 and [count for _, _, count in served] == counts.tolist()
[text] = json.loads(get("text/text", run="kinds", tag="tree"))
assert "<strong>open</strong>: çà et là" in text["text"], text
[image] = json.loads(get("images/images", run="kinds", tag="worst"))
served = get("images/individualImage", **dict(urllib.parse.parse_qsl(image["query"])))
assert served == base64.b64decode(expected["png"])
print("the server's HTTP API: the same")
