"""Logistic regression on the columns of `suggest`, one-hot and standardised: reads splits from the standard input, one JSON a line, and
answers with accuracy and AUC on the rows that were held out."""
import json
import sys

import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

for line in sys.stdin:
    job = json.loads(line)
    train, test = [pandas.DataFrame(job[part]) for part in ("train", "test")]
    numbers, names = job["numbers"], job["categories"]
    for frame in (train, test):
        frame[numbers] = frame[numbers].astype(float)
        frame[names] = frame[names].astype(object).where(frame[names].notna(), "missing").astype(str)
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
            ("categories", OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=51), names),
        ]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=2000))
    labels = [frame[job["label"]].astype(int) for frame in (train, test)]
    model.fit(train, labels[0])
    scores = model.predict_proba(test)[:, 1]
    answer = {
        "accuracy": accuracy_score(labels[1], scores > 0.5),
        "roc_auc": roc_auc_score(labels[1], scores),
    }
    print(json.dumps({name: float(numpy.asarray(value)) for name, value in answer.items()}), flush=True)
