"""
Reads the images of a folder as PyTorch's usual loader does: PIL decodes, converts to RGB, resizes (bilinear, cut to the same shape),
numpy makes an array. Three ways: PIL alone, a DataLoader without workers, and one with two. Prints images a second of processor
time, that of the workers included, as JSON.
"""
import json
import os
import resource
import sys

import numpy
import torch
from PIL import Image


def load(file, size):
    with Image.open(file) as image:
        image = image.convert("RGB")
        width, height = image.size
        if (width, height) != (size, size):
            scale = size / min(width, height)
            image = image.resize((round(width * scale), round(height * scale)), Image.BILINEAR)
            left, top = (image.width - size) // 2, (image.height - size) // 2
            image = image.crop((left, top, left + size, top + size))
        array = numpy.asarray(image)
    assert array.shape == (size, size, 3)
    return array


class Folder(torch.utils.data.Dataset):
    def __init__(self, folder, size):
        self.files = [os.path.join(folder, file) for file in sorted(os.listdir(folder))]
        self.size = size

    def __len__(self):
        return len(self.files)

    def __getitem__(self, row):
        return torch.from_numpy(load(self.files[row], self.size).copy())


def seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def rate(read, rows):
    start = seconds()
    read()
    return rows / (seconds() - start)


def by_loader(data, workers):
    loader = torch.utils.data.DataLoader(data, batch_size=64, num_workers=workers)
    assert sum(len(batch) for batch in loader) == len(data)
    del loader  # workers end, and their time counts


if __name__ == "__main__":
    torch.set_num_threads(1)
    data = Folder(sys.argv[1], int(sys.argv[2]))
    rates = {"PIL and numpy": rate(lambda: [load(file, data.size) for file in data.files], len(data))}
    for workers in (0, 2):
        rates[f"DataLoader, {workers} workers"] = rate(lambda: by_loader(data, workers), len(data))
    print(json.dumps(rates))
