# SPDX-License-Identifier: Apache-2.0
"""Time zones of a session, as Elasticsearch 9.4 applies them: Kibana sends the browser's with every query, and
`SET time_zone` at the head of the query overrides it.

A wall time is milliseconds as if the zone's clock were UTC, so that the arithmetic of UTC cuts it.
"""

import datetime
import re
import zoneinfo

import values
from syntax import VerificationFault

OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def named(name, place=None):
    """The zone of a name such as Europe/Berlin, Z, UTC or +02:00."""
    if name in ("Z", "UTC"):
        return datetime.timezone.utc
    if match := OFFSET.fullmatch(name):
        sign, hours, minutes = match.groups()
        span = datetime.timedelta(hours=int(hours), minutes=int(minutes))
        return datetime.timezone(-span if sign == "-" else span)
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise VerificationFault(place, f"Error validating setting [time_zone]: Invalid time zone [{name}]") from None


def wall(millis, zone):
    """The wall time of an instant."""
    return millis if zone is datetime.timezone.utc else millis + offset(millis, zone)


def offset(millis, zone):
    span = values.to_datetime(millis).astimezone(zone).utcoffset()
    return span // datetime.timedelta(milliseconds=1)


def instant(wall_millis, zone):
    """The instant of a wall time: of two the earlier, and of a time that a change left out as much later as it left out."""
    if zone is datetime.timezone.utc:
        return wall_millis
    moment = values.to_datetime(wall_millis).replace(tzinfo=zone)
    return wall_millis - moment.utcoffset() // datetime.timedelta(milliseconds=1)


def date_text(millis, zone):
    """A date as TO_STRING gives it: with Z, or with the offset of the zone."""
    ahead = (wall(millis, zone) - millis) // 60_000
    text = values.date_text(millis + ahead * 60_000)
    if not ahead:
        return text
    return f"{text[:-1]}{'-' if ahead < 0 else '+'}{abs(ahead) // 60:02d}:{abs(ahead) % 60:02d}"
