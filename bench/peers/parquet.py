"""
The epoch of bench/data/parquet.ts by PyArrow and torch's DataLoader: row groups in random order, rows shuffled in pools.
Thrice: whole batches stacked by hand, the fastest there is; the same in processes of the loader; and a row at a time, which the
loader collates, as most write it. Two row groups make a pool, as blocks of a whole row group do in the script.
"""
import resource
import sys
import time

import numpy
import pyarrow.parquet
import torch

file, batch_size = sys.argv[1], int(sys.argv[2])
features = [f"f{i}" for i in range(16)]
labels = [f"l{i}" for i in range(20)]
POOL_GROUPS = 2


def stacked(table, names, fill):
    columns = [table.column(name).combine_chunks() for name in names]
    return numpy.stack([column.fill_null(fill).to_numpy(zero_copy_only=False) for column in columns], axis=1)


class Batches(torch.utils.data.IterableDataset):
    """The loader has nothing to collate."""

    def __iter__(self):
        source = pyarrow.parquet.ParquetFile(file)
        random = numpy.random.default_rng(1)
        groups = random.permutation(source.num_row_groups)
        info = torch.utils.data.get_worker_info()
        if info is not None:
            groups = groups[info.id :: info.num_workers]
        for start in range(0, len(groups), POOL_GROUPS):
            pool = sorted(groups[start : start + POOL_GROUPS].tolist())
            table = source.read_row_groups(pool, columns=features + labels, use_threads=False)
            order = random.permutation(table.num_rows)
            inputs = stacked(table, features, float("nan")).astype(numpy.float32)[order]
            targets = stacked(table, labels, -1).astype(numpy.float32)[order]
            mask = (targets >= 0).astype(numpy.uint8)
            targets[targets < 0] = 0
            for at in range(0, table.num_rows, batch_size):
                batch = slice(at, at + batch_size)
                yield torch.from_numpy(inputs[batch]), torch.from_numpy(targets[batch]), torch.from_numpy(mask[batch])


class Rows(torch.utils.data.IterableDataset):
    """The first rows, one by one."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        left = self.count
        for inputs, targets, mask in Batches():
            for row in range(min(left, len(inputs))):
                yield inputs[row], targets[row], mask[row]
            left -= len(inputs)
            if left <= 0:
                return


def usage():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def measure(name, loader):
    before, start, rows = usage(), time.perf_counter(), 0
    for inputs, _, _ in loader:
        rows += len(inputs)
    seconds, processor = time.perf_counter() - start, usage() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(
        f"PyArrow + DataLoader, {name}: {rows / seconds:,.0f} rows/s, "
        f"{rows / processor:,.0f} rows/processor-second, peak RSS {peak // 1024} MB ({rows} rows)",
        flush=True,
    )


if __name__ == "__main__":
    torch.set_num_threads(2)
    measure("whole batches", torch.utils.data.DataLoader(Batches(), batch_size=None))
    measure("whole batches, 2 workers", torch.utils.data.DataLoader(Batches(), batch_size=None, num_workers=2))
    measure("row by row", torch.utils.data.DataLoader(Rows(500_000), batch_size=batch_size))
    measure("row by row, 2 workers", torch.utils.data.DataLoader(Rows(250_000), batch_size=batch_size, num_workers=2))
