"""Refusals, in the shape and the words of Octopus's error replies."""

from typing import Any, ClassVar

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/json; charset=utf-8"


class Problem(Exception):
    """A request that is answered with an error body."""

    status = 400
    message: ClassVar[str] = "There was a problem with your request."

    def __init__(self, *errors: str, message: str | None = None) -> None:
        super().__init__(*errors)
        self.errors = list(errors)
        self.text = message or self.message


class NotLoggedIn(Problem):
    """No key (401)."""

    status = 401
    message = (
        "You must be logged in to request this resource. "
        "Please provide a valid API key or log in again."
    )


class InvalidKey(NotLoggedIn):
    """A key that is not known (401)."""

    message = "The API key you provided was not valid."


class Forbidden(Problem):
    """The user lacks a permission (403)."""

    status = 403

    def __init__(self, permission: str) -> None:
        super().__init__(
            message="You do not have permission to perform this action. Please contact your "
            f"Octopus administrator. Missing permission: {permission}"
        )


class Missing(Problem):
    """There is no such thing, or not in this space (404)."""

    status = 404

    def __init__(self, document_id: str) -> None:
        super().__init__(message=f"The resource '{document_id}' was not found.")


class Conflict(Problem):
    """Another document stands in the way (409)."""

    status = 409


def reply(status: int, message: str, errors: list[str]) -> Response:
    """An error body. The status is not repeated in it."""
    body = {"ErrorMessage": message, "Errors": errors}
    return Response(orjson.dumps(body), status_code=status, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every refusal of the application with such a body."""

    @app.exception_handler(Problem)
    def on_problem(request: Request, problem: Problem) -> Response:
        return reply(problem.status, problem.text, problem.errors)

    @app.exception_handler(RequestValidationError)
    def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return reply(400, Problem.message, [_sentence(each) for each in error.errors()])

    @app.exception_handler(HTTPException)
    def on_http_error(request: Request, error: HTTPException) -> Response:
        path = request.scope.get("original_path", request.url.path)
        message = {
            404: f"The resource '{path}' was not found.",
            405: f"The method {request.method} is not supported here.",
        }.get(error.status_code, str(error.detail))
        response = reply(error.status_code, message, [])
        response.headers.update(error.headers or {})
        return response


def _sentence(error: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in error["loc"][1:])
    return f"The value of '{name}' is not valid: {error['msg']}."
