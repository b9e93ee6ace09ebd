"""How this browser wants to read: light or dark, and in which language. Kept in cookies that only we read."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from monitor.web.access import Visitor
from monitor.web.house import House
from monitor.web.paper import HEADERS, LANGUAGE, THEME, THEMES
from monitor.web.sections.login import inside

_YEAR = 365 * 86_400  # seconds


def routes(house: House) -> APIRouter:
    """`/look`."""
    router = APIRouter(include_in_schema=False)

    @router.post("/look")
    async def look(
        visitor: Annotated[Visitor, Depends(house.door.anyone)],
        theme: Annotated[str, Form(max_length=20)] = "",
        language: Annotated[str, Form(max_length=20)] = "",
        back: Annotated[str, Form(max_length=2000)] = "/",
    ) -> Response:
        """Remember it, and back to the page. What is none of ours is forgotten: the system's and the browser's hold."""
        answer = RedirectResponse(inside(back), 303, HEADERS)
        for name, value, good in ((THEME, theme, THEMES), (LANGUAGE, language, house.paper.languages)):
            if value and value in good:
                answer.set_cookie(
                    name, value, max_age=_YEAR, httponly=True, samesite="lax", secure=visitor.secure, path="/"
                )
            else:
                answer.delete_cookie(name, path="/")
        return answer

    return router
