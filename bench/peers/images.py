"""Decodes the images of a folder as PyTorch's usual loader does, with PIL, and prints how many a second of processor time."""
import os
import sys
import time

import numpy
from PIL import Image

folder, size = sys.argv[1], int(sys.argv[2])
files = sorted(os.listdir(folder))
start = time.process_time()
for file in files:
    with Image.open(os.path.join(folder, file)) as image:
        image = image.convert("RGB")
        width, height = image.size
        if (width, height) != (size, size):
            scale = size / min(width, height)
            image = image.resize((round(width * scale), round(height * scale)), Image.BILINEAR)
            left, top = (image.width - size) // 2, (image.height - size) // 2
            image = image.crop((left, top, left + size, top + size))
        array = numpy.asarray(image)
        assert array.shape == (size, size, 3)
print(len(files) / (time.process_time() - start))
