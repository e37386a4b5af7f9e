"""The base of all parts of the configuration."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A part of the configuration: unknown keys are errors, and errors show no values."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
