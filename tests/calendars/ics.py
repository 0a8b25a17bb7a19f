"""Small iCalendar texts."""


def event(*lines: str, name: str = "Day") -> str:
    return "\n".join(["BEGIN:VEVENT", f"SUMMARY:{name}", *lines, "END:VEVENT", ""])


def calendar(*parts: str) -> bytes:
    return ("BEGIN:VCALENDAR\nVERSION:2.0\n" + "".join(parts) + "END:VCALENDAR\n").replace("\n", "\r\n").encode()
