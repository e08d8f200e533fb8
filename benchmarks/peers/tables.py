"""Cross-validation of scikit-learn's models on the tables and the folds of benchmarks/tables.ts.

python3 tables.py job.json: a list of { name, csv, target, task, types, folds }, where folds holds, for
each repeat and each fold, the rows to test on. Writes JSON to standard output: for each table and model
the score of each repeat, accuracy or R2 times 100 as a mean over its folds.
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.simplefilter("ignore", ConvergenceWarning)


def read(path, types):
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    for name, kind in types.items():
        if kind == "date":
            days = pd.to_datetime(table[name], utc=True) - pd.Timestamp("1970-01-01", tz="UTC")
            table[name] = days / pd.Timedelta(days=1)
        elif kind == "category":
            gaps = table[name].isna()
            texts = table[name].astype(str).str.lower() if table[name].dtype == bool else table[name]
            table[name] = texts.astype(object).where(~gaps, None)
    return table


def dense(numbers, categories):
    """Numbers filled and scaled, with a column that tells of gaps; categories, gaps among them, as columns."""
    filled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    named = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing", missing_values=None),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    return make_column_transformer((filled, numbers), (named, categories))


def models(task, rows, numbers, categories, seed):
    prepared = lambda model: make_pipeline(dense(numbers, categories), model)
    # As HistGradientBoosting does on its own.
    long = dict(max_iter=500, early_stopping=rows > 10_000, random_state=seed)
    if task == "classification":
        return {
            "linear": prepared(LogisticRegression(max_iter=2000)),
            "mlp": prepared(MLPClassifier(**long)),
            "boosting": HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=seed),
        }
    scaled = lambda model: TransformedTargetRegressor(model, transformer=StandardScaler())
    return {
        "linear": prepared(Ridge()),
        "mlp": scaled(prepared(MLPRegressor(**long))),
        "boosting": HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=seed),
    }


def evaluate(job):
    table = read(job["csv"], job["types"])
    rows = table[job["target"]].notna().to_numpy().nonzero()[0]
    table = table.iloc[rows].reset_index(drop=True)
    task, target = job["task"], table[job["target"]].to_numpy()
    columns = [name for name in job["types"] if name != job["target"]]
    categories = [name for name in columns if job["types"][name] == "category"]
    numbers = [name for name in columns if name not in categories]
    plain = table[columns]
    typed = plain.astype({name: "category" for name in categories})
    score = accuracy_score if task == "classification" else r2_score
    scores = {}
    for repeat, folds in enumerate(job["folds"]):
        for name, model in models(task, len(table), numbers, categories, repeat).items():
            of_folds = []
            for test in folds:
                train = np.setdiff1d(np.arange(len(target)), test)
                x = typed if name == "boosting" else plain
                model.fit(x.iloc[train], target[train])
                of_folds.append(100 * score(target[test], model.predict(x.iloc[test])))
            scores.setdefault(name, []).append(float(np.mean(of_folds)))
            print(job["name"], repeat, name, f"{np.mean(of_folds):.2f}", file=sys.stderr)
    return {"name": job["name"], "scores": scores}


with open(sys.argv[1]) as file:
    jobs = json.load(file)
json.dump({"scikitLearn": sklearn.__version__, "tables": [evaluate(job) for job in jobs]}, sys.stdout)
