"""How tools read a feed, on pages and as files: the recipes, with the feed's link in them."""

from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sojourn.errors import UserError
from sojourn.feeds import feeds
from sojourn.feeds.models import Feed
from sojourn.feeds.recipes import writing
from sojourn.feeds.recipes.catalogue import RECIPES, Recipe
from sojourn.web.presets import account_of


@never_cache
@require_safe
def page(request: HttpRequest, number: UUID, tool: str) -> HttpResponse:
    """How one tool reads a feed, with a menu of the others."""
    feed, recipe = _find(request, number, tool)
    try:
        files = _files(request, feed, recipe)
    except UserError as error:
        return _refused(request, error)
    link = feeds.link(feed, request.build_absolute_uri("/"))
    context = {"feed": feed, "link": link, "recipes": RECIPES, "recipe": recipe, "files": files}
    return render(request, "web/recipe.html", context)


@never_cache
@require_safe
def download(request: HttpRequest, number: UUID, tool: str, name: str) -> HttpResponse:
    """A file of a recipe."""
    feed, recipe = _find(request, number, tool)
    try:
        text = _files(request, feed, recipe).get(name)
    except UserError as error:
        return _refused(request, error)
    if text is None:
        raise Http404
    short = name.rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="{short}"'}
    return HttpResponse(text, content_type="application/octet-stream", headers=headers)


def _refused(request: HttpRequest, error: UserError) -> HttpResponse:
    context = {"title": "This feed cannot be read", "text": str(error)}
    return render(request, "web/message.html", context, status=HTTPStatus.BAD_REQUEST)


def _find(request: HttpRequest, number: UUID, tool: str) -> tuple[Feed, Recipe]:
    """The feed, which is one's own, and the recipe; raises Http404."""
    recipe = next((one for one in RECIPES if one.name == tool), None)
    try:
        feed = feeds.find(account_of(request), number)
    except UserError:
        raise Http404 from None
    if recipe is None:
        raise Http404
    return feed, recipe


def _files(request: HttpRequest, feed: Feed, recipe: Recipe) -> dict[str, str]:
    return writing.files(recipe, writing.facts(feed, request.build_absolute_uri("/"), timezone.now()))
