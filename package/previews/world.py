# SPDX-License-Identifier: Apache-2.0
"""The invented organization of the previews and of the tests of the dashboards' queries: who uses what.

Everything follows from a seed and the time, so a picture changes only when a dashboard does.
"""

import dataclasses
import datetime
import functools
import hashlib
import random

NOW = datetime.datetime(2026, 11, 19, 15, 20, tzinfo=datetime.timezone.utc)
MINUTE, HOUR, DAY = datetime.timedelta(minutes=1), datetime.timedelta(hours=1), datetime.timedelta(days=1)
ORGANIZATION = "5e41ab08-7439-411e-8b18-02f46d8d86c3"
# Currency units per million uncached input and output tokens. Invented, with round ratios.
PRICES = {"claude-opus-5": (5.0, 25.0), "claude-sonnet-5": (3.0, 15.0), "claude-haiku-4-5": (1.0, 5.0)}
# Of the uncached price: what a cache read and the two classes of cache writes cost.
READ, WRITE_5M, WRITE_1H = 0.1, 1.25, 2.0
MEASURES = ("uncached_input_tokens", "cached_input_tokens", "cache_creation_5m_input_tokens", "cache_creation_1h_input_tokens",
            "output_tokens", "web_search_requests")


@dataclasses.dataclass(frozen=True)
class User:
    """One steady user of the API: a key in a workspace with a model, and tokens per busy hour by measure."""
    workspace: str
    key: str
    model: str
    tier: str
    geo: str
    speed: str
    window: str
    tokens: tuple
    nightly: bool = False


def _user(workspace, key, model, tokens, tier="standard", geo="global", speed="standard", window="0-200k", nightly=False):
    return User(workspace, key, model, tier, geo, speed, window, tokens, nightly)


ALPHA, BRAVO, CHARLY = "wrkspc_01InventedAlpha0000000001", "wrkspc_01InventedBravo0000000002", "wrkspc_01InventedCharly000000003"
DEFAULT_ID = "wrkspc_01InventedDefault00000004"
WORKSPACE_NAMES = {ALPHA: "Assistant", BRAVO: "Research and reports", CHARLY: "Support", "Default": "Default", DEFAULT_ID: "Default"}
KEY_NAMES = {"apikey_01InventedAssistant0001": "assistant-prod", "apikey_01InventedResearch00002": "assistant-research",
             "apikey_01InventedBatch00000003": "nightly-batch", "apikey_01InventedReports000004": "reports",
             "apikey_01InventedSupport000005": "support-bot"}
PEOPLE = ("user_01InventedAnn00000000001", "user_01InventedBen00000000002", "user_01InventedCleo0000000003", "user_01InventedDan00000000004")
USERS = (
    _user(ALPHA, "apikey_01InventedAssistant0001", "claude-sonnet-5", (3_000_000, 46_000_000, 1_300_000, 300_000, 1_100_000, 40)),
    _user(ALPHA, "apikey_01InventedAssistant0001", "claude-haiku-4-5", (4_200_000, 21_000_000, 900_000, 0, 1_500_000, 0)),
    _user(ALPHA, "apikey_01InventedResearch00002", "claude-opus-5", (900_000, 9_500_000, 220_000, 180_000, 420_000, 55), geo="us"),
    _user(BRAVO, "apikey_01InventedBatch00000003", "claude-sonnet-5", (6_500_000, 2_000_000, 400_000, 0, 1_900_000, 0), tier="batch",
          nightly=True),
    _user(BRAVO, "apikey_01InventedReports000004", "claude-opus-5", (700_000, 3_100_000, 60_000, 210_000, 310_000, 12),
          window="200k-1M"),
    _user(CHARLY, "apikey_01InventedSupport000005", "claude-haiku-4-5", (2_600_000, 17_500_000, 700_000, 0, 950_000, 18)),
    _user(CHARLY, "apikey_01InventedSupport000005", "claude-sonnet-5", (800_000, 8_800_000, 260_000, 0, 330_000, 9), tier="priority"),
    _user("Default", None, "claude-opus-5", (150_000, 800_000, 30_000, 0, 60_000, 5), speed="fast"),
)
DAILY = (21, 18, 16, 15, 16, 19, 26, 42, 62, 76, 85, 88, 90, 96, 100, 100, 96, 88, 76, 64, 52, 41, 32, 25)
WEEKLY = (96, 100, 99, 95, 88, 34, 28)  # from Monday


def chance(*names):
    """A source of randomness that depends on the names alone."""
    return random.Random(hashlib.sha256("/".join(map(str, names)).encode()).digest())


@functools.lru_cache(maxsize=None)
def activity(user, hour):
    """Share of the busy hour's tokens that this hour has."""
    daily = 110 - DAILY[hour.hour] if user.nightly else DAILY[hour.hour]
    growth = 1 + 0.012 * (hour - NOW).days / 2
    return daily / 100 * WEEKLY[hour.weekday()] / 100 * growth * chance(user, hour).uniform(0.8, 1.2)


def price(user, measure):
    """Cents per token; None for what is not charged by the token, or not in the cost report."""
    if user.tier == "priority" or measure == "web_search_requests":
        return None
    base, output = PRICES[user.model]
    factor = {"uncached_input_tokens": 1, "cached_input_tokens": READ, "cache_creation_5m_input_tokens": WRITE_5M,
              "cache_creation_1h_input_tokens": WRITE_1H}
    unit = output if measure == "output_tokens" else base * factor[measure]
    return unit * (0.5 if user.tier == "batch" else 1) * 100 / 1_000_000


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def document(stream, moment, fields, category="api", organization=ORGANIZATION):
    """A document in the form of the golden ones; fields without a value are left out."""
    kept = {name: value for name, value in fields.items() if value is not None}
    names = {} if stream in ("workspace", "api_key") else {kind: {"name": known[kept[f"{kind}_id"]]} for kind, known in (
        ("workspace", WORKSPACE_NAMES), ("api_key", KEY_NAMES)) if kept.get(f"{kind}_id") in known}
    identity = hashlib.sha256(repr((stream, moment, organization, sorted(kept.items(), key=str))).encode()).hexdigest()[:22]
    return {
        "@timestamp": text(moment),
        "anthropic": {stream: kept, **names},
        "data_stream": {"type": "metrics", "dataset": f"anthropic_metrics.{stream}", "namespace": "default"},
        "ecs": {"version": "9.3.0"},
        "event": {"category": [category], "dataset": f"anthropic_metrics.{stream}", "id": identity, "kind": "metric",
                  "module": "anthropic_metrics", "type": ["info"]},
        "input": {"type": "anthropic_metrics"},
        "organization": {"id": organization},
        "tags": ["forwarded"],
    }
