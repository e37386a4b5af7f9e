"""What an edition remembers: the baselines that its subscription is judged by, in the state and in
each run, and the decisions on them, which stand beside the configuration."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from insights_reports.edition import Composed
from insights_reports.edition.baselines import Decision, Remembered
from insights_reports.errors import ConfigError, UsageError
from insights_reports.judgement import Baseline
from insights_reports.metrics import Period
from insights_reports.pipeline.runs import Run
from insights_reports.spelling.camel import in_camel_case
from insights_reports.whole import whole

DECISIONS = "baselines.yaml"
"""The file beside the configuration that holds the decisions; it is reviewed like code."""


class BaselineDecision(BaseModel):
    """One decision: the baseline of a measure of a series begins anew with the period ``from``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subscription: str
    series: str
    measure: str
    start: str
    reason: str
    who: str
    when: date

    @property
    def key(self) -> str:
        return f"{self.series}/{self.measure}"


def remembered(run: Run) -> Remembered:
    """The baselines of the subscription's earlier editions, and what was decided since.

    Raises:
        ConfigError: when the decisions cannot be read.
        UsageError: when the baselines cannot.
    """
    kept = read_baselines(run.state, run.subscription_name)
    decisions = {
        entry.key: Decision(entry.start, entry.reason, entry.who, entry.when)
        for entry in read_decisions(decisions_path(run.config_path))
        if entry.subscription == run.subscription_name
    }
    return Remembered(kept, decisions)


def baselines_path(state: Path, subscription: str) -> Path:
    """Where the state keeps a subscription's baselines."""
    return state / "baselines" / f"{subscription}.json"


def read_baselines(state: Path, subscription: str) -> dict[str, Baseline]:
    """The baselines in the state, by their keys; none where there was no edition yet."""
    return {
        key: Baseline.from_dict(plain)
        for key, plain in read_state(state, subscription)["baselines"].items()
    }


def read_state(state: Path, subscription: str) -> dict[str, Any]:
    """Baselines and proposals as they stand in the state, as plain values."""
    path = baselines_path(state, subscription)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        proposals = {key: in_camel_case(each) for key, each in found["proposals"].items()}
        return {"baselines": dict(found["baselines"]), "proposals": proposals}
    except FileNotFoundError:
        return {"baselines": {}, "proposals": {}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "The baselines cannot be read.",
            f"{path}: {error}",
            "Restore the file from a copy, or remove it: new baselines are formed.",
        ) from error


def plain(composed: Composed) -> dict[str, Any]:
    """Baselines and proposals of an edition as plain values."""
    return {
        "baselines": {key: each.to_dict() for key, each in sorted(composed.baselines.items())},
        "proposals": {
            key: in_camel_case({**asdict(each), "side": str(each.side)})
            for key, each in sorted(composed.proposals.items())
        },
    }


def keep_baselines(run: Run, made: Mapping[str, Any]) -> None:
    """Keep what an edition was judged by: in its own folder, and for the next ones in the state.

    A run into a folder of its own or a test changes nothing for others; nor does an edition of an
    older period, whose baselines end earlier than those that are kept.
    """
    run.write("baselines.json", dict(made))
    if run.out is not None or run.test_send is not None or run.dry_run:
        return
    before = read_state(run.state, run.subscription_name)
    baselines = {**before["baselines"]}
    for key, each in made["baselines"].items():
        if key not in baselines or _end(each) >= _end(baselines[key]):
            baselines[key] = each
    path = baselines_path(run.state, run.subscription_name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    text = json.dumps(
        {"baselines": baselines, "proposals": made["proposals"]}, indent=1, ensure_ascii=False
    )
    with whole(path, private=True) as part:
        part.write_text(text, encoding="utf-8")


def _end(baseline: Mapping[str, Any]) -> date:
    """The first day of its last period."""
    return Period.parse(baseline["periods"][-1][0]).start if baseline["periods"] else date.min


def decisions_path(config: Path) -> Path:
    """Where the decisions on baselines stand: beside the configuration."""
    return config.parent / DECISIONS


def read_decisions(path: Path) -> tuple[BaselineDecision, ...]:
    """The decisions, in their order; none where there is no such file.

    Raises:
        ConfigError: when it is not a list of them.
    """
    try:
        plain = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        entries = [{"start": str(each.pop("from")), **each} for each in plain or []]
        return TypeAdapter(tuple[BaselineDecision, ...]).validate_python(entries)
    except FileNotFoundError:
        return ()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        problem = f"{path}: {place}: {first['msg']}"
    except (OSError, YAMLError, AttributeError, KeyError, TypeError) as error:
        problem = f"{path}: {' '.join(str(error).split())[:200]}"
    raise ConfigError(
        "The decisions on baselines cannot be read.",
        (problem,),
        "Each has subscription, series, measure, from, reason, who and when.",
    )


def add_decision(path: Path, entry: BaselineDecision) -> None:
    """Write one more decision at the end of the file, which is made if it is not there."""
    read_decisions(path)
    plain = {
        "subscription": entry.subscription,
        "series": entry.series,
        "measure": entry.measure,
        "from": entry.start,
        "reason": entry.reason,
        "who": entry.who,
        "when": entry.when,
    }
    yaml = YAML()
    yaml.width = 4096
    with path.open("a", encoding="utf-8") as file:
        yaml.dump([plain], file)
