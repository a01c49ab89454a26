"""Reads what bench/peers.ts wrote, and answers its requests: one line of JSON in, one line of JSON out."""
import json
import os
import sys
import time

import numpy


class Arrays:
    def __init__(self, folder):
        with open(os.path.join(folder, "spec.json")) as file:
            self.spec = json.load(file)
        self.folder = folder
        self.options = self.spec["options"]
        self.groups = self.spec["groups"]
        self.batch_size = self.spec["batchSize"]

    def array(self, name):
        entry = self.spec["arrays"][name]
        data = numpy.fromfile(os.path.join(self.folder, entry["file"]), entry["dtype"])
        return data.reshape(entry["shape"])


def serve(step):
    """`step` gives the loss as a number."""
    for line in sys.stdin:
        request = json.loads(line)
        answer = []
        for _ in range(request["steps"]):
            start = time.perf_counter()
            value = step()
            elapsed = (time.perf_counter() - start) * 1000
            answer.append(value if request["do"] == "losses" else elapsed)
        print(json.dumps(answer), flush=True)
