#!/usr/bin/env python3
"""Do two reports of `pantomime evaluate`, made with different seeds, say the same?

    compare_reports.py SEED1/report.json SEED2/report.json

Two intervals overlap when the numbers are no further apart than the sum of their halves. Of independent 95 %
intervals of the same thing nearly all do (99.4 % of equally wide ones). Compared is every number that has an
interval, of every row that was generated, for each judge, for sentences, conditions, bodies and timelines. Exit status 1 when the reports
are of different priors, judges, lengths or numbers of clips.
"""
import json
import math
import pathlib
import sys


def numbers_of(row):
    """Key -> (value, half width)."""
    found = {}
    for key, value in row.items():
        if isinstance(value, dict) and set(value) == {"value", "half_width"} and None not in value.values():
            found[key] = (value["value"], value["half_width"])
        elif key == "other_judges":
            for place, judge in enumerate(value, 2):
                found |= {f"{k} of judge {place}": v for k, v in numbers_of(judge).items()}
    return found


def rows_of(report):
    """(part, name) -> numbers, of what was generated."""
    rows = {}
    for row in report.get("label", {}).get("sets", []):
        if row.get("seeds"):
            rows["labels", row["name"]] = (row["clips"], numbers_of(row))
    for row in report.get("text", []):
        if row.get("ms"):
            rows["sentences", row["name"]] = (row["clips"], numbers_of(row))
    for row in report.get("conditions", []):
        if row.get("ms"):
            rows["conditions", ", ".join(filter(None, (row["task"], row["way"])))] = (row["clips"], numbers_of(row))
    for row in report.get("bodies", []):
        if row.get("leg_ratio"):
            rows["bodies", row["person"]] = (row["clips"], numbers_of(row))
    if timeline := report.get("timeline"):
        rows["timeline", "all acts"] = (timeline["clips"], numbers_of(timeline))
        for jerk in timeline["jerk"]:
            if not jerk["where"].startswith("real"):
                rows["timeline", jerk["where"]] = (timeline["clips"], numbers_of(jerk))
    return rows


def overlap(a, b):
    return abs(a[0] - b[0]) <= a[1] + b[1] + 1e-12


def compare(first, second):
    """Lines of text."""
    for key in ("prior_hash", "frames"):
        if first.get(key) != second.get(key):
            raise ValueError(f"{key}: {first.get(key)} and {second.get(key)}")
    judges = {judge["name"]: judge["hash"] for judge in first["judges"]}
    for judge in second["judges"]:
        if judges.get(judge["name"], judge["hash"]) != judge["hash"]:
            raise ValueError(f"judge {judge['name']}: two different ones")
    if first["seed"] == second["seed"]:
        raise ValueError(f"both have seed {first['seed']}")
    a, b = rows_of(first), rows_of(second)
    lines = ["| part | row | clips | numbers | intervals that overlap | those that don't |", "|---|---|---:|---:|---:|---|"]
    total = together = 0
    for place in sorted(set(a) & set(b)):
        (clips, mine), (others_clips, theirs) = a[place], b[place]
        if clips != others_clips:
            raise ValueError(f"{place[1]}: {clips} and {others_clips} clips")
        keys = [key for key in mine if key in theirs]
        apart = [key for key in keys if not overlap(mine[key], theirs[key])]
        shown = ", ".join(f"{key} {mine[key][0]:.4g} ± {mine[key][1]:.2g} and {theirs[key][0]:.4g} ± {theirs[key][1]:.2g}"
                          for key in apart)
        lines.append(f"| {place[0]} | {place[1]} | {clips} | {len(keys)} | {len(keys) - len(apart)} | {shown or '–'} |")
        total += len(keys)
        together += len(keys) - len(apart)
    if not total:
        raise ValueError("no row was generated in both")
    return lines + ["", f"Seeds {first['seed']} and {second['seed']}: of {total} numbers the intervals of {together} "
                        f"overlap ({100 * math.floor(1000 * together / total) / 1000:.1f} %)."]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[2].strip())
    try:
        reports = [json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:]]
        print("\n".join(compare(*reports)))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"compare_reports: {error}")


if __name__ == "__main__":
    main()
