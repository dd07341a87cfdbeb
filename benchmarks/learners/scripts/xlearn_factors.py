"""SCORE K train DATA MODEL, or SCORE K predict DATA MODEL PREDICTIONS: one pass of xLearn's defaults."""

import sys

import xlearn

score, k, what, data, model = sys.argv[1:6]
learner = xlearn.create_ffm() if score == "ffm" else xlearn.create_fm()
if what == "train":
    learner.setTrain(data)
    learner.disableEarlyStop()
    learner.fit({"task": "binary", "lr": 0.2, "lambda": 2e-6, "k": int(k), "epoch": 1, "opt": "adagrad"}, model)
else:
    learner.setTest(data)
    learner.setSigmoid()
    learner.predict(model, sys.argv[6])
