"""Stage 2: join the raw tables, mark the late flights, split by time."""

__all__: list[str] = []

from pathlib import Path

import pandas as pd

from src.data.features import describe, split_by_time
from src.log_config import stage_log
from src.params import read_params


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()
    raw = Path(params["load_dataset"]["raw_data"])
    options = params["make_dataset"]
    target = params["base"]["target_col"]
    with stage_log("make_dataset") as log:
        flights = pd.read_csv(raw / "flights.csv")
        table = describe(
            flights,
            pd.read_csv(raw / "weather.csv"),
            pd.read_csv(raw / "planes.csv"),
            target=target,
            late_minutes=options["late_minutes"],
            lead_minutes=options["lead_minutes"],
            recent_hours=options["recent_hours"],
        )
        log.info(
            "%d flights, of which %d were cancelled and %d diverted: no arrival, no target, left out",
            len(flights),
            flights["dep_time"].isna().sum(),
            (flights["dep_time"].notna() & flights["arr_delay"].isna()).sum(),
        )
        processed = Path(options["processed_data"])
        processed.mkdir(parents=True, exist_ok=True)
        parts = split_by_time(table, valid_from=options["valid_from"], test_from=options["test_from"])
        for name, part in parts.items():
            part.to_csv(processed / f"{name}.csv", index=False)
            log.info(
                "%s: %d flights from %s to %s, %.1f %% late",
                name,
                len(part),
                part["date"].iloc[0],
                part["date"].iloc[-1],
                100 * part[target].mean(),
            )


if __name__ == "__main__":
    main()
