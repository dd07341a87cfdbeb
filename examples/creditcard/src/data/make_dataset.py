"""Stage 2: split the raw data into training and test data."""

__all__ = ["split"]

import pandas as pd
from sklearn.model_selection import train_test_split

from src.log_config import stage_log
from src.params import inside, read_params


def split(table: pd.DataFrame, target: str, test_split: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows, both with the same share of fraud: one row in 600 is, so chance would not do."""
    if target not in table.columns:
        raise ValueError(f"base.target_col is {target!r}, but the data have {', '.join(table.columns)}")
    train, test = train_test_split(table, test_size=test_split, random_state=seed, stratify=table[target])
    return train, test


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()
    options = params["make_dataset"]
    raw = inside(params["load_dataset"]["raw_data"]) / f"{params['load_dataset']['file_name']}.csv"
    with stage_log("make_dataset") as log:
        target = params["base"]["target_col"]
        train, test = split(pd.read_csv(raw), target, options["test_split"], options["random_state"])
        processed = inside(options["processed_data"])
        processed.mkdir(parents=True, exist_ok=True)
        for name, part in (("train", train), ("test", test)):
            part.to_csv(processed / f"{name}.csv", index=False)
            log.info("%s: %d rows, %d of them fraud", name, len(part), part[target].sum())


if __name__ == "__main__":
    main()
