"""Reading a page as a test wants to: its tables, links and errors."""

import re
from html import unescape

from django.test import Client

ADDRESS = "/reports/time-in-status"


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def table(html: str) -> tuple[list[str], list[list[str]], dict[str, list[str]]]:
    """Headers, rows and the rows of the foot by name, of the main table."""
    grid = html[html.index('<table class="grid">') :]
    grid = grid[: grid.index("</table>")]
    head = grid[grid.index("<thead>") : grid.index("</thead>")].rpartition("<tr>")[2]
    body = grid[grid.index("<tbody>") : grid.index("</tbody>")]
    foot = grid.partition("<tfoot>")[2]
    feet = {row[0]: row[1:] for row in _rows(foot)}
    return [cell.rstrip(" ") for cell in _cells(head)], _rows(body), feet


def _rows(html: str) -> list[list[str]]:
    return [_cells(row) for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)]


def _cells(html: str) -> list[str]:
    return [text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html, re.DOTALL)]


def get(client: Client, query: str = "", status: int = 200) -> str:
    response = client.get(f"{ADDRESS}{query}")
    assert response.status_code == status, response.content
    return response.content.decode()
