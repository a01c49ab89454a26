"""Reads tokenizer.json files with Python's tokenizers, and compares what they give with what Headgate gave.

python check.py FOLDER: in it cases.json, [{"name", "file", "texts": [...], "ids": [[...]], "decoded": [...]}]
"""

import json
import sys
import unicodedata
from pathlib import Path

import tokenizers

folder = Path(sys.argv[1])
print("tokenizers", tokenizers.__version__)
failed = False
for case in json.loads((folder / "cases.json").read_text()):
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / case["file"]))
    tokenizer.encode_special_tokens = True  # a text that says [MASK] is text
    encodings = tokenizer.encode_batch(case["texts"], add_special_tokens=False)
    agree = sum(encoding.ids == ids for encoding, ids in zip(encodings, case["ids"], strict=True))
    texts = [tokenizer.decode(ids, skip_special_tokens=False) for ids in case["ids"]]
    decoded = sum(text == own for text, own in zip(texts, case["decoded"], strict=True))
    total = len(case["texts"])
    print(f"{case['name']}: ids of {agree} of {total} texts agree, decoded texts of {decoded}")
    different = [
        (text, encoding.ids, ids)
        for text, encoding, ids in zip(case["texts"], encodings, case["ids"], strict=True)
        if encoding.ids != ids
    ]
    if different and len(different[0][0]) == 3:
        newer = sum(unicodedata.category(text[1]) == "Cn" for text, _, _ in different)
        print(f"   {newer} of those that differ are not in Unicode {unicodedata.unidata_version}")
        different = [row for row in different if unicodedata.category(row[0][1]) != "Cn"]
    for text, python, own in different[:4]:
        print("  ", ascii(text[:60]), "Python", python[:12], "Headgate", own[:12])
    failed = failed or agree != total or decoded != total
sys.exit(1 if failed else 0)
