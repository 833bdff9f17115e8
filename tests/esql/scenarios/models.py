# SPDX-License-Identifier: Apache-2.0
"""What the rules about models, workspaces and keys have to do: dominance, and what is new."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import MODELS, WORKSPACES, OTHER_ORGANIZATION, USAGE_GRAIN, World, at, usage

SCENARIOS, MUTANTS = [], []
OPUS, SONNET = MODELS
DEFAULT, ALPHA = WORKSPACES
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"  # the newest settled hour is that of 09:00
NEWEST = at("2026-09-16T09:00")


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


# ---- One model dominates -------------------------------------------------------------------------
SLUG = "model-dominance"


def only_opus(when, workspace, model):
    return 1 if model == OPUS or when < NEWEST - HOUR * 23 else 0


def shares(recent, before, width="1h"):
    """A row per model, of the newest hour and of two days before; each {model: tokens}."""
    step = DAY if width == "1d" else HOUR
    newest = at("2026-09-15") if width == "1d" else NEWEST
    rows = [(newest, model, tokens) for model, tokens in recent.items()]
    rows += [(newest - DAY * 2 - step, model, tokens) for model, tokens in before.items()]
    return [usage(when, output=tokens, model=model, width=width) for when, model, tokens in rows]


scenario(
    SLUG,
    "the other model stops",
    NOW,
    lambda: World(21, at(NOW), 10).usage(change=only_opus),
    {"model": OPUS, "share": 1.0, "models": 2},
)
scenario(
    SLUG,
    "one model grows",
    NOW,
    lambda: World(22, at(NOW), 10).usage(
        change=lambda when, workspace, model: 60 if model == SONNET and when >= NEWEST - HOUR * 23 else 1
    ),
    {"model": SONNET},
)
for seed, now in ((23, NOW), (24, "2026-09-20T16:30"), (25, "2026-10-01T00:20")):
    scenario(SLUG, f"ordinary work, seed {seed}, {now}", now, lambda seed=seed, now=now: World(seed, at(now), 10).usage())
scenario(
    SLUG,
    "one model always dominates",
    NOW,
    lambda: World(26, at(NOW), 10).usage(change=lambda when, workspace, model: 60 if model == SONNET else 1),
)
scenario(SLUG, "one model only", NOW, lambda: World(27, at(NOW), 10, models=(OPUS,)).usage())
scenario(
    SLUG,
    "exactly share and rise",
    NOW,
    lambda: shares({OPUS: 900_000, SONNET: 100_000}, {OPUS: 800_000, SONNET: 200_000}),
    {"model": OPUS, "share": 0.9, "earlier_share": 0.8, "total_tokens": 1_000_000},
)
scenario(SLUG, "a token less", NOW, lambda: shares({OPUS: 900_000, SONNET: 100_001}, {OPUS: 800_000, SONNET: 200_000}))
scenario(SLUG, "too few tokens", NOW, lambda: shares({OPUS: 999_999}, {OPUS: 1, SONNET: 1}))
scenario(
    SLUG,
    "thirty small models are a tenth together",
    NOW,
    lambda: shares({OPUS: 880_000, **{f"small-{n}": 4000 for n in range(30)}}, {OPUS: 1, SONNET: 9}),
)
scenario(
    SLUG,
    "cache writes of the other model count",
    NOW,
    lambda: shares({OPUS: 900_000}, {OPUS: 1, SONNET: 1}) + [usage(NEWEST, written=500_000, model=SONNET)],
)
scenario(
    SLUG, "no history", NOW, lambda: [usage(NEWEST, output=2_000_000, model=OPUS), usage(NEWEST, output=1, model=SONNET)]
)
scenario(
    SLUG,
    "a workspace without the other model",
    NOW,
    lambda: World(28, at(NOW), 10, workspaces=(DEFAULT,)).usage(change=only_opus),
    {"model": OPUS},
)
scenario(
    SLUG,
    "two grains",
    NOW,
    lambda: shares({OPUS: 500_000, SONNET: 20_000}, {OPUS: 1, SONNET: 9})
    + [
        usage(NEWEST, output=tokens, model=model, group_by=("model",))
        for model, tokens in ((OPUS, 500_000), (SONNET, 20_000))
    ],
)
scenario(
    SLUG,
    "corrected down",
    NOW,
    lambda: shares({OPUS: 5_000_000, SONNET: 500_000}, {OPUS: 1, SONNET: 9})
    + [usage(NEWEST, output=-4_000_000, model=OPUS, revision=1)],
)
scenario(
    SLUG,
    "whole days",
    NOW,
    lambda: shares({OPUS: 950_000, SONNET: 50_000}, {OPUS: 1, SONNET: 1}, "1d"),
    {"model": OPUS, "share": 0.95},
)
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: World(29, at(NOW), 10, organization=OTHER_ORGANIZATION).usage(change=only_opus) + World(29, at(NOW), 10).usage(),
    {"organization": OTHER_ORGANIZATION, "model": OPUS},
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "a share that cannot be", "exactly share and rise", rules.setting("share_limit", 900.0)),
    Mutant(SLUG, "states instead of changes", "one model always dominates", rules.setting("minimum_rise", -1.0)),
    Mutant(SLUG, "no minimum of tokens", "too few tokens", rules.setting("minimum_tokens", 1)),
    Mutant(SLUG, "a low share", "thirty small models are a tenth together", rules.setting("share_limit", 0.5)),
    Mutant(SLUG, "grains are added", "two grains", rules.function("max", "sum", "tokens@2")),
    Mutant(SLUG, "corrections replace", "corrected down", rules.function("sum", "max", "tokens@1")),
    Mutant(SLUG, "a window of a day", "exactly share and rise", None, "24h"),
]


# ---- New model, workspace or API key -------------------------------------------------------------
SLUG = "new-dimension-seen"
KEYS = USAGE_GRAIN + ("api_key_id",)


def known(days=20, **more):
    return [usage(NEWEST - DAY * n, output=100, **{"key": "apikey_1", "group_by": KEYS, **more}) for n in range(days)]


def fresh(**more):
    return [usage(NEWEST, output=100, **{"key": "apikey_1", "group_by": KEYS, **more})]


scenario(
    SLUG,
    "a new model",
    NOW,
    lambda: known() + fresh(model="claude-next"),
    {"kind": "model", "value": "claude-next", "first_seen": "2026-09-16T09:00:00.000Z", "tokens": 100},
)
scenario(
    SLUG,
    "a new workspace with a new key",
    NOW,
    lambda: known() + fresh(workspace="wrkspc_new", key="apikey_2"),
    {"kind": "workspace", "value": "wrkspc_new"},
    {"kind": "api key", "value": "apikey_2"},
)
scenario(SLUG, "an organization at work", NOW, lambda: World(31, at(NOW), 12).usage())
scenario(
    SLUG,
    "a model that rests every second week",
    NOW,
    lambda: known() + [usage(when, output=1, model=SONNET) for when in (NEWEST - DAY * 29, NEWEST)],
)
scenario(
    SLUG,
    "a model that comes back after the window",
    NOW,
    lambda: known() + [usage(when, output=1, model=SONNET) for when in (NEWEST - DAY * 33, NEWEST)],
    {"value": SONNET},
)
scenario(SLUG, "a new installation", NOW, lambda: known(3))
scenario(
    SLUG,
    "usage is grouped by key since yesterday",
    NOW,
    lambda: known(20, group_by=USAGE_GRAIN) + fresh(key="apikey_1") + fresh(key="apikey_2"),
)
scenario(
    SLUG,
    "a whole day's row, which comes a day later",
    NOW,
    lambda: [usage(at("2026-09-15") - DAY * n, output=1, width="1d") for n in range(20)]
    + [usage(at("2026-09-15"), output=5, workspace=ALPHA, width="1d")],
    {"kind": "workspace", "value": ALPHA, "tokens": 5},
)
scenario(
    SLUG,
    "new for three days is not new",
    NOW,
    lambda: known() + [usage(NEWEST - DAY * n, output=1, model="claude-next") for n in range(3)],
)
scenario(
    SLUG,
    "exactly two days ago",
    NOW,
    lambda: known() + [usage(at("2026-09-14T10:20"), output=1, model="claude-next", width="1m")],
    {"value": "claude-next"},
)
scenario(
    SLUG,
    "a correction of an old row",
    NOW,
    lambda: known() + [usage(NEWEST - DAY * 9, output=-1, model="claude-next", revision=1)],
)
scenario(
    SLUG,
    "the same in two grains",
    NOW,
    lambda: known() + fresh(model="claude-next") + fresh(model="claude-next", group_by=("model",)),
    {"value": "claude-next"},
)
scenario(SLUG, "nothing is split", NOW, lambda: known(20, group_by=()))
scenario(
    SLUG,
    "known to one organization, new to the other",
    NOW,
    lambda: known() + known(organization=OTHER_ORGANIZATION, model=SONNET) + fresh(model=SONNET),
    {"value": SONNET, "kind": "model"},
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "nothing is new", "a new model", rules.setting("recent_hours", 0)),
    Mutant(SLUG, "everything is new", "new for three days is not new", rules.setting("recent_hours", 24 * 5)),
    Mutant(
        SLUG, "no minimum of history", "usage is grouped by key since yesterday", rules.setting("minimum_history_days", 0)
    ),
    Mutant(SLUG, "models only", "a new workspace with a new key", rules.setting("kinds", "model")),
    Mutant(SLUG, "a window of eight days", "a model that rests every second week", None, "8d"),
]
