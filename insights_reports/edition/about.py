"""One record of an edition, wherever it is written down: in ``edition.json`` of a run, in the
``manifest.json`` of a published revision, in the index and in what commands print.

As JSON it is in camelCase, with instants and dates in ISO 8601.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

_OF_VERSION_0_1 = {"generated": "madeAt", "not_comparable": "notComparable"}


class PageOne(BaseModel):
    """A figure of page one: ``value`` in the unit of its measure (ticks, fractions, numbers), or
    why it is ``missing`` (`values.Missing`)."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    measure: str
    statistic: str
    value: float | None
    missing: str = ""
    verdict: str


class About(BaseModel):
    """An edition: one subscription for one period.

    Attributes:
        report: the name of the Insights report.
        start, end: the period's dates, half-open.
        status: one of `values.Status`.
        digest: tells contents apart: two runs with the same figures have the same digest, whenever
            they were made.
        made_at: when this revision was first made.
        run: the id of the run that made it; "" in what version 0.1 wrote.
        documents: their names.
        verdict: the cross-check's word on all figures (`crosscheck.CheckVerdict`), and how many
            figures were compared: the four counts add up to ``figures``.
        known_from: the first day of which the deployments are known.
        no_access: the splits wanted that the account may not know.
        figure_parts: digests of the figures, by document: equal where only settings differ.
        reissue: whether the figures are those of the revision before, shown in another way.
        data: the names of the files that hold the edition as data.
        page_one: the figures of page one.
        finding: the headline of page one, in the language of the edition.
        released_by: who released it after it was held.
    """

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore"
    )

    subscription: str = ""
    report: str
    period: str
    start: date
    end: date
    revision: int = Field(ge=1)
    status: str
    digest: str
    made_at: datetime
    run: str = ""
    title: str = ""
    documents: tuple[str, ...] = ()
    verdict: str
    figures: int = 0
    agrees: int = 0
    differs: int = 0
    explained: int = 0
    not_comparable: int = 0
    known_from: date | None = None
    no_access: tuple[str, ...] = ()
    figure_parts: dict[str, str] = {}
    reissue: bool = False
    data: tuple[str, ...] = ()
    page_one: tuple[PageOne, ...] = ()
    finding: str = ""
    released_by: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_version_0_1(cls, said: Any) -> Any:
        """As version 0.1 wrote it: other names, and verdicts that were keys of the catalogue."""
        if not isinstance(said, dict):
            return said
        read = {_OF_VERSION_0_1.get(name, name): value for name, value in said.items()}
        verdict = str(read.get("verdict", ""))
        if verdict.startswith("check."):
            read["verdict"] = verdict.removeprefix("check.").replace("_", " ")
        return read

    def to_json(self) -> dict[str, Any]:
        """JSON values; `About.model_validate` is the way back."""
        return self.model_dump(mode="json", by_alias=True)
