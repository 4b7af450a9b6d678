"""A stand-in with the signatures of mlflow 3.17.2's client."""

from types import SimpleNamespace

from fake_log import note


class MlflowClient:
    def __init__(self, tracking_uri=None, registry_uri=None):
        pass

    def get_experiment_by_name(self, name):
        return None

    def create_experiment(self, name, artifact_location=None, tags=None):
        return "1"

    def create_run(self, experiment_id, start_time=None, tags=None, run_name=None):
        note("mlflow", "begin", name=run_name)
        return SimpleNamespace(info=SimpleNamespace(run_id="id-of-mlflow"))

    def log_batch(self, run_id, metrics=(), params=(), tags=(), synchronous=None):
        for step in {m.step for m in metrics}:
            values = {m.key: m.value for m in metrics if m.step == step}
            note("mlflow", "log", values=values, step=step, id=run_id)
        assert len(params) <= 100 and len(metrics) <= 1000, "more than MLflow takes"
        if params:
            note("mlflow", "params", names=[p.key for p in params])

    def set_terminated(self, run_id, status=None, end_time=None):
        note("mlflow", "end", id=run_id)
