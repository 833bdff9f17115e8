# SPDX-License-Identifier: Apache-2.0
"""How numbers are shown. A description names one of these, so that the same thing looks the same everywhere."""

FORMATS = {
    "tokens": {"id": "number", "params": {"decimals": 1, "compact": True}},
    "count": {"id": "number", "params": {"decimals": 0}},
    "ratio": {"id": "number", "params": {"decimals": 2}},
    "money": {"id": "number", "params": {"decimals": 2}},
    "price": {"id": "number", "params": {"decimals": 4}},
    "percent": {"id": "percent", "params": {"decimals": 1}},
    "bytes": {"id": "bytes", "params": {"decimals": 1}},
    "minutes": {"id": "duration", "params": {"decimals": 1, "fromUnit": "minutes", "toUnit": "humanizePrecise", "compact": True}},
}
